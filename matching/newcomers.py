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

_NO_BUCKET = -1

_PLACE_BITS = 24
"""Of a member: its place among the newcomers. The 8 bits above are its cost."""

_PLACE_MASK = (1 << _PLACE_BITS) - 1

_BLOCK = 8_000
"""So many products of two levels, which are -2 to 2, add up to a number of 16 bits."""

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
    """The newcomers under their keys, each bucket in the order of costs.

    A cell below ``cells`` is the bucket of its own number, be it empty; those of ``words`` come
    behind. A row's keys lie all over these arrays, and waiting for memory takes most of the time:
    hence the small types.
    """

    cells: int
    words: Indices
    starts: npt.NDArray[np.int32]
    reaches: npt.NDArray[np.int16]
    members: npt.NDArray[np.uint32]


class _State(NamedTuple):
    """What is remembered from row to row.

    ``nearest`` holds for each newcomer the distances of its nearest rows so far, the largest first
    (a heap); ``met`` the number of the row that it met last; ``counts`` comparisons, pairs left
    out and rows seen.
    """

    nearest: npt.NDArray[np.float64]
    met: npt.NDArray[np.int32]
    counts: Indices


class _Passing(NamedTuple):
    """Rows as the inner loop reads them; one that is no newcomer has a place above all."""

    levels: Levels
    squares: Indices
    keys: Indices
    costs: npt.NDArray[np.uint8]
    places: Indices


class _Standing(NamedTuple):
    """The newcomers as the inner loop reads them, and the cutoff."""

    levels: Levels
    squares: Indices
    cutoff: float


class _Found(NamedTuple):
    """Room for pairs: `Met`, not filled yet."""

    row: Indices
    newcomer: Indices
    distance: npt.NDArray[np.float64]
    key: Indices


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

    Raises
    ------
    ValueError
        If they are 2**24 or more.
    """

    def __init__(self, levels: Levels, keyed: Keyed, first: int = 0) -> None:
        if len(levels) >= 1 << _PLACE_BITS:
            raise ValueError(f"{len(levels):,} newcomers are too many for one index")
        self.levels = np.array(levels)  # a copy that may be written to: one kind, compiled once
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
    keys, members = keys[order], costs[order].astype(np.uint32) << _PLACE_BITS | rows[order]
    split = int(np.searchsorted(keys, FIRST_WORD))
    cells, words = int(keys[:split].max(initial=-1)) + 1, np.unique(keys[split:])
    buckets = np.concatenate([np.arange(cells), words])
    starts = np.searchsorted(keys, buckets)
    limits = np.where(buckets < FIRST_WORD, reach, 0)
    known = reaches(reach, capped)
    limits[np.isin(buckets, known.capped_keys)] = known.capped[np.isin(known.capped_keys, buckets)]
    return _Index(
        cells,
        words,
        np.append(starts, len(keys)).astype(np.int32),
        limits.astype(np.int16),
        members.astype(np.uint32),
    )


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

    def __init__(self, newcomers: Newcomers, index: _Index, cutoff: float, max_pairs: int) -> None:
        self._first, self._index = newcomers.first, index
        self._standing = _Standing(newcomers.levels, _squares(newcomers.levels), cutoff)
        count = len(newcomers.levels)
        self._state = _State(
            np.full((count, max_pairs), np.inf), np.zeros(count, np.int32), np.zeros(3, np.int64)
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
        levels, places = np.ascontiguousarray(rows.levels), rows.places - self._first
        places = np.where(rows.places == STRANGER, np.iinfo(np.int64).max, places)
        keys, costs = rows.keyed
        passing, at = _Passing(levels, _squares(levels), keys, costs, places), 0
        while at < len(levels):
            at, row, newcomer, distance, key = _meet(
                passing,
                self._standing,
                self._index,
                self._state,
                at,
                _ROOM,
            )
            if len(row):
                yield Met(row, newcomer, distance, key)


def _squares(levels: Levels) -> Indices:
    wide = levels.astype(np.int16)
    squares: Indices = np.einsum("ij,ij->i", wide, wide, dtype=np.int64)
    return squares


@compiled
def _meet(
    rows: _Passing,
    newcomers: _Standing,
    index: _Index,
    state: _State,
    at: int,
    room: int,
) -> tuple[int, Indices, Indices, npt.NDArray[np.float64], Indices]:
    """Rows from ``at`` on, until there is no room; the next row, and the pairs."""
    size = len(newcomers.levels) + room
    found = _Found(
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size, np.float64),
        np.empty(size, np.int64),
    )
    filled = 0
    while at < len(rows.levels) and filled < room:
        end = _find(rows, at, newcomers, index, state, found, filled)
        kept = _keep(state.nearest, found, filled, end)
        state.counts[1] += end - kept
        filled = kept
        at += 1
    row, newcomer, distance, key = found
    return at, row[:filled], newcomer[:filled], distance[:filled], key[:filled]


@compiled
def _find(
    rows: _Passing,
    at: int,
    newcomers: _Standing,
    index: _Index,
    state: _State,
    found: _Found,
    filled: int,
) -> int:
    """Put the pairs of a row behind those that are there; return how many there are now."""
    state.counts[2] += 1
    row, place = np.int32(state.counts[2]), rows.places[at]
    for i in range(rows.keys.shape[1]):
        key = rows.keys[at, i]
        bucket = _bucket(index, key)
        if bucket == _NO_BUCKET:
            continue
        budget = index.reaches[bucket] - np.int64(rows.costs[at, i])
        for k in range(index.starts[bucket], index.starts[bucket + 1]):
            member = np.int64(index.members[k])
            if member >> _PLACE_BITS > budget:
                break
            other = member & _PLACE_MASK
            if state.met[other] == row:
                continue  # under a key before
            state.met[other] = row
            if other >= place:
                continue  # itself, or a newcomer that meets this one when it goes by
            state.counts[0] += 1
            distance = _distance(rows, at, newcomers, other)
            if distance < newcomers.cutoff:
                found.row[filled] = at
                found.newcomer[filled] = other
                found.distance[filled] = distance
                found.key[filled] = key
                filled += 1
    return filled


@compiled
def _bucket(index: _Index, key: int) -> int:
    """Find the newcomers under a key; nobody has a removed key."""
    if key < FIRST_WORD:
        return key if 0 <= key < index.cells else _NO_BUCKET
    word = int(np.searchsorted(index.words, key))
    known = word < len(index.words) and index.words[word] == key
    return index.cells + word if known else _NO_BUCKET


@compiled
def _distance(rows: _Passing, at: int, newcomers: _Standing, other: np.int64) -> float:
    """As image-match has it, to the last bit; infinite where both are featureless."""
    levels, squares, _ = newcomers
    dot = np.int64(0)
    for start in range(0, levels.shape[1], _BLOCK):
        left = rows.levels[at, start : start + _BLOCK]
        right = levels[other, start : start + _BLOCK]
        dot += _short_dot(left, right)
    x, y = rows.squares[at], squares[other]
    norms = math.sqrt(2.0 * x) + math.sqrt(2.0 * y)
    return math.sqrt(2.0 * (x + y - 2 * dot)) / norms if norms > 0 else np.inf


@compiled
def _short_dot(left: Levels, right: Levels) -> np.int64:
    """In 16 bits: a vector register holds twice as many of these as of 32."""
    dot = np.int16(0)
    for t in range(len(left)):
        dot = np.int16(dot + np.int16(left[t]) * np.int16(right[t]))
    return np.int64(dot)


@compiled
def _keep(nearest: npt.NDArray[np.float64], found: _Found, first: int, end: int) -> int:
    """Of a row's pairs keep those among the nearest of either end; return where they end now."""
    most = nearest.shape[1]
    limit = np.inf
    if end - first > most:
        limit = np.partition(found.distance[first:end], most - 1)[most - 1]
    kept = first
    for p in range(first, end):
        heap = nearest[found.newcomer[p]]
        distance = found.distance[p]
        if distance < heap[0]:
            _put(heap, distance)
        if distance <= limit or distance <= heap[0]:
            found.row[kept] = found.row[p]
            found.newcomer[kept] = found.newcomer[p]
            found.distance[kept] = distance
            found.key[kept] = found.key[p]
            kept += 1
    return kept


@compiled
def _put(heap: npt.NDArray[np.float64], distance: float) -> None:
    """Put a distance into a heap in place of the largest."""
    parent, child = 0, 1
    while child < len(heap):
        if child + 1 < len(heap) and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= distance:
            break
        heap[parent] = heap[child]
        parent, child = child, 2 * child + 1
    heap[parent] = distance
