"""FAISS's range search over inverted lists: the same signatures, the same cutoff, the same pairs.

In an exact form: extended vectors (see `benchmarks.blocks`), whose inner product is above 0
where the distance is below the cutoff, lie flat in lists, so that what is probed is decided
exactly, up to float32 ties at the cutoff. Lists are cells of k-means on unit vectors of 64
principal components: a signature lies in the nearest list and is searched for in the nearest few,
and a pair is found if either finds the other.
"""

import time
from dataclasses import dataclass
from typing import Any, Final

import faiss
import numpy as np
from faiss.contrib import ivf_tools
from numpy.typing import NDArray

from benchmarks.blocks import Rows
from benchmarks.extended_rows import MORE, Floats, Levels, extended, side
from benchmarks.faiss_lists import CoarseLists, Lists, trained

_tools: Final[Any] = ivf_tools  # it has no types

#: Signatures of one call: their extended vectors take 18 MB.
_BATCH: Final = 16_384
_AT_CUTOFF: Final = 0.0


@dataclass(frozen=True)
class Answers:
    """What a search gave.

    Attributes
    ----------
    a, b : (p,) int32
        Rows of the two signatures of each pair, ``a < b``, each pair once.
    comparisons : int
        How many signatures the probes looked at.
    seconds : float
        Wall time.
    """

    a: Rows
    b: Rows
    comparisons: int
    seconds: float


@dataclass(frozen=True)
class Peer:
    """An index that holds all signatures, each of which is then searched for.

    Attributes
    ----------
    levels : (n, 272) int8
        The signatures.
    cutoff : float
        Strict upper bound of the distance.
    train_seconds, add_seconds : float
        Wall time of making the lists, and of filling them.
    """

    levels: Levels
    cutoff: float
    train_seconds: float
    add_seconds: float
    _lists: CoarseLists
    _home: Lists
    _index: Any

    def search(self, nprobe: int) -> Answers:
        """Search for all signatures.

        Parameters
        ----------
        nprobe : int
            Lists that each is searched for in.

        Returns
        -------
        Answers
            Found in batches: memory is that of the pairs, twice, of ``nprobe`` numbers for each
            signature, and some 100 MB.
        """
        start = time.perf_counter()
        self._index.nprobe = nprobe
        probes = np.empty((len(self.levels), nprobe), np.int32)
        parts = [self._of_batch(rows, probes) for rows in _batches(len(self.levels))]
        a, b = (np.concatenate(rows) for rows in zip(*parts, strict=True))
        seconds = time.perf_counter() - start
        return Answers(a, b, int(np.bincount(self._home)[probes].sum()), seconds)

    def would_find(self, a: Rows, b: Rows, nprobe: int) -> NDArray[np.bool_]:
        """Tell which pairs a search would find, without making it.

        Parameters
        ----------
        a, b : (p,) int
            Rows of the two signatures of each pair, which are below the cutoff.
        nprobe : int
            Lists that each is searched for in.

        Returns
        -------
        (p,) bool
            True where either end's probes hold the other's list.
        """
        rows, place = np.unique(np.concatenate([a, b]), return_inverse=True)
        probes = self._lists.nearest(self.levels[rows], nprobe)
        of_a, of_b = probes[place[: len(a)]], probes[place[len(a) :]]
        meets: NDArray[np.bool_] = (of_a == self._home[b, np.newaxis]).any(axis=1)
        meets |= (of_b == self._home[a, np.newaxis]).any(axis=1)
        return meets

    def _of_batch(self, rows: range, probes: NDArray[np.int32]) -> tuple[Rows, Rows]:
        levels = self.levels[rows.start : rows.stop]
        nearest = self._lists.nearest(levels, probes.shape[1])
        probes[rows.start : rows.stop] = nearest
        vectors = _vectors(levels, self.cutoff, 0)
        limits, _, found = _tools.range_search_preassigned(
            self._index, vectors, _AT_CUTOFF, nearest
        )
        query = np.repeat(np.arange(rows.start, rows.stop), np.diff(limits.astype(np.int64)))
        later = query > found  # then the other was searched for before, and perhaps found this one
        found_before = (probes[found[later]] == self._home[query[later], np.newaxis]).any(axis=1)
        once = query < found
        once[later] = ~found_before
        query, found = query[once], found[once]
        return (
            np.minimum(query, found).astype(np.int32),
            np.maximum(query, found).astype(np.int32),
        )


def built(
    levels: Levels,
    cutoff: float,
    nlist: int,
    components: int = 64,
    points: int = 64,
    threads: int = 2,
) -> Peer:
    """Make lists, and fill them with all signatures.

    Parameters
    ----------
    levels : (n, 272) int8
        Signatures, none of norm 0.
    cutoff : float
        Strict upper bound of the distance, in (0, 1).
    nlist : int
        Lists, at most n.
    components : int
        Principal components that lists are cells of, at most 272.
    points : int
        Signatures that k-means sees for each list.
    threads : int
        Of FAISS, from now on.

    Returns
    -------
    Peer
        Ready to search.
    """
    faiss.omp_set_num_threads(threads)
    width = _vectors(levels[:1], cutoff, 1).shape[1]  # compiles, before the clock starts
    start = time.perf_counter()
    lists = trained(levels, nlist, components, points)
    after_training = time.perf_counter()
    batches = _batches(len(levels))
    near = [lists.nearest(levels[rows.start : rows.stop], 1)[:, 0] for rows in batches]
    home = np.concatenate(near)
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, nlist, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True  # lists are given with every call; its own quantizer stays empty
    for rows in batches:
        some = slice(rows.start, rows.stop)
        _tools.add_preassigned(index, _vectors(levels[some], cutoff, 1), home[some])
    done = time.perf_counter()
    return Peer(levels, cutoff, after_training - start, done - after_training, lists, home, index)


def _vectors(levels: Levels, cutoff: float, which: int) -> Floats:
    room = np.empty((len(levels), levels.shape[1] + MORE), np.float32)
    return extended(levels, side(levels).squares, cutoff, which, room)


def _batches(count: int) -> list[range]:
    return [range(first, min(first + _BATCH, count)) for first in range(0, count, _BATCH)]
