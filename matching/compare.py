"""Comparison inside a bucket: rows from cheap to dear, each with the partners in its reach."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.kernel import (
    LEFT_OUT,
    Farthest,
    Pairs,
    factor,
    no_pairs,
    pairs_below,
    together,
)
from matching.meeting import Reaches, meet_first_under
from matching.nearest import farthest_kept
from matching.rules import Keyed

_FEWEST_ROWS, _MOST_ROWS = 16, 256
"""Rows of the left side that one product takes, a sixteenth of them all in between: fewer waste
less at the edge of the reach, more make faster products."""

_FEWEST_AT_ONCE, _MOST_AT_ONCE = 65_536, 2_000_000
"""So many pairs of a bucket are held before the farthest go: twice what may stay, in between;
and twice what did stay. The sooner they go, the more of the next ones are known to be too far."""

_COUNTED = 65_536
"""Of more dropped pairs than this at a time one in 64 stands for all, when they are counted."""


class Side(NamedTuple):
    """One side of a bucket: ``n`` signatures, in the order of their costs here.

    Attributes
    ----------
    levels : (n, w) int8
        Compact signatures.
    keyed : Keyed
        All their keys.
    costs : (n,) uint8
        What this bucket's key costs them, ascending.
    """

    levels: npt.NDArray[np.int8]
    keyed: Keyed
    costs: npt.NDArray[np.uint8]


class Search(NamedTuple):
    """What every bucket of a search has in common.

    Attributes
    ----------
    cutoff : float
        Strict upper bound of the distance, in (0, 1).
    reaches : Reaches
        Of all keys.
    max_pairs : int
        A pair goes if each of its ends has so many nearer ones in the bucket.
    """

    cutoff: float
    reaches: Reaches
    max_pairs: int


class Compared(NamedTuple):
    """What came of a bucket: pairs, and counts of what was done and dropped."""

    pairs: Pairs
    comparisons: int
    dropped: int


def compare_bucket(
    left: Side, right: Side | None, key: int, reach: int, search: Search
) -> Compared:
    """Return the pairs below the cutoff that meet in this bucket first.

    Parameters
    ----------
    left : Side
        Of the bucket.
    right : Side or None
        Another group of the same bucket, to compare ``left`` with; None to compare ``left``
        with itself, each two rows once.
    key : int
        The bucket's key.
    reach : int
        The key's.
    search : Search
        Cutoff and limits.

    Returns
    -------
    Compared
        Row numbers in ``left`` and ``right`` (or ``left``), and distances; the products made,
        each two rows once; the pairs dropped that would have been reported here, about, where they
        are very many. Signatures of norm 0 are in no pair.
    """
    other = left if right is None else right
    if not len(left.levels) or not len(other.levels):
        return Compared(no_pairs(), 0, 0)
    rows = factor(left.levels, search.cutoff, right=False)
    columns = factor(other.levels, search.cutoff, right=True)
    nearest = _Nearest((left, other), key, search)
    comparisons = 0
    step = min(_MOST_ROWS, max(_FEWEST_ROWS, len(left.levels) // _FEWEST_ROWS))
    for start in range(0, len(left.levels), step):
        first = start if right is None else 0
        end = int(np.searchsorted(other.costs, reach - int(left.costs[start]), side="right"))
        if end <= first:  # rows are in order: the next ones reach no farther
            break
        # Among themselves, rows behind the reach of the cheapest one here meet nobody.
        block = rows.part(start, min(start + step, end) if right is None else start + step)
        near = nearest.limits((start, start + step), (first, end))
        found = pairs_below(block, columns.part(first, end), search.cutoff, right is None, near)
        nearest.add(Pairs(found.a + start, found.b + first, found.distance), reach)
        comparisons += _made(len(block.squares), end - first, right is None)
    return Compared(nearest.pairs(), comparisons, nearest.dropped)


class _Nearest:
    """Gathers the pairs of a bucket, and drops those that are not among the nearest of either end.

    All that meet here count as near, those too that another bucket reports: they are pairs of the
    corpus as well. Most of a crowded bucket goes before it is asked which bucket reports it.
    """

    def __init__(self, sides: tuple[Side, Side], key: int, search: Search) -> None:
        self.dropped = 0
        self._sides, self._key, self._search = sides, key, search
        self._costs = [side.costs.astype(np.int64) for side in sides]
        sizes = len(sides[0].levels), len(sides[1].levels)
        self._limits = sizes, sides[0] is sides[1], search.max_pairs
        self._farthest: Farthest | None = None
        self._parts: list[Pairs] = []
        self._held = 0
        may_stay = search.max_pairs * (sizes[0] if self._limits[1] else sum(sizes))
        self._least_room = min(_MOST_AT_ONCE, max(_FEWEST_AT_ONCE, 2 * may_stay))
        self._room = self._least_room

    def limits(self, rows: tuple[int, int], columns: tuple[int, int]) -> Farthest | None:
        """Tell how far the nearest of some rows and columns reach, as far as is known."""
        if self._farthest is None:
            return None
        return Farthest(self._farthest.a[slice(*rows)], self._farthest.b[slice(*columns)])

    def add(self, pairs: Pairs, reach: int) -> None:
        pairs = self._without_left_out(pairs)
        left, right = self._costs
        # At the edge of a block there are some that do not meet here.
        pairs = pairs.where(left[pairs.a] + right[pairs.b] <= reach)
        self._parts.append(pairs)
        self._held += len(pairs.a)
        if self._held > self._room:
            self._tighten()
            # Twice what stays, so that sorting it again and again costs no more than once.
            self._room = max(self._least_room, 2 * self._held)

    def pairs(self) -> Pairs:
        """Give those that this bucket reports."""
        kept = self._tighten()
        return kept.where(self._are_here(kept))

    def _tighten(self) -> Pairs:
        every = together(self._parts)
        self._farthest = farthest_kept(every, *self._limits)
        kept = self._drop(every, self._farthest)
        self._parts, self._held = [kept], len(kept.a)
        return kept

    def _drop(self, pairs: Pairs, farthest: Farthest) -> Pairs:
        stays = farthest.keep(pairs)
        gone = pairs.where(~stays)
        each = LEFT_OUT if len(gone.a) > _COUNTED else 1
        some = Pairs(gone.a[::each], gone.b[::each], gone.distance[::each])
        self.dropped += each * int(np.count_nonzero(self._are_here(some)))
        return pairs.where(stays)

    def _without_left_out(self, pairs: Pairs) -> Pairs:
        stands = np.isinf(pairs.distance)
        if not stands.any():
            return pairs
        self.dropped += LEFT_OUT * int(np.count_nonzero(self._are_here(pairs.where(stands))))
        return pairs.where(~stands)

    def _are_here(self, pairs: Pairs) -> npt.NDArray[np.bool_]:
        left, right = (side.keyed for side in self._sides)
        return meet_first_under(self._key, left, right, pairs.a, pairs.b, self._search.reaches)


def _made(rows: int, columns: int, alone: bool) -> int:
    """Two rows that meet twice in a product of a block with itself count once."""
    return rows * columns - (rows * (rows + 1) // 2 if alone else 0)
