"""Newcomers: signatures that are compared with all others, which are read once and never moved.

The other way round than in a bucket: the newcomers are few and stay in memory, under their keys,
and every signature of the corpus is held against those whose keys it shares. What meets, which
pair is reported and how far apart its ends are is the same as in `matching.compare`.
"""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.meeting import reaches
from matching.rules import FIRST_WORD, REMOVED, Keyed
from signature.compiled import compiled

STRANGER = -1
"""The place of a row that is no newcomer."""

_ROOM = 65_536
"""Pairs that are handed out at once, beside those of the row at work."""

Indices = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]


class Rows(NamedTuple):
    """Signatures that are held against the newcomers.

    Attributes
    ----------
    levels : (n, w) int8
        Compact signatures.
    keyed : Keyed
        Their keys and what these cost.
    places : (n,) int64
        Where they are among all newcomers; `STRANGER` for those that are none. Of two newcomers
        the one with the higher place meets the other, so that their pair is found once.
    """

    levels: Levels
    keyed: Keyed
    places: Indices


class Met(NamedTuple):
    """Pairs of a row and a newcomer, and the key under which they meet first."""

    row: Indices
    newcomer: Indices
    distance: npt.NDArray[np.float64]
    key: Indices


class _Index(NamedTuple):
    """The newcomers under their keys, each bucket in the order of costs."""

    keys: Indices
    starts: Indices
    reaches: Indices
    members: Indices
    costs: npt.NDArray[np.uint8]


class _State(NamedTuple):
    """What is remembered from row to row.

    ``nearest`` holds for each newcomer the distances of its nearest rows so far, the largest first
    (a heap); ``met`` the number of the row that it met last; ``counts`` comparisons, pairs left
    out and rows seen.
    """

    nearest: npt.NDArray[np.float64]
    met: Indices
    counts: Indices


class Newcomers:
    """Signatures to be compared with a corpus that passes by.

    Parameters
    ----------
    levels : (q, w) int8
        Compact signatures.
    keyed : Keyed
        Their keys.
    first : int
        The place of the first of them among all newcomers.
    """

    def __init__(self, levels: Levels, keyed: Keyed, first: int = 0) -> None:
        self.levels = np.ascontiguousarray(levels)
        self.first = first
        self._keyed = keyed

    def meet(
        self, cutoff: float, reach: int, capped: Mapping[int, int], max_pairs: int
    ) -> "Meeting":
        """Begin to compare.

        Parameters
        ----------
        cutoff : float
            Strict upper bound of the distance, in (0, 1).
        reach : int
            Up to which sum of costs two meet in a cell.
        capped : mapping of int to int
            Key to reach, where that is another.
        max_pairs : int
            A pair may be left out if each of its ends has so many nearer ones here.

        Returns
        -------
        Meeting
            Holds 8 bytes for each newcomer and each of ``max_pairs``.
        """
        return Meeting(self, _index(self._keyed, reach, capped), cutoff, max_pairs)


def _index(keyed: Keyed, reach: int, capped: Mapping[int, int]) -> _Index:
    rows, columns = np.nonzero(keyed.keys != REMOVED)
    keys, costs = keyed.keys[rows, columns], keyed.costs[rows, columns]
    order = np.lexsort((costs, keys))
    different, starts = np.unique(keys[order], return_index=True)
    limits = np.where(different < FIRST_WORD, reach, 0).astype(np.int64)
    known = reaches(reach, capped)
    limits[np.isin(different, known.capped_keys)] = known.capped[
        np.isin(known.capped_keys, different)
    ]
    ends = np.append(starts, len(keys)).astype(np.int64)
    return _Index(different, ends, limits, rows[order].astype(np.int64), costs[order])


class Meeting:
    """Rows go by, pairs come out; see `Newcomers.meet`.

    Parameters
    ----------
    newcomers : Newcomers
        Whom the rows meet.
    index : _Index
        They, under their keys.
    cutoff : float
        Strict upper bound of the distance.
    max_pairs : int
        How many nearest ones of an end are always given.
    """

    def __init__(
        self, newcomers: Newcomers, index: _Index, cutoff: float, max_pairs: int
    ) -> None:
        self._newcomers, self._index, self._cutoff = newcomers, index, cutoff
        count = len(newcomers.levels)
        self._squares = _squares(newcomers.levels)
        self._state = _State(
            np.full((count, max_pairs), np.inf), np.full(count, -1, np.int64), np.zeros(3, np.int64)
        )

    @property
    def comparisons(self) -> int:
        """The number of distances worked out so far."""
        return int(self._state.counts[0])

    @property
    def dropped(self) -> int:
        """The number of pairs left out so far."""
        return int(self._state.counts[1])

    def pairs(self, rows: Rows) -> Iterator[Met]:
        """Hold some rows against the newcomers.

        Parameters
        ----------
        rows : Rows
            In any order; every row of the corpus goes by once.

        Yields
        ------
        Met
            Pairs below the cutoff. Beyond the nearest of both ends some are left out, none else.
        """
        levels, places = np.ascontiguousarray(rows.levels), rows.places - self._newcomers.first
        places = np.where(rows.places == STRANGER, np.iinfo(np.int64).max, places)
        squares, at = _squares(levels), 0
        while at < len(levels):
            at, *found = _meet(
                (levels, squares, rows.keyed.keys, rows.keyed.costs, places),
                (self._newcomers.levels, self._squares),
                self._index,
                self._state,
                self._cutoff,
                at,
                _ROOM,
            )
            if len(found[0]):
                yield Met(*found)


def _squares(levels: Levels) -> Indices:
    wide = levels.astype(np.int16)
    squares: Indices = np.einsum("ij,ij->i", wide, wide, dtype=np.int64)
    return squares


@compiled
def _meet(
    rows: tuple[Levels, Indices, Indices, npt.NDArray[np.uint8], Indices],
    newcomers: tuple[Levels, Indices],
    index: _Index,
    state: _State,
    cutoff: float,
    at: int,
    room: int,
) -> tuple[int, Indices, Indices, npt.NDArray[np.float64], Indices]:
    """Rows from ``at`` on, until there is no room; the next row, and the pairs."""
    levels, squares, keys, costs, places = rows
    others, other_squares = newcomers
    index_keys, starts, reach_of, members, member_costs = index
    nearest, met, counts = state
    most = nearest.shape[1]
    count, width = others.shape
    found_row = np.empty(count + room, np.int64)
    found_newcomer = np.empty(count + room, np.int64)
    found_distance = np.empty(count + room, np.float64)
    found_key = np.empty(count + room, np.int64)
    filled = 0
    while at < len(levels) and filled < room:
        first = filled
        number = counts[2]
        counts[2] += 1
        norm = math.sqrt(2.0 * squares[at])
        for i in range(keys.shape[1]):
            key = keys[at, i]
            if key < 0:  # removed
                continue
            bucket = np.searchsorted(index_keys, key)
            if bucket == len(index_keys) or index_keys[bucket] != key:
                continue
            budget = reach_of[bucket] - np.int64(costs[at, i])
            for k in range(starts[bucket], starts[bucket + 1]):
                if np.int64(member_costs[k]) > budget:
                    break
                other = members[k]
                if met[other] == number:
                    continue  # under a key before
                met[other] = number
                if other >= places[at]:
                    continue  # itself, or a newcomer that this one meets when it goes by
                counts[0] += 1
                dot = np.int32(0)
                for t in range(width):
                    dot += np.int32(levels[at, t]) * np.int32(others[other, t])
                norms = norm + math.sqrt(2.0 * other_squares[other])
                apart = math.sqrt(2.0 * (squares[at] + other_squares[other] - 2 * np.int64(dot)))
                if norms > 0 and apart / norms < cutoff:
                    found_row[filled] = at
                    found_newcomer[filled] = other
                    found_distance[filled] = apart / norms
                    found_key[filled] = key
                    filled += 1
        # Who is near to this row stays if it is near to either; what is left of both goes.
        limit = np.inf
        if filled - first > most:
            limit = np.partition(found_distance[first:filled], most - 1)[most - 1]
        kept = first
        for p in range(first, filled):
            other, distance = found_newcomer[p], found_distance[p]
            heap = nearest[other]
            if distance < heap[0]:
                parent = 0
                while True:
                    child = 2 * parent + 1
                    if child >= most:
                        break
                    if child + 1 < most and heap[child + 1] > heap[child]:
                        child += 1
                    if heap[child] <= distance:
                        break
                    heap[parent] = heap[child]
                    parent = child
                heap[parent] = distance
            if distance <= limit or distance <= heap[0]:
                found_row[kept] = found_row[p]
                found_newcomer[kept] = other
                found_distance[kept] = distance
                found_key[kept] = found_key[p]
                kept += 1
        counts[1] += filled - kept
        filled = kept
        at += 1
    return (
        at,
        found_row[:filled].copy(),
        found_newcomer[:filled].copy(),
        found_distance[:filled].copy(),
        found_key[:filled].copy(),
    )
