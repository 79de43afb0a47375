"""Every pair below a cutoff by matrix products on all cores: what a search is measured against.

A thread multiplies blocks and looks through them while the others do the same, without Python's
lock.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.blas_threads import one_blas_thread
from benchmarks.blocks import BLOCK, Blocks, Distances, Hits, Rows, hits
from benchmarks.extended_rows import Levels, side

#: Columns of a task: enough that tasks cost nothing, few enough that threads end together.
_RUN: Final = 32 * BLOCK


@dataclass(frozen=True)
class NearPairs:
    """Pairs below a cutoff, each once, and what finding them took.

    Attributes
    ----------
    a, b : (p,) int32
        Rows of the two signatures, ``a < b``.
    distance : (p,) float64
        Equal to `signature.normalized_distance` to the last bit.
    comparisons : int
        Pairs of signatures that were compared; each counts once, not twice as in a full square.
    seconds : float
        Wall time.
    """

    a: Rows
    b: Rows
    distance: Distances
    comparisons: int
    seconds: float

    @property
    def per_second(self) -> float:
        """The comparisons a second, of all threads together."""
        return self.comparisons / self.seconds


def all_pairs(levels: Levels, cutoff: float, threads: int | None = None) -> NearPairs:
    """Find all pairs of signatures below a cutoff.

    Parameters
    ----------
    levels : (n, 272) int8
        Signatures, n below 2**31. One of norm 0 is in no pair.
    cutoff : float
        Strict upper bound of the distance, in (0, 1).
    threads : int or None
        As many as cores if None.

    Returns
    -------
    NearPairs
        In an order that depends on the signatures only. Memory is that of the pairs, twice, and
        some 6 MiB a thread.
    """
    _compile(levels)
    start = time.perf_counter()
    a, b, distance = _found(levels, levels, cutoff, threads, triangle=True)
    seconds = time.perf_counter() - start
    return NearPairs(a, b, distance, len(levels) * (len(levels) - 1) // 2, seconds)


def pairs_of(
    queries: NDArray[np.integer[Any]], levels: Levels, cutoff: float, threads: int | None = None
) -> NearPairs:
    """Find all pairs of signatures below a cutoff that have one of a sample in them.

    Parameters
    ----------
    queries : (q,) int
        Rows of the sample, each once.
    levels : (n, 272) int8
        See `all_pairs`.
    cutoff : float
        Strict upper bound of the distance, in (0, 1).
    threads : int or None
        As many as cores if None.

    Returns
    -------
    NearPairs
        A pair of two of the sample comes once. Comparisons are q (n - 1).
    """
    _compile(levels)
    start = time.perf_counter()
    found, other, distance = _found(levels[queries], levels, cutoff, threads, triangle=False)
    query = np.asarray(queries, np.int32)[found]
    sampled = np.zeros(len(levels), np.bool_)
    sampled[queries] = True
    once = (query < other) | ((query > other) & ~sampled[other])
    query, other, distance = query[once], other[once], distance[once]
    a, b = np.minimum(query, other), np.maximum(query, other)
    seconds = time.perf_counter() - start
    return NearPairs(a, b, distance, len(queries) * (len(levels) - 1), seconds)


def _found(
    rows: Levels, columns: Levels, cutoff: float, threads: int | None, triangle: bool
) -> Hits:
    sides = side(rows), side(columns)
    strips = list(_strips(len(rows), len(columns), triangle))
    parts: list[list[Hits]] = [[] for _ in strips]
    waiting = iter(list(enumerate(strips)))  # the threads take from it in turn

    def work(_: int) -> None:
        blocks = Blocks(*sides, cutoff, triangle)
        for number, strip in waiting:
            parts[number] = list(blocks.of_strip(*strip))

    count = threads or os.cpu_count() or 1
    with one_blas_thread(), ThreadPoolExecutor(count) as pool:
        list(pool.map(work, range(count)))
    every = [hits(0), *(part for of_strip in parts for part in of_strip)]
    return Hits(*(np.concatenate(values) for values in zip(*every, strict=True)))


def _strips(rows: int, columns: int, triangle: bool) -> Iterator[tuple[int, range]]:
    """First row and columns of each; nothing below the diagonal's blocks in a triangle."""
    for row in range(0, rows, BLOCK):
        for column in range(row if triangle else 0, columns, _RUN):
            yield row, range(column, min(column + _RUN, columns))


def _compile(levels: Levels) -> None:
    """Compile the kernels before the clock starts, on two rows."""
    _found(levels[:2], levels[:2], 0.5, 1, triangle=True)
