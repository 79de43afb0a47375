"""The search in slow and literal words: what the fast forms are compared with."""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from matching.cells import NO_CELL, Cells
from matching.codebook import Codebook
from matching.rules import REMOVED, Keyed

from .examples import Levels

Reach = Callable[[int], int]
"""From a key to the sum of costs up to which two meet there."""


def first_meeting(a: Iterable[tuple[int, int]], b: Iterable[tuple[int, int]], reach: Reach) -> int:
    """Return the lowest key that both have at costs within its reach, or ``REMOVED``.

    a and b are the keys of a signature, each with its cost.
    """
    theirs = dict(b)
    met = [
        key
        for key, cost in a
        if key != REMOVED and key in theirs and cost + theirs[key] <= reach(key)
    ]
    return min(met, default=REMOVED)


def rows_of(keyed: Keyed) -> list[list[tuple[int, int]]]:
    """Return keys and costs, a list for each signature."""
    both = zip(keyed.keys.tolist(), keyed.costs.tolist(), strict=True)
    return [list(zip(keys, costs, strict=True)) for keys, costs in both]


def literal_cells(levels: Levels, codebook: Codebook, nearest: int, probes: int) -> Cells:
    """Find the nearest cells of each signature in whole numbers of any size."""
    found = [_of_one(row, codebook, nearest, probes) for row in levels.tolist()]
    shape = (len(found), nearest)
    return Cells(
        np.array([cells for cells, _ in found], np.int32).reshape(shape),
        np.array([costs for _, costs in found], np.uint8).reshape(shape),
    )


def literal_projection(row: Sequence[int], codebook: Codebook) -> list[int]:
    """Project one signature, and bring it to a length of 2048."""
    columns = codebook.components.astype(np.int64).T.tolist()
    projected = [_dot(row, column) for column in columns]
    length = math.sqrt(sum(value * value for value in projected))
    return [round(value * (2048 / length)) if length else 0 for value in projected]


def _dot(x: Sequence[int], y: Sequence[int]) -> int:
    return sum(p * q for p, q in zip(x, y, strict=True))


def _of_one(
    row: Sequence[int], codebook: Codebook, nearest: int, probes: int
) -> tuple[list[int], list[int]]:
    vector = literal_projection(row, codebook)
    fine = codebook.fine.astype(np.int64).tolist()
    candidates: Iterable[int] = range(len(fine))
    if len(codebook.coarse) > probes:
        coarse = codebook.coarse.astype(np.int64).tolist()
        near = sorted(range(len(coarse)), key=lambda i: (-_dot(vector, coarse[i]), i))
        ends = codebook.offsets.tolist()
        candidates = [cell for i in near[:probes] for cell in range(ends[i], ends[i + 1])]
    products = {cell: _dot(vector, fine[cell]) for cell in candidates}
    cells = sorted(products, key=lambda cell: (-products[cell], cell))[:nearest]
    best = products[cells[0]] if cells else 0
    costs = [_cost(best, products[cell], rank) for rank, cell in enumerate(cells, 1)]
    missing = nearest - len(cells)
    return cells + [NO_CELL] * missing, costs + [255] * missing


def _cost(best: int, product: int, rank: int) -> int:
    """256 steps a cosine: four fifths of the best one, less the own, and a tenth for each rank."""
    farther = math.floor((0.8 * best - product) * (256 / 2048**2))
    return min(255, max(0, farther + round(25.6 * math.log(rank)) + 52))
