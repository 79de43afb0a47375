"""Arithmetic on many signatures, each operation beside its obvious form in numpy.

``python -m benchmarks.algebra --rows N``; prints one JSON object as its last line. Figures are
wall time of one thread but for matrix products, which numpy spreads over its BLAS's threads
(``OPENBLAS_NUM_THREADS=1`` for one). Speeds are signatures a second, of distances pairs a second;
``ratio`` is how many times as fast as the obvious form ours is, both measured in turn.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.buckets import KEY, REACH, bucket, search
from matching.compare import compare_bucket
from signature import (
    Orientation,
    all_orientations,
    compact,
    distances,
    expand,
    oriented,
    pack_levels,
    unpack_levels,
    words_of_compact,
)

Array = npt.NDArray[Any]

_N: Final = 9
_LEVELS: Final = 272
_CUTOFF: Final = 0.40
_ROUNDS: Final = 5
#: Rows and columns of a block of distances: the obvious form takes 2 KB for each pair.
_BLOCK: Final = 200
#: Share of levels that a near-duplicate has in common with its original; the others are 0.
_KEPT: Final = 0.9


class Contest(NamedTuple):
    """An operation in two forms that give the same; `amount` is of signatures or pairs a call."""

    name: str
    amount: int
    ours: Callable[[], Array]
    obvious: Callable[[], Array]


def obvious_pack(levels: Array) -> Array:
    """Three levels as digits of base 5, by slices."""
    digits = np.pad(levels, [(0, 0), (0, -levels.shape[1] % 3)]).astype(np.uint8) + np.uint8(2)
    packed: Array = digits[:, 0::3] + 5 * digits[:, 1::3] + 25 * digits[:, 2::3]
    return packed


def obvious_unpack(packed: Array) -> Array:
    """Digits of base 5, by division."""
    digits = np.stack([packed % 5, packed // 5 % 5, packed // 25], axis=-1)
    return digits.reshape(len(packed), -1)[:, :_LEVELS].astype(np.int8) - np.int8(2)


def obvious_words(levels: Array) -> Array:
    """Windows of the full signature, times powers of 3."""
    full = np.sign(expand(levels)) + 1
    padded = np.pad(full, [(0, 0), (0, 16)], constant_values=1)
    starts = np.linspace(0, full.shape[1], 63, endpoint=False).astype(np.intp)
    windows = padded[:, starts[:, np.newaxis] + np.arange(16)]
    words: Array = windows @ 3 ** np.arange(16)
    return words


def obvious_distances(a: Array, b: Array) -> Array:
    """The definition, broadcast over all pairs."""
    left, right = a.astype(np.float64)[:, np.newaxis], b.astype(np.float64)
    lengths = np.linalg.norm(left, axis=-1) + np.linalg.norm(right, axis=-1)
    apart: Array = np.linalg.norm(left - right, axis=-1) / lengths
    return apart


def obvious_turn(levels: Array) -> Array:
    """A quarter turn clockwise of the full signature's three axes."""
    full = expand(levels).reshape(-1, _N, _N, 8)
    turned = full.swapaxes(1, 2)[:, :, ::-1][..., [5, 3, 0, 6, 1, 7, 4, 2]]
    return compact(turned.reshape(len(levels), -1))


def obvious_all(levels: Array) -> Array:
    """Eight turns and transposes of the full signature, in the order of `Orientation`."""
    full = expand(levels).reshape(-1, _N, _N, 8)
    around = np.insert(np.arange(8), 4, -1).reshape(3, 3)
    turned = []
    for way in Orientation:
        neighbours = way.of_array(around).ravel()
        grids = np.moveaxis(way.of_array(np.moveaxis(full, 0, 2)), 2, 0)
        turned.append(grids[..., neighbours[neighbours >= 0]].reshape(len(levels), -1))
    return compact(np.stack(turned))


def below_cutoff(apart: Array) -> Array:
    """Row and column of each pair below the cutoff, each two rows once."""
    return np.argwhere(np.triu(apart < _CUTOFF, 1))


def contests(levels: Array) -> list[Contest]:
    """All operations on the same signatures."""
    rows, packed = len(levels), pack_levels(levels)
    a, b = levels[:_BLOCK], levels[_BLOCK : 2 * _BLOCK]
    block, asked = bucket(a), search(_CUTOFF)
    return [
        Contest("pack", rows, lambda: pack_levels(levels), lambda: obvious_pack(levels)),
        Contest("unpack", rows, lambda: unpack_levels(packed), lambda: obvious_unpack(packed)),
        Contest("words", rows, lambda: words_of_compact(levels), lambda: obvious_words(levels)),
        Contest(
            "turn",
            rows,
            lambda: oriented(levels, Orientation.TURNED_RIGHT),
            lambda: obvious_turn(levels),
        ),
        Contest(
            "all_orientations", rows, lambda: all_orientations(levels), lambda: obvious_all(levels)
        ),
        Contest(
            "distances", len(a) * len(b), lambda: distances(a, b), lambda: obvious_distances(a, b)
        ),
        Contest(
            "pairs_below",
            len(a) * len(a),
            lambda: np.stack(compare_bucket(block, None, KEY, REACH, asked).pairs[:2], axis=-1),
            lambda: below_cutoff(obvious_distances(a, a)),
        ),
    ]


def wall_seconds(work: Callable[[], object]) -> float:
    """Return the wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measured(contest: Contest) -> dict[str, float]:
    """Speeds of both forms and their ratio: medians of a few rounds in turn."""
    # Ours doubles the sums of squares, as those of 648 levels are: roots of it round otherwise.
    np.testing.assert_allclose(contest.ours(), contest.obvious(), rtol=1e-12)
    times = [(wall_seconds(contest.ours), wall_seconds(contest.obvious)) for _ in range(_ROUNDS)]
    return {
        "per_s": contest.amount / statistics.median(ours for ours, _ in times),
        "obvious_per_s": contest.amount / statistics.median(obvious for _, obvious in times),
        "ratio": statistics.median(obvious / ours for ours, obvious in times),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every operation on random signatures, near-duplicates among them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000, help="signatures, at least 400")
    rows = max(parser.parse_args(arguments).rows, 2 * _BLOCK)
    rng = np.random.default_rng(1)
    levels = rng.integers(-2, 3, (rows, _LEVELS)).astype(np.int8)
    kept = rng.random((_BLOCK // 2, _LEVELS)) < _KEPT
    levels[1:_BLOCK:2] = levels[:_BLOCK:2] * kept  # pairs that lie below the cutoff
    result = {"benchmark": "algebra", "rows": rows}
    print(json.dumps(result | {contest.name: measured(contest) for contest in contests(levels)}))


if __name__ == "__main__":
    main()
