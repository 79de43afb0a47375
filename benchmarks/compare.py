"""The comparison inside a bucket beside numpy's plain matrix product of the same shape.

``python benchmarks/compare.py --rows 4000 [--signatures FILE.npz]``; prints one JSON object as its
last line. One thread. The comparison holds everything: threshold, exact distances, the test for
the first key, output. Pairs count the full square on both sides, though the comparison needs to
look at one half only; ``unordered_pairs_per_s`` counts each two rows once.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # also when run as a file

from benchmarks.single_thread import one_thread_for_products  # noqa: E402

one_thread_for_products()

import numpy as np  # noqa: E402

from benchmarks.buckets import KEY, REACH, bucket, search  # noqa: E402
from benchmarks.signature_file import load  # noqa: E402
from matching.compare import compare_bucket  # noqa: E402
from signature.levels import Levels  # noqa: E402

_LEVELS = 272
_CUTOFF = 0.40
_ROUNDS = 15


def wall_seconds(work: Callable[[], object]) -> float:
    """Return the wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both in turn, and print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4_000, help="signatures in the bucket")
    parser.add_argument("--signatures", type=Path, help="take real ones from this .npz")
    options = parser.parse_args(arguments)
    levels = _levels(options.signatures, options.rows)
    rows, side, asked = len(levels), bucket(levels), search(_CUTOFF)
    floats = levels.astype(np.float32)
    found = compare_bucket(side, None, KEY, REACH, asked)  # compiles, or loads what was compiled
    pairs = [
        (
            wall_seconds(lambda: floats @ floats.T),
            wall_seconds(lambda: compare_bucket(side, None, KEY, REACH, asked)),
        )
        for _ in range(_ROUNDS)
    ]
    compared = statistics.median(c for _, c in pairs)
    result = {
        "benchmark": "compare",
        "rows": rows,
        "pairs_below_cutoff": len(found.pairs.a),
        "product_pairs_per_s": rows * rows / statistics.median(p for p, _ in pairs),
        "compare_pairs_per_s": rows * rows / compared,
        "unordered_pairs_per_s": rows * (rows - 1) / 2 / compared,
        "ratio": statistics.median(product / compared for product, compared in pairs),
    }
    print(json.dumps(result))


def _levels(file: Path | None, rows: int) -> Levels:
    rng = np.random.default_rng(1)
    if file is None:
        return rng.integers(-2, 3, (rows, _LEVELS)).astype(np.int8)
    real = load(file).levels
    return real[rng.choice(len(real), rows, replace=False)]


if __name__ == "__main__":
    main()
