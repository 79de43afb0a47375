"""The greedy keeper rule on one range of the ranking: as far as the range alone can say."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.errors import MatchingError
from signature.compiled import compiled

KEPT = 0
"""A node without a better neighbour that stays. What was never a worse end is kept, too."""

SETTLED = 1
"""Removed, and its keeper is certain: the best ranked of all kept neighbours."""

REMOVED = 2
"""Removed, but a better neighbour than the best kept one so far is undecided."""

UNDECIDED = 3
"""Neither kept nor removed: a better neighbour is undecided."""

EDGE = 4
"""Of an edge: its better end is undecided, or it is the best kept one of a `REMOVED` node."""

_PIECE = 65_536  # edges; fewer cost a call each, more only memory

Numbers = npt.NDArray[np.int64]


class Edges(NamedTuple):
    """Edges by the places of their ends in the ranking, the best of all being 0.

    Attributes
    ----------
    better, worse : (e,) int64
        ``better < worse``.
    distance : (e,) float64
        Carried along.
    kept : (e,) bool
        True where the better end is known to be a keeper.
    """

    better: Numbers
    worse: Numbers
    distance: npt.NDArray[np.float64]
    kept: npt.NDArray[np.bool_]


class Outcome(NamedTuple):
    """What became of some edges and of their worse ends.

    Attributes
    ----------
    edges : Edges
        Those that are told of.
    kind : (e,) int8
        `SETTLED`: the worse end is removed and the better one its keeper. `EDGE`: not decided.
    nodes : (n,) int64
        Worse ends that are not settled, but not kept either.
    state : (n,) int8
        `REMOVED` or `UNDECIDED`.
    """

    edges: Edges
    kind: npt.NDArray[np.int8]
    nodes: Numbers
    state: npt.NDArray[np.int8]


class Range:
    """Decides the nodes of one range of the ranking, from the best to the worst.

    Holds one byte for each place of the ranking from the first to the last worse end, 65,536 edges
    and the edges of one node.

    Parameters
    ----------
    lowest : bool
        True for the range that begins with the best node of all. A better end that is before all
        worse ends of the lowest range is kept; before those of another it is undecided, unless
        its edge says that it is kept.
    """

    def __init__(self, lowest: bool) -> None:
        self._lowest = lowest
        self._first: int | None = None
        self._state = np.zeros(0, np.int8)
        self._waiting: list[Edges] = []
        self._last = -1

    def add(self, edges: Edges) -> Outcome | None:
        """Take the next edges, and decide the nodes that have all of theirs.

        Parameters
        ----------
        edges : Edges
            Ascending by their worse ends, also from call to call; with all edges of each.

        Returns
        -------
        Outcome or None
            None while there are few.

        Raises
        ------
        MatchingError
            If the edges are not in order: the outcome would be wrong.
        """
        if not len(edges.worse):
            return None
        if edges.worse[0] < self._last or np.any(np.diff(edges.worse) < 0):
            raise MatchingError("the edges of a range must ascend by their worse ends")
        self._last = int(edges.worse[-1])
        self._waiting.append(edges)
        few = sum(len(part.worse) for part in self._waiting) < _PIECE
        if few or self._waiting[0].worse[0] == self._last:
            return None
        every = _joined(self._waiting)
        end = int(np.searchsorted(every.worse, self._last))
        self._waiting = [_part(every, slice(end, None))]
        return self._decide(_part(every, slice(end)))

    def finish(self) -> Outcome | None:
        """Decide what is left.

        Returns
        -------
        Outcome or None
            None if there were no edges.
        """
        waiting, self._waiting = self._waiting, []
        return self._decide(_joined(waiting)) if waiting else None

    def _decide(self, edges: Edges) -> Outcome:
        if self._first is None:
            self._first = int(edges.worse[0])
        self._reach(int(edges.worse[-1]) - self._first + 1)
        kind = settle(*edges[:2], edges.kept, self._first, self._lowest, self._state)
        ends = np.flatnonzero(np.diff(edges.worse, append=-1))
        state = self._state[edges.worse[ends] - self._first]
        told, known = kind != KEPT, (state == REMOVED) | (state == UNDECIDED)
        return Outcome(
            _part(edges, told),
            kind[told],
            edges.worse[ends[known]],
            state[known],
        )

    def _reach(self, places: int) -> None:
        if places > len(self._state):
            longer = np.zeros(max(places, 2 * len(self._state)), np.int8)
            longer[: len(self._state)] = self._state
            self._state = longer


@compiled
def settle(
    better: Numbers,
    worse: Numbers,
    kept: npt.NDArray[np.bool_],
    first: int,
    lowest: bool,
    state: npt.NDArray[np.int8],
) -> npt.NDArray[np.int8]:
    """Decide the worse ends of some edges, and write down what they are.

    Parameters
    ----------
    better, worse, kept : (e,) arrays
        As in `Edges`; ascending by ``worse``, with all edges of each.
    first : int
        The first worse end of the range.
    lowest : bool
        See `Range`.
    state : (n,) int8
        Of the nodes from ``first`` on: those before are read, these are written.

    Returns
    -------
    (e,) int8
        `SETTLED` or `EDGE`; `KEPT` for an edge that says no more.
    """
    kind = np.zeros(len(worse), np.int8)
    start = 0
    while start < len(worse):
        end, best = start, -1
        while end < len(worse) and worse[end] == worse[start]:
            if kept[end]:
                kind[end] = KEPT
            elif better[end] >= first:
                kind[end] = state[better[end] - first]
            else:
                kind[end] = KEPT if lowest else UNDECIDED
            if kind[end] == KEPT and (best < 0 or better[end] < better[best]):
                best = end
            end += 1
        waits = False
        for k in range(start, end):
            before = best < 0 or better[k] < better[best]
            undecided = kind[k] == UNDECIDED and before
            kind[k] = EDGE if undecided else KEPT
            waits = waits or undecided
        if best >= 0:
            kind[best] = EDGE if waits else SETTLED
            state[worse[start] - first] = REMOVED if waits else SETTLED
        elif waits:
            state[worse[start] - first] = UNDECIDED
        start = end
    return kind


def _part(edges: Edges, rows: slice | npt.NDArray[np.bool_]) -> Edges:
    return Edges(edges.better[rows], edges.worse[rows], edges.distance[rows], edges.kept[rows])


def _joined(parts: list[Edges]) -> Edges:
    """Copies even of one part: Arrow's own memory is read only, for which code is compiled anew."""
    return Edges(*(np.concatenate(values) for values in zip(*parts, strict=True)))
