"""The comparison inside a bucket beside numpy's plain matrix product of the same shape.

``python -m benchmarks.compare --rows N``; prints one JSON object as its last line. Pairs count
the full square on both sides.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np

from matching.compare import Side, compare_bucket
from matching.rules import ExhaustiveRule

_LEVELS = 272
_CUTOFF = 0.40
_ROUNDS = 5


def wall_seconds(work: Callable[[], object]) -> float:
    """Return the wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both in turn on random signatures, and print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4_000, help="signatures in the bucket")
    rows = parser.parse_args(arguments).rows
    rng = np.random.default_rng(1)
    levels = rng.integers(-2, 3, (rows, _LEVELS)).astype(np.int8)
    left = right = Side(levels, ExhaustiveRule(rows).keys(levels))
    floats = levels.astype(np.float32)
    compare_bucket(left, right, 0, _CUTOFF)  # compiles, or loads what was compiled
    pairs = [
        (
            wall_seconds(lambda: floats @ floats.T),
            wall_seconds(lambda: compare_bucket(left, right, 0, _CUTOFF)),
        )
        for _ in range(_ROUNDS)
    ]
    result = {
        "benchmark": "compare",
        "rows": rows,
        "product_pairs_per_s": rows * rows / statistics.median(p for p, _ in pairs),
        "compare_pairs_per_s": rows * rows / statistics.median(c for _, c in pairs),
        "ratio": statistics.median(product / compared for product, compared in pairs),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
