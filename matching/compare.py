"""Comparison inside a bucket: rows from cheap to dear, each with the partners in its reach."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.kernel import ALL_LEFT_OUT, EACH, ITSELF, VERY_MANY, factor, pairs_below
from matching.meeting import Reaches, meet_first_under
from matching.nearest import limits_of, nearest
from matching.pairs import Indices, Pairs, no_pairs, together
from matching.rules import Keyed

_FEWEST_ROWS, _MOST_ROWS = 16, 256
"""Rows of the left side that one product takes, a sixteenth of them all in between: fewer waste
less at the edge of the reach, more make faster products."""

_PAIRS_AT_ONCE = 2_000_000
"""So many pairs of a bucket, or twice those that stay, are held before the farthest go."""


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
    gathered = _Gathered((left, other), key, reach, search)
    comparisons = 0
    step = min(_MOST_ROWS, max(_FEWEST_ROWS, len(left.levels) // _FEWEST_ROWS))
    for start in range(0, len(left.levels), step):
        first = start if right is None else 0
        end = int(np.searchsorted(other.costs, reach - int(left.costs[start]), side="right"))
        if end <= first:  # rows are in order: the next ones reach no farther
            break
        # Among themselves, rows behind the reach of the cheapest one here meet nobody.
        block = rows.part(start, min(start + step, end) if right is None else start + step)
        limits = gathered.limits.part((start, start + step), (first, end))
        found = pairs_below(block, columns.part(first, end), search.cutoff, right is None, limits)
        gathered.add(Pairs(found.a + start, found.b + first, found.distance))
        comparisons += _made(len(block.squares), end - first, right is None)
    return Compared(gathered.pairs(), comparisons, gathered.dropped)


class _Gathered:
    """Gathers the pairs of a bucket, and drops those that are not among the nearest of either end.

    All that meet here count as near, those too that another bucket reports: they are pairs of the
    corpus as well. Most of a crowded bucket goes before it is asked which bucket reports it.
    """

    def __init__(self, sides: tuple[Side, Side], key: int, reach: int, search: Search) -> None:
        self.dropped = 0
        self._sides, self._key, self._search = sides, key, search
        left, right = sides
        near = nearest(left.costs, search.max_pairs, len(right.costs))
        other = near if left is right else nearest(right.costs, search.max_pairs, len(left.costs))
        self.limits = limits_of(near, other, reach)
        self._parts: list[Pairs] = []
        self._held = 0
        self._room = _PAIRS_AT_ONCE

    def add(self, pairs: Pairs) -> None:
        pairs = self._without_left_out(pairs)
        self._parts.append(pairs)
        self._held += len(pairs.a)
        if self._held > self._room:
            self._tighten()
            # Twice what stays, so that looking at it again and again costs no more than once.
            self._room = max(_PAIRS_AT_ONCE, 2 * self._held)

    def pairs(self) -> Pairs:
        """Give those that this bucket reports."""
        kept = self._tighten()
        return kept.where(self._are_here(kept))

    def _tighten(self) -> Pairs:
        every = together(self._parts)
        stays = self.limits.keep(every)
        if not stays.all():
            self._count_dropped(every, np.flatnonzero(~stays))
            every = every.where(stays)
        self._parts, self._held = [every], len(every.a)
        return every

    def _count_dropped(self, pairs: Pairs, gone: Indices) -> None:
        each = EACH if len(gone) > VERY_MANY else 1
        self.dropped += each * self._count_here(pairs.where(gone[::each]))

    def _without_left_out(self, pairs: Pairs) -> Pairs:
        for marked, each in ((ITSELF, 1), (ALL_LEFT_OUT, EACH)):
            left_out = pairs.distance == marked
            if left_out.any():
                self.dropped += each * self._count_here(pairs.where(left_out))
                pairs = pairs.where(~left_out)
        return pairs

    def _count_here(self, pairs: Pairs) -> int:
        return int(np.count_nonzero(self._are_here(pairs)))

    def _are_here(self, pairs: Pairs) -> npt.NDArray[np.bool_]:
        left, right = (side.keyed for side in self._sides)
        return meet_first_under(self._key, left, right, pairs.a, pairs.b, self._search.reaches)


def _made(rows: int, columns: int, alone: bool) -> int:
    """Two rows that meet twice in a product of a block with itself count once."""
    return rows * columns - (rows * (rows + 1) // 2 if alone else 0)
