"""The inner loop: a matrix product proposes, whole numbers decide.

With r the norm of a signature x and c the cutoff, the distance of x and y is below c exactly
when x.y + (c r_x)(c r_y) + q_x + q_y > 0, where q = -(1 - c^2) r^2 / 2. So one float32 product
of extended rows [x, c r, q, 1] and [y, c r, 1, q] holds every decision. Of what is above
-0.01 the whole number x.y is won back by rounding, and the distance is worked out in the
very floating-point steps of image-match, so that a pair is below the cutoff here exactly when it
is there.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.nearest import Limits, Nearest, no_limits
from matching.pairs import Indices, Pairs, together
from signature.compiled import compiled

_LIKELY = np.float32(-0.01)
"""Products above are candidates. Sums stay below 2,200, float32 keeps them to 3e-4. A number of
this width is compared sixteen at a time; a Python float would be one by one."""

_CERTAIN = np.float32(0.01)
"""Products above are pairs: no more need be known of one that is of no interest."""

_BEYOND = 1 + 1e-9
"""Squares that differ by more differ in their roots too, however these are rounded."""

_ROWS = 256
_COLUMNS = 2048
"""A product of 256 x 2048 float32 is 2 MiB: it is still near when it is looked through."""

ITSELF, ALL_LEFT_OUT = -1.0, np.inf
"""In place of the distance of a pair that is left out: it stands for itself, or for `EACH`."""

EACH = 64
"""One in so many pairs that are left out stands for them, when they are very many."""

VERY_MANY = 16_384
"""Left out of a bucket before."""


class Factor(NamedTuple):
    """One side of a product.

    Attributes
    ----------
    extended : (n, w + 3) float32
        Rows [x, c r, q, 1], or [x, c r, 1, q] on the right.
    bent : (n,) float32
        c r.
    offset : (n,) float32
        q.
    squares : (n,) int64
        Sum of the squares of the levels.
    """

    extended: npt.NDArray[np.float32]
    bent: npt.NDArray[np.float32]
    offset: npt.NDArray[np.float32]
    squares: Indices

    def part(self, start: int, end: int) -> "Factor":
        """Return some of the rows.

        Parameters
        ----------
        start, end : int
            The first row, and the one after the last.

        Returns
        -------
        Factor
            Views.
        """
        extended, bent, offset, squares = self
        rows = slice(start, end)
        return Factor(extended[rows], bent[rows], offset[rows], squares[rows])


def factor(levels: npt.NDArray[np.int8], cutoff: float, right: bool) -> Factor:
    """Make one side of a product.

    Parameters
    ----------
    levels : (n, w) int8
        Compact signatures.
    cutoff : float
        Strict upper bound of the distance, in (0, 1).
    right : bool
        On which side.

    Returns
    -------
    Factor
        About 4.5 times the memory of the levels.
    """
    count, width = levels.shape
    extended = np.empty((count, width + 3), np.float32)
    extended[:, :width] = levels
    squares = np.einsum("ij,ij->i", extended[:, :width], extended[:, :width])
    bent = (cutoff * np.sqrt(squares)).astype(np.float32)
    offset = (-(1 - cutoff * cutoff) / 2 * squares).astype(np.float32)
    extended[:, width] = bent
    extended[:, width + 1 + right] = offset
    extended[:, width + 2 - right] = 1
    return Factor(extended, bent, offset, squares.astype(np.int64))


def pairs_below(
    left: Factor,
    right: Factor,
    cutoff: float,
    above_diagonal: bool,
    limits: Limits | None = None,
) -> Pairs:
    """Find the pairs below the cutoff of all rows on the left with all on the right.

    Parameters
    ----------
    left, right : Factor
        Of one cutoff.
    cutoff : float
        The same one.
    above_diagonal : bool
        Whether a row meets only the columns of higher number.
    limits : Limits, optional
        Which rows meet, and up to how many nearest are of interest to either; it learns of what
        is found. By default all pairs are given.

    Returns
    -------
    Pairs
        Signatures of norm 0 are in none. Those beyond the nearest of both ends found so far are
        given with the distance `ITSELF`, so that they can be counted; when they are very many,
        one in 64 of them with the distance `ALL_LEFT_OUT`.
    """
    columns = right.extended.T
    some = limits or no_limits(len(left.squares), len(right.squares))
    found = []
    for start in range(0, columns.shape[1], _COLUMNS):
        product = left.extended @ columns[:, start : start + _COLUMNS]
        side = right.part(start, start + _COLUMNS)
        first = 1 - start if above_diagonal else -len(left.extended)
        part = some._replace(right=some.right.part(start, start + _COLUMNS))
        pairs = _decide(product, left, side, cutoff, first, part, (VERY_MANY, EACH))
        if len(pairs[0]):
            found.append(Pairs(pairs[0], pairs[1] + start, pairs[2]))
    return together(found)


@compiled
def _count_likely(product: npt.NDArray[np.float32], first: int) -> Indices:
    """Candidates of each row; row i begins at column i + first."""
    rows, columns = product.shape
    likely = np.empty(rows, np.int64)
    for i in range(rows):
        line = product[i]
        count = 0
        for j in range(max(0, i + first), columns):
            count += line[j] > _LIKELY
        likely[i] = count
    return likely


@compiled
def _learn(nearest: Nearest, row: int, distance: float) -> None:
    """Add to the least distances of a row: a heap, the greatest of them first."""
    heap = nearest.heaps[row]
    room = len(heap)
    at = nearest.counts[row]
    if room == 0 or (at == room and distance >= heap[0]):
        return
    if at < room:
        nearest.counts[row] = at + 1
        while at > 0 and heap[(at - 1) // 2] < distance:
            heap[at] = heap[(at - 1) // 2]
            at = (at - 1) // 2
    else:
        at = 0
        while 2 * at + 1 < room:
            child = 2 * at + 1
            if child + 1 < room and heap[child + 1] > heap[child]:
                child += 1
            if heap[child] <= distance:
                break
            heap[at] = heap[child]
            at = child
    heap[at] = distance
    if nearest.counts[row] == room:
        nearest.last[row] = heap[0]


@compiled
def _decide(
    product: npt.NDArray[np.float32],
    left: Factor,
    right: Factor,
    cutoff: float,
    first: int,
    limits: Limits,
    counted: tuple[int, int],
) -> tuple[Indices, Indices, npt.NDArray[np.float64]]:
    """Rows, columns and distances of the pairs; row i begins at column i + first."""
    _, bent_left, offset_left, squares_left = left
    _, bent_right, offset_right, squares_right = right
    near_left, near_right, reach, left_out = limits
    very_many, each = counted
    costs_left, costs_right = near_left.costs, near_right.costs
    far_left, far_right = near_left.last, near_right.last
    rows, columns = product.shape
    norms_left, norms_right = np.sqrt(2.0 * squares_left), np.sqrt(2.0 * squares_right)
    likely = _count_likely(product, first)
    total = likely.sum()
    a = np.empty(total, np.int64)
    b = np.empty(total, np.int64)
    distance = np.empty(total, np.float64)
    at = 0
    for i in range(rows):
        if likely[i] == 0:
            continue
        for j in range(max(0, i + first), columns):
            if product[i, j] > _LIKELY and costs_left[i] + costs_right[j] <= reach:
                bent = np.float64(bent_left[i]) * np.float64(bent_right[j])
                offset = np.float64(offset_left[i]) + np.float64(offset_right[j])
                dot = np.int64(np.rint(product[i, j] - bent - offset))
                square = 2.0 * (squares_left[i] + squares_right[j] - 2 * dot)
                norms = norms_left[i] + norms_right[j]
                limit = max(far_left[i], far_right[j]) * norms
                apart = np.inf
                if product[i, j] <= _CERTAIN or square <= _BEYOND * limit * limit:
                    apart = math.sqrt(square) / norms if norms > 0 else cutoff
                    if apart >= cutoff:
                        continue
                if apart > far_left[i] and apart > far_right[j]:
                    left_out[0] += 1
                    if left_out[0] > very_many and left_out[0] % each != 0:
                        continue
                    apart = ITSELF if left_out[0] <= very_many else ALL_LEFT_OUT
                else:
                    _learn(near_left, i, apart)
                    _learn(near_right, j, apart)
                a[at] = i
                b[at] = j
                distance[at] = apart
                at += 1
    return a[:at], b[:at], distance[:at]
