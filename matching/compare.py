"""Exact comparison inside a bucket: a matrix product proposes, whole numbers decide.

With r the norm of a signature x and c the cutoff, the distance of x and y is below c exactly
when x.y + (c r_x)(c r_y) + q_x + q_y > 0, where q = -(1 - c^2) r^2 / 2. So one float32 product
of extended rows [x, c r, q, 1] and [y, c r, 1, q] holds every decision. What falls within
``_MARGIN`` of zero or above is decided again from integer sums, in the very floating-point steps
of image-match, so that a pair is below the cutoff here exactly when it is there.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.rules import REMOVED
from signature.compiled import compiled

_BLOCK_ROWS = 2048
"""Rows of one side of a product: 2048 x 2048 float32 are 16 MiB, which stays near the cache."""

_MARGIN = 0.01
"""Products above -0.01 are candidates. Sums stay below 2,200, float32 keeps them to 3e-4."""


class BucketPairs(NamedTuple):
    """Pairs of a bucket: row numbers on either side, and distances."""

    a: npt.NDArray[np.int64]
    b: npt.NDArray[np.int64]
    distance: npt.NDArray[np.float64]


_NO_PAIRS = BucketPairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))


class Side(NamedTuple):
    """One side of a comparison: ``n`` signatures with their keys."""

    levels: npt.NDArray[np.int8]
    keys: npt.NDArray[np.int64]


class _Factor(NamedTuple):
    """A side, and its extended rows: what a product is made of."""

    side: Side
    extended: npt.NDArray[np.float32]


def compare_bucket(left: Side, right: Side | None, key: int, cutoff: float) -> BucketPairs:
    """Return the pairs below the cutoff whose first shared key is this bucket's.

    Parameters
    ----------
    left : Side
        (n, 272) int8 signatures and (n, m) int64 keys.
    right : Side or None
        Another group of the same bucket, to compare ``left`` with; None to compare ``left``
        with itself, each two rows once.
    key : int
        The bucket's key.
    cutoff : float
        Strict upper bound of the distance, in (0, 1).

    Returns
    -------
    BucketPairs
        Row numbers in ``left`` and ``right`` (or ``left``), and distances; empty where there
        are none. Signatures of norm 0 are in no pair.
    """
    other = left if right is None else right
    if not len(left.levels) or not len(other.levels):
        return _NO_PAIRS
    rows = _Factor(left, _extended(left.levels, cutoff, 0))
    columns = _Factor(other, _extended(other.levels, cutoff, 1))
    found = [
        _compare_block(rows, columns, (i, j), key, cutoff, right is None and i == j)
        for i in range(0, len(left.levels), _BLOCK_ROWS)
        for j in range(i if right is None else 0, len(other.levels), _BLOCK_ROWS)
    ]
    return BucketPairs(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _compare_block(
    rows: _Factor,
    columns: _Factor,
    origin: tuple[int, int],
    key: int,
    cutoff: float,
    above_diagonal: bool,
) -> BucketPairs:
    i, j = origin
    product = rows.extended[i : i + _BLOCK_ROWS] @ columns.extended[j : j + _BLOCK_ROWS].T
    a, b = _candidates(product, above_diagonal)
    a += i
    b += j
    left, right = rows.side, columns.side
    distance = _decide(left.levels, right.levels, left.keys, right.keys, a, b, key)
    below = distance < cutoff
    return BucketPairs(a[below], b[below], distance[below])


def _extended(levels: npt.NDArray[np.int8], cutoff: float, side: int) -> npt.NDArray[np.float32]:
    count, width = levels.shape
    extended = np.empty((count, width + 3), np.float32)
    extended[:, :width] = levels
    squares = np.einsum("ij,ij->i", extended[:, :width], extended[:, :width])
    extended[:, width] = cutoff * np.sqrt(squares)
    extended[:, width + 1 + side] = -(1 - cutoff * cutoff) / 2 * squares
    extended[:, width + 2 - side] = 1
    return extended


@compiled
def _candidates(
    product: npt.NDArray[np.float32], above_diagonal: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Row and column of each entry above the margin; above the diagonal only, if asked."""
    rows, columns = product.shape
    count = 0
    for i in range(rows):
        for j in range(i + 1 if above_diagonal else 0, columns):
            count += product[i, j] > -_MARGIN
    a = np.empty(count, np.int64)
    b = np.empty(count, np.int64)
    at = 0
    for i in range(rows):
        for j in range(i + 1 if above_diagonal else 0, columns):
            if product[i, j] > -_MARGIN:
                a[at] = i
                b[at] = j
                at += 1
    return a, b


@compiled
def _decide(
    left: npt.NDArray[np.int8],
    right: npt.NDArray[np.int8],
    left_keys: npt.NDArray[np.int64],
    right_keys: npt.NDArray[np.int64],
    a: npt.NDArray[np.int64],
    b: npt.NDArray[np.int64],
    key: int,
) -> npt.NDArray[np.float64]:
    """Exact distance of each candidate; 2, which nothing is below, where it is no pair here."""
    distance = np.empty(len(a), np.float64)
    for k in range(len(a)):
        x = left[a[k]]
        y = right[b[k]]
        difference = np.int64(0)
        x_squares = np.int64(0)
        y_squares = np.int64(0)
        for i in range(len(x)):
            p = np.int64(x[i])
            q = np.int64(y[i])
            difference += (p - q) * (p - q)
            x_squares += p * p
            y_squares += q * q
        norms = math.sqrt(2.0 * x_squares) + math.sqrt(2.0 * y_squares)
        distance[k] = 2.0
        if norms > 0 and _first_shared(left_keys[a[k]], right_keys[b[k]]) == key:
            distance[k] = math.sqrt(2.0 * difference) / norms
    return distance


@compiled
def _first_shared(x: npt.NDArray[np.int64], y: npt.NDArray[np.int64]) -> int:
    """Merge two rows of ascending keys, passing over removed ones."""
    i = 0
    j = 0
    while i < len(x) and j < len(y):
        if x[i] == REMOVED:
            i += 1
        elif y[j] == REMOVED:
            j += 1
        elif x[i] < y[j]:
            i += 1
        elif y[j] < x[i]:
            j += 1
        else:
            return int(x[i])
    return REMOVED
