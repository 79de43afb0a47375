"""What the shape of a corpus costs: films, copies of a few pictures, all in one cell.

``python benchmarks/skew.py --signatures FILE.npz --count 400000`` searches corpora of one size
through the real job's stages on ``local[2]``, each in a session of its own, and prints their times
beside that of an even one. The last line is one JSON object.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).resolve().parent.parent
sys.path[0] = str(_PROJECT)  # also when run as a file

from benchmarks.signature_file import Corpus, load  # noqa: E402
from benchmarks.skewed import copies, frames  # noqa: E402
from benchmarks.spark_search import timed_search  # noqa: E402
from benchmarks.worlds import grow  # noqa: E402
from jobs.summary import table_lines  # noqa: E402

_SEED = 7
_COPIES = 200_000
_NO_SMALL_CORPUS = {"matching.exhaustive_up_to": 0}
_ONE_CELL = {"matching.cells": 1, "matching.nearest": 1}


def timed(corpus: Corpus, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Search a corpus, and return what it took and what was bounded."""
    found, seconds = timed_search(corpus.levels, {**_NO_SMALL_CORPUS, **settings})
    names = ("pairs", "comparisons", "comparisons_bounded", "pairs_dropped", "capped")
    return {
        "wall_s": seconds,
        "stages_s": found.seconds,
        **{name: found.counts[name] for name in names},
        "peak_memory_bytes": found.peak_worker_bytes,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Search all of them, and print times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=Path, required=True, help="an .npz of sig and path")
    parser.add_argument("--count", type=int, default=400_000, help="signatures of each corpus")
    options = parser.parse_args(arguments)
    even = grow(load(options.signatures), options.count, _SEED)
    copied = min(_COPIES, options.count // 2)
    results = {
        "even": timed(even, {}),
        "films": timed(frames(even, _SEED), {}),
        "copies": timed(copies(even, _SEED, copied), {}),
        "one cell": timed(even, _ONE_CELL),
    }
    base = results["even"]["wall_s"]
    header = ("corpus", "wall s", "to even", "pairs", "comparisons", "not compared", "peak MB")
    for line in table_lines(header, [_cells(name, row, base) for name, row in results.items()]):
        print(line)
    ratios = {name: row["wall_s"] / base for name, row in results.items()}
    print(json.dumps({"benchmark": "skew", "signatures": len(even), **results, "to_even": ratios}))


def _cells(name: str, row: dict[str, Any], base: float) -> tuple[str, ...]:
    return (
        name,
        f"{row['wall_s']:,.0f}",
        f"{row['wall_s'] / base:.2f}",
        f"{row['pairs']:,}",
        f"{row['comparisons']:,}",
        f"{row['comparisons_bounded']:,}",
        f"{row['peak_memory_bytes'] / 1e6:,.0f}",
    )


if __name__ == "__main__":
    main()
