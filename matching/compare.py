"""Comparison inside a bucket: rows from cheap to dear, each with the partners in its reach."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.kernel import Factor, Pairs, factor, no_pairs, pairs_below, together
from matching.meeting import Reaches, meet_first_under
from matching.nearest import nearest_pairs
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
        each two rows once; the pairs dropped. Signatures of norm 0 are in no pair.
    """
    other = left if right is None else right
    if not len(left.levels) or not len(other.levels):
        return Compared(no_pairs(), 0, 0)
    rows = factor(left.levels, search.cutoff, right=False)
    columns = factor(other.levels, search.cutoff, right=True)
    found = _Nearest(search.max_pairs, right is None)
    comparisons = 0
    step = min(_MOST_ROWS, max(_FEWEST_ROWS, len(left.levels) // _FEWEST_ROWS))
    for start in range(0, len(left.levels), step):
        first = start if right is None else 0
        end = int(np.searchsorted(other.costs, reach - int(left.costs[start]), side="right"))
        if end <= first:  # rows are in order: the next ones reach no farther
            break
        # Among themselves, rows behind the reach of the cheapest one here meet nobody.
        block = rows.part(start, min(start + step, end) if right is None else start + step)
        part = columns.part(first, end)
        found.add(_here(block, part, (start, first), (left, other), key, search))
        comparisons += _made(len(block.squares), end - first, right is None)
    return Compared(found.pairs(), comparisons, found.dropped)


class _Nearest:
    """Gathers pairs, and drops those that are not among the nearest of either end."""

    def __init__(self, max_pairs: int, one_side: bool) -> None:
        self.dropped = 0
        self._limits = max_pairs, one_side
        self._parts: list[Pairs] = []
        self._held = 0
        self._room = _PAIRS_AT_ONCE

    def add(self, pairs: Pairs) -> None:
        if len(pairs.a):
            self._parts.append(pairs)
            self._held += len(pairs.a)
            if self._held > self._room:
                kept = self.pairs()
                # Twice what stays, so that sorting it again and again costs no more than once.
                self._room = max(_PAIRS_AT_ONCE, 2 * len(kept.a))

    def pairs(self) -> Pairs:
        kept, gone = nearest_pairs(together(self._parts), *self._limits)
        self._parts, self._held = [kept], len(kept.a)
        self.dropped += gone
        return kept


def _here(
    rows: Factor,
    columns: Factor,
    origin: tuple[int, int],
    sides: tuple[Side, Side],
    key: int,
    search: Search,
) -> Pairs:
    """Pairs of a block of rows with the columns in its reach."""
    alone = sides[0] is sides[1]
    found = pairs_below(rows, columns, search.cutoff, above_diagonal=alone)
    a, b = found.a + origin[0], found.b + origin[1]
    here = meet_first_under(key, sides[0].keyed, sides[1].keyed, a, b, search.reaches)
    return Pairs(a, b, found.distance).where(here)


def _made(rows: int, columns: int, alone: bool) -> int:
    """Two rows that meet twice in a product of a block with itself count once."""
    return rows * columns - (rows * (rows + 1) // 2 if alone else 0)
