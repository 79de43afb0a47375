"""Real and decoy matches of some images in one block of the corpus.

One float32 product holds three comparisons of each image asked about with the block: the picture,
its mirror and its flip. As in `matching.compare`, the ceiling is folded into the product, what is
positive or nearly so is a candidate, and whole numbers decide.
"""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.calibration.matches import FAR, Matches, concatenated
from matching.decoys import flipped, mirrored, self_distances, usable_decoys
from signature.compiled import compiled
from signature.parameters import DEFAULT_PARAMETERS

CEILING: Final = 0.45
"""Distances are counted below it: image-match's own cutoff."""

_ASKED_ROWS: Final = 512
_BLOCK_ROWS: Final = 2048
"""A product of 3 x 512 rows with 2048: 12 MiB of float32, which stays near the cache."""

_MARGIN: Final = 0.01
"""Products above -0.01 are candidates. Sums stay below 2,200, float32 keeps them to 3e-4."""

Ranks = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]
Distances = npt.NDArray[np.float64]


class Ranked(NamedTuple):
    """Images of a corpus: a sample of it, or a block.

    Attributes
    ----------
    levels : (n, 272) int8
        Their compact signatures.
    rank : (n,) int64
        Their ranks in the corpus, 0 or more, smaller is better, no two the same. An image is
        known by its rank.
    """

    levels: Levels
    rank: Ranks


def matches_in_block(
    asked: Ranked,
    block: Ranked,
    ceiling: float = CEILING,
    n: int = DEFAULT_PARAMETERS.n,
    diagonal_neighbors: bool = DEFAULT_PARAMETERS.diagonal_neighbors,
) -> Matches:
    """Return the real and decoy matches of a sample in a block of the corpus.

    Parameters
    ----------
    asked : Ranked
        The sample.
    block : Ranked
        Some images of the corpus, those of the sample among them or not: an image is not
        matched with itself.
    ceiling : float
        Strict upper bound of the least of a pair's three distances, in (0, 1).
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.

    Returns
    -------
    Matches
        Each pair once. Signatures of norm 0 are in none. Takes 12 MiB, 2 KB for each row of the
        block, 1 KB for each asked about, and 41 bytes a match.
    """
    grid = (n, diagonal_neighbors)
    turned = np.stack([asked.levels, mirrored(asked.levels, *grid), flipped(asked.levels, *grid)])
    ours = usable_decoys(self_distances(asked.levels, *grid))
    theirs = usable_decoys(self_distances(block.levels, *grid))
    every = concatenated(
        Matches(asked.rank[a], block.rank[b], far[0], far[1], far[2], ours[a] & theirs[b])
        for a, b, far in _near(turned.swapaxes(0, 1), block.levels, ceiling)
    )
    return every.where(every.asked != every.other)


def rivals_in_block(asked: Ranked, block: Ranked, ceiling: float = CEILING) -> Matches:
    """Return the real matches with better-ranked images only: what may remove those asked about.

    Parameters
    ----------
    asked : Ranked
        What `matching.calibration.graph.rivals_to_ask` names.
    block : Ranked
        Some images of the corpus.
    ceiling : float
        Strict upper bound of the distance, in (0, 1).

    Returns
    -------
    Matches
        Without decoys: their distances are `FAR`.
    """
    found = []
    for a, b, (real,) in _near(asked.levels[:, np.newaxis], block.levels, ceiling):
        far, nothing = np.full(len(a), FAR), np.zeros(len(a), np.uint8)
        some = Matches(asked.rank[a], block.rank[b], real, far, far, nothing)
        found.append(some.where(some.other < some.asked))
    return concatenated(found)


def _near(
    turned: npt.NDArray[np.int8], block: Levels, ceiling: float
) -> Iterator[tuple[Ranks, Ranks, Distances]]:
    """Yield rows on either side and (turns, e) distances, the least of them below the ceiling."""
    # Contiguous and read-only, always: numba compiles once more for each other kind of array.
    turned, block = np.ascontiguousarray(turned).view(), np.ascontiguousarray(block).view()
    turned.flags.writeable = block.flags.writeable = False
    turns, width = turned.shape[1:]
    columns = _extended(block, ceiling, 1)
    for start in range(0, len(turned), _ASKED_ROWS):
        some = turned[start : start + _ASKED_ROWS]
        rows = _extended(some.reshape(-1, width), ceiling, 0)
        for first in range(0, len(columns), _BLOCK_ROWS):
            product = rows @ columns[first : first + _BLOCK_ROWS].T
            a, b = _candidates(product, turns)
            a += start
            b += first
            far = _decide(turned, block, a, b)
            near = far.min(axis=0) < ceiling
            yield a[near], b[near], far[:, near]


def _extended(levels: Levels, ceiling: float, side: int) -> npt.NDArray[np.float32]:
    count, width = levels.shape
    extended = np.empty((count, width + 3), np.float32)
    extended[:, :width] = levels
    squares = np.einsum("ij,ij->i", extended[:, :width], extended[:, :width])
    extended[:, width] = ceiling * np.sqrt(squares)
    extended[:, width + 1 + side] = -(1 - ceiling * ceiling) / 2 * squares
    extended[:, width + 2 - side] = 1
    return extended


@compiled
def _candidates(product: npt.NDArray[np.float32], turns: int) -> tuple[Ranks, Ranks]:
    """Row and column wherever one of some successive rows is above the margin."""
    rows = len(product) // turns
    columns = product.shape[1]
    hit = np.zeros((rows, columns), np.uint8)
    counts = np.zeros(rows, np.int64)
    for i in range(rows):
        for turn in range(turns):
            for j in range(columns):
                hit[i, j] |= product[i * turns + turn, j] > -_MARGIN
        for j in range(columns):
            counts[i] += hit[i, j]
    a = np.empty(counts.sum(), np.int64)
    b = np.empty(len(a), np.int64)
    at = 0
    for i in range(rows):
        if counts[i]:
            for j in range(columns):
                if hit[i, j]:
                    a[at] = i
                    b[at] = j
                    at += 1
    return a, b


@compiled
def _decide(turned: npt.NDArray[np.int8], block: Levels, a: Ranks, b: Ranks) -> Distances:
    """Exact distances of each candidate; 2, which nothing is below, where a norm is 0."""
    turns = turned.shape[1]
    result = np.full((turns, len(a)), 2.0)
    for k in range(len(a)):
        y = block[b[k]]
        for turn in range(turns):
            x = turned[a[k], turn]
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
            if norms > 0:
                result[turn, k] = math.sqrt(2.0 * difference) / norms
    return result
