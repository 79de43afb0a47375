"""What audits say of a search, beside the truth: all pairs by brute force.

``python benchmarks/audits.py --signatures FILE.npz`` searches the corpus through the real job's
stages on ``local[2]`` with the default model and with a poor one, audits each with several seeds,
and compares recall per image and its interval with that of all images. The last line is one JSON
object.
"""

import argparse
import io
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).resolve().parent.parent
sys.path[0] = str(_PROJECT)  # also when run as a file

from benchmarks.single_thread import one_thread_for_products  # noqa: E402

one_thread_for_products()

import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402

from benchmarks.brute_force import NearPairs, all_pairs  # noqa: E402
from benchmarks.quality import are_found  # noqa: E402
from benchmarks.signature_file import load  # noqa: E402
from benchmarks.spark_search import rows_of_pairs, session, write_signatures  # noqa: E402
from jobs.auditing import audit  # noqa: E402
from jobs.progress import Progress  # noqa: E402
from jobs.run import Run  # noqa: E402
from jobs.sampling import compare_sample  # noqa: E402
from jobs.searching import plan_pairs, search_pairs  # noqa: E402
from jobs.settings import read_settings  # noqa: E402
from jobs.signing import Corpus  # noqa: E402
from jobs.stages.schema import conform  # noqa: E402
from jobs.summary import table_lines  # noqa: E402
from matching.audit import EDGES, audit_recall, counts_by_bin  # noqa: E402
from signature import signature_version  # noqa: E402
from store.schemas import IMAGES, SIGNED  # noqa: E402

_CUTOFF = 0.45
_EVERY_NEIGHBOUR = 10**6
_CELLS = {"cutoff": _CUTOFF, "matching.exhaustive_up_to": 0, "sample.calibrated": 0}
_MODELS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "poor": {"matching.nearest": 2, "matching.reach": 80},
}
_BINS = [*(f"{low:g}-{high:g}" for low, high in pairwise(EDGES)), "every"]

Counts = npt.NDArray[np.int64]


def images_of(signatures: DataFrame) -> DataFrame:
    """One image a signature, in the order of their ids."""
    text = F.hex("signature_id")
    known = {"image_id": text, "path": text, "status": F.lit(SIGNED), "bytes": F.lit(1)}
    unknown = {name: F.lit(None) for name in IMAGES.names if name != "signature_id"}
    return conform(signatures.withColumns(unknown | known), IMAGES)


def true_recall(true: NearPairs, found: npt.NDArray[np.bool_], images: int) -> list[float]:
    """Recall per image of each bin, and of all distances together."""
    ends = np.concatenate([true.a, true.b]).astype(np.int64)
    distance, met = np.tile(true.distance, 2), np.tile(found, 2)
    neighbours = counts_by_bin(ends, distance, images)
    here = counts_by_bin(ends[met], distance[met], images)
    parts = (
        audit_recall(neighbours, here, images),
        audit_recall(_sums(neighbours), _sums(here), images),
    )
    return [float(value) for part in parts for value in part.per_image.value]


def _sums(counts: Counts) -> Counts:
    sums: Counts = counts.sum(axis=1, keepdims=True)
    return sums


def audited(run: Run, corpus: Corpus, pairs: DataFrame) -> list[tuple[float, float, float]]:
    """Recall and its interval, of each bin and of all distances together."""
    sample = compare_sample(run, corpus)
    if sample is None:
        raise ValueError("a sample of nothing")
    audit(run, sample, pairs, _EVERY_NEIGHBOUR)
    report = json.loads(run.files.read(f"{run.layout.report(run.run_id)}/audit.json"))
    return [
        interval
        for part in (report["by_distance"], report["every"])
        for interval in zip(*map(part["per_image"].get, ("value", "low", "high")), strict=True)
    ]


def measured(
    spark: SparkSession, folder: Path, levels: npt.NDArray[np.int8], seeds: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Search with each model, and audit with each seed."""
    true = all_pairs(levels, _CUTOFF)
    rows, ids = write_signatures(spark, levels, folder / "signatures")
    corpus = Corpus(images_of(rows), rows, len(levels), signature_version())
    with Progress(lambda: (0, 0), io.StringIO()) as shown:
        for name, model in _MODELS.items():

            def make(values: Mapping[str, Any], store: Path = folder / name) -> Run:
                return Run(spark, "benchmark", str(store), read_settings(None, values), shown)

            search = make({**_CELLS, **model})
            search.write("signatures", rows)
            pairs = search_pairs(search, plan_pairs(search, corpus.distinct))
            found = are_found(true, *rows_of_pairs(ids, folder / name / "pairs"))
            runs = [
                audited(make({**_CELLS, "sample.seed": seed}), corpus, pairs)
                for seed in range(seeds)
            ]
            yield name, {"truth": true_recall(true, found, len(levels)), "audits": runs}


def table(name: str, result: Mapping[str, Any]) -> list[str]:
    """Lay out the truth, and what each seed said of it."""
    header = (name, *_BINS)
    rows = [("truth", *(f"{100 * value:.2f}" for value in result["truth"]))]
    for seed, values in enumerate(result["audits"]):
        cells = (f"{100 * low:.1f} to {100 * high:.1f}" for _, low, high in values)
        rows.append((f"seed {seed}", *cells))
    rows.append(("inside", *(f"{share:.2f}" for share in inside(result))))
    return table_lines(header, rows)


def inside(result: Mapping[str, Any]) -> list[float]:
    """Share of the audits whose interval holds the truth, by bin."""
    low, high = (np.array(result["audits"], np.float64)[:, :, k] for k in (1, 2))
    truth = np.array(result["truth"])
    shares: list[float] = ((low <= truth) & (truth <= high)).mean(axis=0).tolist()
    return shares


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=Path, required=True, help="an .npz of sig and path")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args(arguments)
    levels = load(options.signatures).levels
    results = {}
    with session() as spark, tempfile.TemporaryDirectory() as folder:
        for name, result in measured(spark, Path(folder), levels, options.seeds):
            results[name] = {**result, "inside": inside(result)}
            print(*table(name, result), "", sep="\n", flush=True)
    print(json.dumps({"benchmark": "audits", "signatures": len(levels), "bins": _BINS, **results}))


if __name__ == "__main__":
    main()
