"""Products of blocks of signatures, and the pairs below a cutoff that are in them.

The product of extended rows is positive where the distance is below the cutoff, in float32 to
within a thousandth. What is above ``_SUSPECT`` is decided by whole numbers. The product itself
gives them: without the part that depends on the two norms alone it is the dot product up to a
thousandth, so that rounding makes it exact.
"""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.extended_rows import MORE, Floats, Side, Squares, extended, kernel

Rows: TypeAlias = NDArray[np.int32]
Distances: TypeAlias = NDArray[np.float64]

#: Rows and columns of a product: 512 x 512 float32 are 1 MiB. Up to 2048 all are as fast on an
#: EPYC with so much second-level cache for each core.
BLOCK: Final = 512
#: Entries that are looked through at once before any of them is looked at alone.
_CHUNK: Final = 128
#: Products above it are looked at, see `matching.compare`. In single precision, as they are: a
#: double would make the loop ten times slower.
_SUSPECT: Final = np.float32(-0.01)


class Hits(NamedTuple):
    """Pairs: rows on either side, and distances."""

    a: Rows
    b: Rows
    distance: Distances


class Blocks:
    """One thread's memory, some 6 MiB, and the products that are made in it.

    Parameters
    ----------
    left, right : Side
        Rows and columns of the products.
    cutoff : float
        Strict upper bound of the distance, in (0, 1).
    triangle : bool
        Whether both sides are the same, and pairs wanted with the smaller row first only.
    """

    def __init__(self, left: Side, right: Side, cutoff: float, triangle: bool) -> None:
        width = left.levels.shape[1] + MORE
        self._sides = left, right
        self._cutoff, self._triangle = cutoff, triangle
        self._rows, self._columns = np.empty((2, BLOCK, width), np.float32)
        self._product = np.empty(BLOCK * BLOCK, np.float32)
        self._hits = hits(BLOCK * BLOCK)

    def of_strip(self, first_row: int, columns: range) -> Iterator[Hits]:
        """Compare up to a block of rows with a run of columns.

        Parameters
        ----------
        first_row : int
            Of the left side.
        columns : range
            Of the right side.

        Yields
        ------
        Hits
            The pairs of each block that has any.
        """
        left, right = self._sides
        rows = left.squares[first_row : first_row + BLOCK]
        x = extended(left.levels[first_row:], rows, self._cutoff, 0, self._rows)
        for first in range(columns.start, columns.stop, BLOCK):
            squares = right.squares[first : min(first + BLOCK, columns.stop)]
            y = extended(right.levels[first:], squares, self._cutoff, 1, self._columns)
            product = self._product[: len(x) * len(y)].reshape(len(x), len(y))
            np.matmul(x, y.T, out=product)
            diagonal = self._triangle and first_row == first
            count = _decide(product, rows, squares, self._cutoff, diagonal, self._hits)
            if count:
                yield _moved(self._hits, count, first_row, first)


def hits(room: int) -> Hits:
    """Arrays for pairs that are still to come.

    Parameters
    ----------
    room : int
        For how many.

    Returns
    -------
    Hits
        Not filled.
    """
    return Hits(np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room))


def _moved(hits: Hits, count: int, rows: int, columns: int) -> Hits:
    """Copy the first pairs, with rows of the whole sides."""
    a, b = hits.a[:count] + np.int32(rows), hits.b[:count] + np.int32(columns)
    return Hits(a, b, hits.distance[:count].copy())


@kernel
def _decide(
    product: Floats, rows: Squares, columns: Squares, cutoff: float, diagonal: bool, hits: Hits
) -> int:
    """Write the pairs of a product, above the diagonal only if asked; return how many."""
    count = 0
    height, width = product.shape
    for i in range(height):
        for start in range(i + 1 if diagonal else 0, width, _CHUNK):
            chunk = product[i, start : start + _CHUNK]
            suspects = False
            for k in range(len(chunk)):  # without a branch: the compiler takes 16 at once
                suspects |= chunk[k] > _SUSPECT
            if not suspects:
                continue
            for k in range(len(chunk)):
                x, y = rows[i], columns[start + k]
                if chunk[k] > _SUSPECT and x and y:
                    of_norms = cutoff * cutoff * math.sqrt(x * y) - (1 - cutoff**2) / 2 * (x + y)
                    apart = x + y - 2 * round(chunk[k] - of_norms)
                    distance = math.sqrt(2.0 * apart) / (math.sqrt(2.0 * x) + math.sqrt(2.0 * y))
                    if distance < cutoff:
                        hits.a[count] = i
                        hits.b[count] = start + k
                        hits.distance[count] = distance
                        count += 1
    return count
