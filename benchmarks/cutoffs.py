"""One corpus, three cutoffs: what is removed beside the truth, and what the run says of itself.

``python benchmarks/cutoffs.py --data DIR --signatures FILE.npz`` puts altered copies of photographs
among photographs of two collections (`benchmarks.labelled_worlds`), and calibrates, searches,
audits and chooses keepers through the job's stages on ``local[2]``, with 0.45, 0.40 and fdr:0.01. A
removal is true if image and keeper are copies of one photograph, false if they come from
collections that share no pictures; of others nobody knows. The last line is one JSON object.
"""

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_PROJECT = Path(__file__).resolve().parent.parent
sys.path[0] = str(_PROJECT)  # also when run as a file

from benchmarks.single_thread import one_thread_for_products  # noqa: E402

one_thread_for_products()

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

from benchmarks.labelled_copies import ORIGINAL, TURNS, copies_from  # noqa: E402
from benchmarks.labelled_worlds import CLOTHING, NO_ORIGIN, TINY, labelled  # noqa: E402
from benchmarks.spark_search import session  # noqa: E402
from jobs.auditing import audit  # noqa: E402
from jobs.calibrating import judge  # noqa: E402
from jobs.grouping import choose_keepers  # noqa: E402
from jobs.progress import Progress  # noqa: E402
from jobs.run import Run  # noqa: E402
from jobs.sampling import compare_sample  # noqa: E402
from jobs.searching import plan_pairs, search_pairs  # noqa: E402
from jobs.settings import read_settings  # noqa: E402
from jobs.signing import Corpus  # noqa: E402
from jobs.summary import table_lines  # noqa: E402
from matching import signature_ids  # noqa: E402
from signature import signature_version  # noqa: E402
from store.schemas import IMAGES, REMOVE, SIGNATURES, SIGNED  # noqa: E402

_CUTOFFS = (0.45, 0.40, "fdr:0.01")
_HEADER = ("cutoff", "removed", "true", "false", "unknown", "precision", "recall", "said false")
_SEED = 7


class Labelled:
    """A corpus of which it is known what should be removed."""

    def __init__(self, signatures: Path, data: Path, copies: Path, photographs: int) -> None:
        made = copies_from(copies, data, photographs)
        levels, self.collection, self.origin, transform = labelled(
            signatures, data, made, photographs
        )
        kept = ~np.isin(transform, [*TURNS, "clique"])
        kept &= np.isin(self.collection, [TINY, CLOTHING])
        self.levels = levels[kept]
        self.collection, self.origin = self.collection[kept], self.origin[kept]
        self.size = np.random.default_rng(_SEED).permutation(len(self.levels))
        transform = transform[kept]
        self.copies = int(np.count_nonzero(~np.isin(transform, ["", ORIGINAL])))

    def corpus(self, spark: SparkSession, folder: Path) -> Corpus:
        """Write the tables that a job would have made of the pictures."""
        version = signature_version()
        ids = signature_ids(self.levels, version)
        count = len(ids)
        names = [f"{row:07d}" for row in range(count)]
        known: dict[str, Any] = {
            "image_id": names,
            "path": names,
            "status": [SIGNED] * count,
            "signature_id": ids,
            "width": self.size + 1,
            "height": np.ones(count, np.int32),
            "bytes": np.ones(count, np.int64),
        }
        columns = [
            pa.array(known[f.name], f.type) if f.name in known else pa.nulls(count, f.type)
            for f in IMAGES
        ]
        tables = {
            "images": pa.Table.from_arrays(columns, schema=IMAGES),
            "signatures": pa.table(
                [ids, [row.tobytes() for row in self.levels], [version] * count], SIGNATURES.names
            ),
        }
        for name, table in tables.items():
            pq.write_table(table, folder / f"{name}.parquet")
        read = {name: spark.read.parquet(str(folder / f"{name}.parquet")) for name in tables}
        return Corpus(read["images"], read["signatures"], count, version)

    def judged(self, image: list[str], keeper: list[str]) -> dict[str, Any]:
        """Count true and false removals, and the precision and recall that they make."""
        a, b = (np.array(names, np.int64) for names in (image, keeper))
        same = (self.origin[a] != NO_ORIGIN) & (self.origin[a] == self.origin[b])
        true = int(np.count_nonzero(same))
        false = int(np.count_nonzero(self.collection[a] != self.collection[b]))
        return {
            "removed": len(a),
            "true": true,
            "false": false,
            "unknown": len(a) - true - false,
            "precision": true / max(1, true + false),
            "recall": true / self.copies,
        }


def measured(spark: SparkSession, world: Labelled, cutoff: float | str) -> dict[str, Any]:
    """Run the stages of the job with one cutoff."""
    settings = read_settings(None, {"cutoff": cutoff})
    with TemporaryDirectory() as folder, Progress(lambda: (0, 0), io.StringIO()) as shown:
        run = Run(spark, "benchmark", f"{folder}/store", settings, shown)
        corpus = world.corpus(spark, Path(folder))
        compared = compare_sample(run, corpus)
        if compared is None:
            raise SystemExit("There is nothing to calibrate on.")
        judge(run, compared, recalibrate=False)
        search = plan_pairs(run, corpus.distinct)
        pairs = search_pairs(run, search)
        audit(run, compared, pairs, search.model.max_pairs_per_image)
        clusters = choose_keepers(run, corpus, pairs).clusters
        gone = clusters.where(clusters.role == REMOVE).select("image_id", "keeper_id").toPandas()
        told = world.judged(gone["image_id"].tolist(), gone["keeper_id"].tolist())
        return {"cutoff": run.settings.cutoff, **told, "said": run.estimates}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run with each cutoff, and print truth and estimate side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with photos and pairs")
    parser.add_argument("--signatures", type=Path, required=True, help="an .npz of sig and path")
    parser.add_argument("--photographs", type=int, default=300, help="that get altered copies")
    parser.add_argument("--copies", type=Path, help="keeps signed copies; made if it is not there")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        file = options.copies or Path(folder) / "copies.npz"
        world = Labelled(options.signatures, options.data, file, options.photographs)
    with session() as spark:
        results = {str(cutoff): measured(spark, world, cutoff) for cutoff in _CUTOFFS}
    for line in table_lines(_HEADER, [_cells(name, row) for name, row in results.items()]):
        print(line)
    print(json.dumps({"benchmark": "cutoffs", "images": len(world.levels), **results}))


def _cells(name: str, row: dict[str, Any]) -> tuple[str, ...]:
    counts = (f"{row[kind]:,}" for kind in ("removed", "true", "false", "unknown"))
    known = row["said"]
    said = f"{known['false_removals']:.1%} (at most {known['false_removals_high']:.1%})"
    asked = name if name == f"{row['cutoff']:g}" else f"{name}: {row['cutoff']:g}"
    return (asked, *counts, f"{row['precision']:.1%}", f"{row['recall']:.1%}", said)


if __name__ == "__main__":
    main()
