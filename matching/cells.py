"""Cells: an image is kept under the centroids nearest to it, each at a cost.

Two images meet in a cell if their costs there add up to no more than the model's *reach*. The
cost of a cell grows as its centroid lies farther away than the nearest one does, and with its
rank: a near image may meet a far one, two far ones may not. On 72,585 real signatures this finds
99.2 % of the pairs between .40 and .45 (averaged per image) with 2.4 % of brute force's
comparisons, where "share one of the nearest m cells" finds 97.3 % with 2.2 % (docs/adr/0015).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.codebook import RADIUS, Codebook, Vectors
from signature.compiled import compiled

COST_STEPS = 256
"""Steps of cost in a cosine of 1. A cost is one byte."""

NO_CELL = -1
"""In place of a cell where a signature has fewer than the nearest it may have."""

_OWN_SHARE = 0.8
"""How much of the cosine of the nearest centroid is taken off. With 1 an image in the midst of a
cell reaches too far, with less than 0.6 one that is far from every centroid reaches nobody."""

_PER_RANK = 0.1
"""Cosines for each factor of e in rank."""

_ORIGIN = 52
"""The lowest cost, (1 - _OWN_SHARE) * COST_STEPS below zero, is put at 0."""

_HIGHEST = 255
_ROWS_AT_ONCE = 2048
_COLUMNS_AT_ONCE = 4096

Indices = npt.NDArray[np.int32]


class Cells(NamedTuple):
    """The cells of ``n`` signatures, nearest first: centroid numbers, and costs."""

    cells: Indices
    costs: npt.NDArray[np.uint8]


def assign_cells(
    levels: npt.NDArray[np.int8], codebook: Codebook, nearest: int, probes: int
) -> Cells:
    """Find the nearest cells of each signature.

    Parameters
    ----------
    levels : (n, 272) int8
        Compact signatures.
    codebook : Codebook
        Components and centroids.
    nearest : int
        How many cells, m.
    probes : int
        In how many coarse cells to look.

    Returns
    -------
    Cells
        (n, m) int32 cells and (n, m) uint8 costs; `NO_CELL` at the end of a row where the coarse
        cells that were looked into hold fewer than m. Equal on every machine.
    """
    found = Cells(
        np.full((len(levels), nearest), NO_CELL, np.int32),
        np.full((len(levels), nearest), _HIGHEST, np.uint8),
    )
    for start in range(0, len(levels), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        part = nearest_centroids(codebook.project(levels[rows]), codebook, nearest, probes)
        found.cells[rows] = part.cells
        found.costs[rows] = _costs(part)
    return found


class Best(NamedTuple):
    """The best products so far of each row, descending, and their columns."""

    cells: Indices
    products: npt.NDArray[np.float32]


def _empty(rows: int, nearest: int) -> Best:
    products = np.full((rows, nearest), -np.inf, np.float32)
    return Best(np.full((rows, nearest), NO_CELL, np.int32), products)


def nearest_centroids(vectors: Vectors, codebook: Codebook, nearest: int, probes: int) -> Best:
    """Find the centroids with the largest products.

    Parameters
    ----------
    vectors : (n, d) float32
        What `Codebook.project` returns.
    codebook : Codebook
        The same one.
    nearest : int
        How many centroids, m.
    probes : int
        In how many coarse cells to look.

    Returns
    -------
    Best
        (n, m) int32 cells and (n, m) float32 products, the largest first.
    """
    best = _empty(len(vectors), nearest)
    everyone = np.arange(len(vectors), dtype=np.int32)
    if len(codebook.coarse) <= probes:
        _look(vectors, everyone, codebook.fine, 0, best)
        return best
    coarse = _empty(len(vectors), probes)
    _look(vectors, everyone, codebook.coarse, 0, coarse)
    # By coarse cell, so that its centroids meet all their rows in one product.
    order = np.argsort(coarse.cells, axis=None, kind="stable")
    ends = np.searchsorted(coarse.cells.ravel()[order], np.arange(len(codebook.coarse) + 1))
    owners = (order // probes).astype(np.int32)
    for group in np.flatnonzero(np.diff(ends)):
        rows = owners[ends[group] : ends[group + 1]]
        start, end = codebook.offsets[group], codebook.offsets[group + 1]
        _look(vectors[rows], rows, codebook.fine[start:end], int(start), best)
    return best


def _look(vectors: Vectors, rows: Indices, centroids: Vectors, first: int, best: Best) -> None:
    for start in range(0, len(centroids), _COLUMNS_AT_ONCE):
        products = vectors @ centroids[start : start + _COLUMNS_AT_ONCE].T
        _take_best(products, rows, first + start, best.cells, best.products)


@compiled
def _take_best(
    products: npt.NDArray[np.float32],
    rows: Indices,
    first: int,
    cells: Indices,
    best: npt.NDArray[np.float32],
) -> None:
    """Put each product above a row's worst into its place; the lower column wins a tie."""
    last = cells.shape[1] - 1
    for i in range(len(rows)):
        row = rows[i]
        worst = best[row, last]
        for j in range(products.shape[1]):
            value = products[i, j]
            if value > worst:
                at = last
                while at > 0 and best[row, at - 1] < value:
                    best[row, at] = best[row, at - 1]
                    cells[row, at] = cells[row, at - 1]
                    at -= 1
                best[row, at] = value
                cells[row, at] = first + j
                worst = best[row, last]


def _costs(best: Best) -> npt.NDArray[np.uint8]:
    products = best.products.astype(np.float64)
    nearest = np.maximum(products[:, :1], -(RADIUS**2) * 2.0)  # finite where there is none
    above = _OWN_SHARE * nearest - products
    ranks = np.arange(1, products.shape[1] + 1)
    by_rank = np.rint(_PER_RANK * COST_STEPS * np.log(ranks)) + _ORIGIN
    costs = np.floor(above * (COST_STEPS / RADIUS**2)) + by_rank
    clipped: npt.NDArray[np.uint8] = np.clip(costs, 0, _HIGHEST).astype(np.uint8)
    return clipped
