"""How the pair search grows with the corpus, and what that means for 80 million and a billion.

``python benchmarks/scale.py --signatures FILE.npz`` grows the corpus by moving its pictures
(`benchmarks.worlds`), searches each size through the real job's stages on ``local[2]``, and
compares a sample of images with all by brute force. The last line is one JSON object.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).resolve().parent.parent
sys.path[0] = str(_PROJECT)  # also when run as a file

from benchmarks.single_thread import one_thread_for_products  # noqa: E402

one_thread_for_products()

import numpy as np  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

from benchmarks.brute_force import pairs_of  # noqa: E402
from benchmarks.quality import EDGES, are_found, quality  # noqa: E402
from benchmarks.signature_file import Corpus, load  # noqa: E402
from benchmarks.spark_search import search, session  # noqa: E402
from benchmarks.worlds import grow  # noqa: E402
from jobs.summary import table_lines  # noqa: E402
from matching.sizes import cells_for, nearest_for  # noqa: E402

_CUTOFF = 0.45
# What meets is measured here, not what is dropped of the images with very many pairs.
_SETTINGS = {
    "cutoff": _CUTOFF,
    "matching.exhaustive_up_to": 0,
    "matching.max_pairs_per_image": 100_000,
}
_SIZES = (125_000, 250_000, 500_000, 1_000_000)
_LARGE = (80_000_000, 1_000_000_000)
_SAMPLE = 3_000
_SEED = 7
_FIT_SAMPLE = 2_000_000
_ROW_BYTES = 16 + 91 + 40  # id, packed levels, and what Spark adds
_CELL_BYTES = 5
_COMPARISONS_PER_CORE_SECOND = 6e7  # of the kernel, in buckets of 2,000 rows and more
_DOLLARS_PER_CORE_HOUR = 0.05


def measured(spark: SparkSession, corpus: Corpus, excluded: Sequence[str]) -> dict[str, Any]:
    """Search one corpus, and compare a sample of its images with all."""
    found = search(spark, corpus.levels, _SETTINGS)
    counted = ~corpus.matches(excluded)
    rng = np.random.default_rng(_SEED)
    sample = rng.choice(np.flatnonzero(counted), min(_SAMPLE, int(counted.sum())), replace=False)
    true = pairs_of(sample, corpus.levels, _CUTOFF)
    recall = quality(true, are_found(true, found.a, found.b), counted, sample)
    count = len(corpus)
    return {
        "signatures": count,
        "cells": found.model.codebook.cells if found.model.codebook else 0,
        "nearest": found.model.nearest,
        "comparisons_per_image": found.counts["comparisons"] / count,
        "rows_per_image": found.counts["rows"] / count,
        "core_seconds_per_million": found.core_seconds / count * 1e6,
        "wall_s": found.seconds,
        "pairs": len(found.a),
        "pairs_dropped": found.counts["pairs_dropped"],
        "neighbours_per_image": {k: v / len(sample) for k, v in recall.pairs.items()},
        **{k: v for k, v in asdict(recall).items() if k.startswith("recall")},
        "peak_memory_bytes": found.peak_worker_bytes,
    }


def extrapolated(largest: dict[str, Any], count: int) -> dict[str, Any]:
    """Work out a larger corpus from the largest that was measured, and the formulas of sizes."""
    measured_at = largest["signatures"]
    cells, nearest = cells_for(count, _FIT_SAMPLE), nearest_for(count)
    members = nearest * count / cells / (largest["nearest"] * measured_at / largest["cells"])
    keys = nearest / largest["nearest"]
    comparisons = largest["comparisons_per_image"] * members * keys
    by_comparing = largest["comparisons_per_image"] / _COMPARISONS_PER_CORE_SECOND
    else_per_image = largest["core_seconds_per_million"] / 1e6 - by_comparing
    seconds = else_per_image * keys + comparisons / _COMPARISONS_PER_CORE_SECOND
    core_hours = count * seconds / 3600
    return {
        "signatures": count,
        "cells": cells,
        "nearest": nearest,
        "comparisons_per_image": comparisons,
        "shuffle_bytes": count * nearest * (_ROW_BYTES + _CELL_BYTES * nearest),
        "core_hours": core_hours,
        "dollars": core_hours * _DOLLARS_PER_CORE_HOUR,
    }


def growth(first: dict[str, Any], last: dict[str, Any]) -> dict[str, float]:
    """Return how the figures of the last size stand to those of the first."""
    per_image = "recall_per_image"
    return {
        "signatures": last["signatures"] / first["signatures"],
        "comparisons_per_image": last["comparisons_per_image"] / first["comparisons_per_image"],
        "core_seconds_per_image": last["core_seconds_per_million"]
        / first["core_seconds_per_million"],
        "recall_points_.3-.4": 100 * (last[per_image][".3-.4"] - first[per_image][".3-.4"]),
        "recall_points_.4-.45": 100 * (last[per_image][".4-.45"] - first[per_image][".4-.45"]),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Search every size, and print what grows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=Path, required=True, help="an .npz of sig and path")
    parser.add_argument("--exclude", default="debian-games", help="prefixes of paths")
    parser.add_argument("--sizes", default=",".join(map(str, _SIZES)), help="with commas between")
    options = parser.parse_args(arguments)
    base, excluded = load(options.signatures), options.exclude.split(",")
    sizes = [int(size) for size in options.sizes.split(",")]
    rows = []
    for size in sizes:
        corpus = grow(base, size, _SEED)
        with session() as spark:
            rows.append(measured(spark, corpus, excluded))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    large = [extrapolated(rows[-1], count) for count in _LARGE]
    for line in _lines(rows, large):
        print(line)
    result = {"benchmark": "scale", "sizes": rows, "growth": growth(rows[0], rows[-1])}
    print(json.dumps({**result, "extrapolated": large}))


def _lines(rows: list[dict[str, Any]], large: list[dict[str, Any]]) -> list[str]:
    bins = [f"{low:g}-{high:g}" for low, high in pairwise(EDGES)]
    header = ("signatures", "cells", "nearest", "compared", "core s/M", *bins, *bins)
    lines = ["recall per image in %, then neighbours per image, by distance"]
    lines += table_lines(header, [_cells(row) for row in rows])
    names = ("signatures", "cells", "nearest", "compared", "shuffle TB", "core hours", "dollars")
    return [*lines, "", *table_lines(names, [_large_cells(row) for row in large])]


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    shares = (math.nan if v is None else 100 * v for v in row["recall_per_image"].values())
    return (
        f"{row['signatures']:,}",
        f"{row['cells']:,}",
        str(row["nearest"]),
        f"{row['comparisons_per_image']:,.0f}",
        f"{row['core_seconds_per_million']:,.0f}",
        *(f"{share:.2f}" for share in shares),
        *(f"{number:.2f}" for number in row["neighbours_per_image"].values()),
    )


def _large_cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"{row['signatures']:,}",
        f"{row['cells']:,}",
        str(row["nearest"]),
        f"{row['comparisons_per_image']:,.0f}",
        f"{row['shuffle_bytes'] / 1e12:.2f}",
        f"{row['core_hours']:,.0f}",
        f"{row['dollars']:,.0f}",
    )


if __name__ == "__main__":
    main()
