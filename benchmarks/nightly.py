"""A night with 1 % new images beside a build of the whole corpus, in one run on two cores.

``python benchmarks/nightly.py --signatures FILE.npz --count 1000000`` grows a corpus by moving its
pictures (`benchmarks.worlds`), builds a store from given signatures (no picture is decoded) through
the real job's stages on ``local[2]``, estimates of recall and false pairs included, and then adds
new ones through those of an increment. ``plain_s`` is the time without these estimates. With
``--check`` the grown corpus is searched whole under the same model, and the pairs are compared. The
last line is one JSON object.
"""

import argparse
import io
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).resolve().parent.parent
sys.path[0] = str(_PROJECT)  # also when run as a file

from benchmarks.single_thread import one_thread_for_products  # noqa: E402

one_thread_for_products()

import numpy as np  # noqa: E402
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402

from benchmarks.processes import PeakMemory  # noqa: E402
from benchmarks.signature_file import Levels, load  # noqa: E402
from benchmarks.spark_search import session, write_signatures  # noqa: E402
from benchmarks.worlds import grow  # noqa: E402
from jobs.auditing import audit  # noqa: E402
from jobs.calibrating import judge  # noqa: E402
from jobs.grouping import choose_keepers  # noqa: E402
from jobs.newcoming import search_newcomers  # noqa: E402
from jobs.progress import Progress  # noqa: E402
from jobs.run import Run  # noqa: E402
from jobs.sampling import compare_sample  # noqa: E402
from jobs.searching import plan_pairs, search_pairs  # noqa: E402
from jobs.settings import Settings, parse_assignment, read_settings  # noqa: E402
from jobs.signing import Corpus  # noqa: E402
from jobs.stages.schema import conform, no_rows  # noqa: E402
from jobs.summary import table_lines  # noqa: E402
from jobs.turning import stored_model, turn_over  # noqa: E402
from signature import signature_version  # noqa: E402
from store import Store  # noqa: E402
from store.schemas import IMAGES, RETIRED, SIGNATURES, SIGNED  # noqa: E402

_SEED = 7
_ESTIMATES = ("comparing a sample", "calibrating", "auditing recall")
"""What a build tells of itself, and a night does not."""
_VERSION = signature_version()


class _Store:
    """A folder of stores, and the signatures that are given to them."""

    def __init__(self, spark: SparkSession, folder: Path, settings: Settings) -> None:
        self._spark, self._folder, self._settings = spark, folder, settings

    def build(self, given: DataFrame, name: str) -> dict[str, Any]:
        """Search all with all, under the model of the store if there is one."""
        with self._run(name) as run:
            images = run.write("images", _images(given))
            table = run.write("signatures", _signatures(given))
            corpus = Corpus(images, table, table.count(), _VERSION)
            compared = compare_sample(run, corpus)
            if compared:
                judge(run, compared, recalibrate=False)
            search = plan_pairs(run, corpus.distinct, self._model_in(name))
            pairs = search_pairs(run, search)
            if compared:
                audit(run, compared, pairs, search.model.max_pairs_per_image)
            return _ended(run, corpus, pairs, search.model.model_id)

    def night(self, name: str, new: DataFrame) -> dict[str, Any]:
        """Search what is new."""
        with self._run(name) as run:
            model = stored_model(run)
            images = run.append("images", _images(new))
            nobody = no_rows(self._spark, RETIRED)
            turnover = turn_over(
                run, model, images, new.withColumn("status", F.lit(SIGNED)), nobody
            )
            corpus = Corpus(images, turnover.living, turnover.count, _VERSION)
            return _ended(run, corpus, search_newcomers(run, turnover), model.model_id)

    def differing_pairs(self, one: str, other: str) -> int:
        """Count the pairs that are in one store only."""
        pairs = [Store(str(self._folder / name)).files("pairs") for name in (one, other)]
        names = ("signature_id_a", "signature_id_b", "distance")
        left, right = (self._spark.read.parquet(*files).select(*names) for files in pairs)
        return left.exceptAll(right).count() + right.exceptAll(left).count()

    def _model_in(self, name: str) -> str | None:
        folder = self._folder / name / "models"
        return next((path.name for path in folder.iterdir()), None) if folder.is_dir() else None

    @contextmanager
    def _run(self, name: str) -> Iterator[Run]:
        with Progress(lambda: (0, 0), io.StringIO()) as progress:
            run = Run(self._spark, "benchmark", str(self._folder / name), self._settings, progress)
            yield run
            run.clean_up()


def _ended(run: Run, corpus: Corpus, pairs: DataFrame, model_id: str) -> dict[str, Any]:
    choose_keepers(run, corpus, pairs)
    run.commit(model_id, _VERSION)
    return {"model": model_id, "counts": run.counts, "stages_s": run.timings}


def _timed(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a run took by the clock, with and without its estimates of itself."""
    start = time.perf_counter()
    done = work()
    seconds = time.perf_counter() - start
    estimates = sum(done["stages_s"].get(name, 0.0) for name in _ESTIMATES)
    return {"wall_s": seconds, "plain_s": seconds - estimates, **done}


def _signatures(given: DataFrame) -> DataFrame:
    return conform(given.withColumn("signature_version", F.lit(_VERSION)), SIGNATURES)


def _images(given: DataFrame) -> DataFrame:
    """One image for each signature, all alike but for their names."""
    name = F.hex("signature_id")
    known = {
        "image_id": name,
        "path": F.concat(F.lit("/pictures/"), name),
        "content_sha256": name,
        "bytes": F.lit(100_000),
        "width": F.lit(640),
        "height": F.lit(480),
        "format": F.lit("JPEG"),
        "status": F.lit(SIGNED),
        "signature_id": F.col("signature_id"),
    }
    return given.select(*(known.get(n, F.lit(None)).alias(n) for n in IMAGES.names)).transform(
        lambda rows: conform(rows, IMAGES)
    )


def measured(
    levels: Levels, share: float, settings: Settings, folder: Path, check: bool
) -> dict[str, Any]:
    """Build a store of all but the newest signatures, add these, and perhaps build all anew."""
    order = np.random.default_rng(_SEED).permutation(len(levels))
    old = np.sort(order[: round(len(levels) / (1 + share))])
    new = np.sort(order[len(old) :])
    with session() as spark, PeakMemory() as peak:
        stores = _Store(spark, folder, settings)
        before, added = (
            write_signatures(spark, levels[rows], folder / name)[0]
            for name, rows in (("old", old), ("new", new))
        )
        built = _timed(lambda: stores.build(before, "store"))
        result: dict[str, Any] = {"signatures": len(old), "new": len(new), "build": built}
        result["night"] = _timed(lambda: stores.night("store", added))
        if check:
            shutil.copytree(folder / "store" / "models", folder / "other" / "models")
            result["rebuild"] = _timed(lambda: stores.build(before.unionByName(added), "other"))
            result["pairs_that_differ"] = stores.differing_pairs("store", "other")
    result["peak_worker_bytes"] = peak.worker
    for name in ("wall_s", "plain_s"):
        result[f"night_to_build_{name}"] = result["night"][name] / built[name]
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the stages of both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=Path, required=True, help="an .npz of sig and path")
    parser.add_argument("--count", type=int, default=1_000_000, help="signatures of the store")
    parser.add_argument("--share", type=float, default=0.01, help="of these, that come anew")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--check", action="store_true", help="compare with a build of all")
    options = parser.parse_args(arguments)
    wanted = {"matching.exhaustive_up_to": 0}
    settings = read_settings(None, {**wanted, **dict(map(parse_assignment, options.set))})
    total = round(options.count * (1 + options.share))
    levels = grow(load(options.signatures), total, _SEED).levels
    with tempfile.TemporaryDirectory() as folder:
        result = measured(levels, options.share, settings, Path(folder), options.check)
    for line in _lines(result):
        print(line)
    print(json.dumps({"benchmark": "nightly", **result}))


def _lines(result: dict[str, Any]) -> list[str]:
    runs = {name: result[name] for name in ("build", "night", "rebuild") if name in result}
    stages = dict.fromkeys(stage for run in runs.values() for stage in run["stages_s"])
    rows = [
        (stage, *(f"{run['stages_s'].get(stage, 0):,.1f}" for run in runs.values()))
        for stage in stages
    ]
    totals = ("plain_s", "wall_s")
    rows += [(name, *(f"{run[name]:,.1f}" for run in runs.values())) for name in totals]
    return table_lines(("seconds", *runs), rows)


if __name__ == "__main__":
    main()
