"""Steps 2b and 3 of the paper: the grid laid over the window, and the mean grey at its points."""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from signature.compiled import compiled
from signature.crop import Window
from signature.errors import GridOutsideError
from signature.grey import WHITE, GreyLevels

Positions: TypeAlias = NDArray[np.int64]
GridMeans: TypeAlias = NDArray[np.float64]

#: How numpy (2.4, which made the golden values) adds doubles: in this many lanes, in blocks of at
#: most so many values, and through a buffer of so many where rows are not adjacent in memory.
_LANES: Final = 8
_BLOCK: Final = 128
_BUFFER: Final = 8192


def grid_points(window: Window, n: int = 9) -> tuple[Positions, Positions]:
    """Rows and columns of an n by n grid, evenly spaced inside a window.

    Implements Wong, Bern & Goldberg (ICIP 2002), step 2, second part.

    Parameters
    ----------
    window : ((top, bottom), (left, right))
        Of `signature.crop.crop_window`, in pixels.
    n : int
        Points in each direction.

    Returns
    -------
    rows : (n,) int64
        In pixels, rounded down. The window's edges hold no points.
    columns : (n,) int64
        Likewise.

    Examples
    --------
    >>> grid_points(((0, 8), (0, 100)), 3)
    (array([2, 4, 6]), array([25, 50, 75]))
    """
    rows, columns = window
    return _spaced(*rows, n), _spaced(*columns, n)


def sample_size(shape: tuple[int, int], P: int | None = None) -> int:  # noqa: N803
    """Side of the square around a grid point whose grey is averaged.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the picture in pixels.
    P : int or None
        The side to use; None takes the paper's: a twentieth of the shorter side, at least 2.

    Returns
    -------
    int
        In pixels.

    Examples
    --------
    >>> sample_size((400, 528))
    20
    """
    return P if P is not None else max(2, int(0.5 + min(shape) / 20.0))


def grid_means(
    grey: GreyLevels,
    rows: Positions,
    columns: Positions,
    P: int | None = None,  # noqa: N803 - the name is image-match's
) -> GridMeans:
    """Mean grey of the square around each grid point.

    Implements Wong, Bern & Goldberg (ICIP 2002), step 3, without the paper's smoothing, as
    image-match does. Squares are cut at the picture's edges; at the upper and left edge they are
    moved inside instead.

    The values are doubles and added in numpy's order, not as whole numbers: in gradients and other
    drawings many differences are equal but for the last bit of these means, and that bit decides
    their level. Exact sums would be nicer, and differ from image-match's there.

    Parameters
    ----------
    grey : (h, w) int32
        Grey levels of `signature.grey.grey_levels`.
    rows, columns : (n,) int64
        Of `grid_points`.
    P : int or None
        Side of the square in pixels, see `sample_size`.

    Returns
    -------
    (n, n) float64
        In [0, 1], indexed by row, then by column.

    Raises
    ------
    GridOutsideError
        If a point lies so far outside the picture that its square is empty. Only ``fix_ratio`` on
        a picture that is not square does this; image-match then gives undefined levels.
    """
    side = sample_size((grey.shape[0], grey.shape[1]), P)
    means = _means(grey, rows, columns, side)
    if np.isnan(means).any():
        raise GridOutsideError(
            "A grid point lies outside the picture: fix_ratio is for square pictures, "
            f"this one has {grey.shape[1]} x {grey.shape[0]} pixels."
        )
    return means


@compiled
def _spaced(start: int, end: int, n: int) -> Positions:
    """As numpy.linspace spaces whole numbers, without the two ends."""
    step = (end - start) / (n + 1)
    points = np.empty(n, np.int64)
    for i in range(n):
        points[i] = int(np.floor((i + 1) * step + start))
    return points


@compiled
def _means(grey: GreyLevels, rows: Positions, columns: Positions, side: int) -> GridMeans:
    """Mean of the square around each grid point; NaN where the square is empty."""
    height, width = grey.shape
    means = np.empty((len(rows), len(columns)))
    sample = np.empty(side * side)
    for i in range(len(rows)):
        top = int(max(rows[i] - side / 2, 0))
        bottom = min(top + side, height)
        for j in range(len(columns)):
            left = int(max(columns[j] - side / 2, 0))
            right = min(left + side, width)
            wide = max(right - left, 0)
            count = wide * max(bottom - top, 0)
            for row in range(top, bottom):
                line, values = sample[(row - top) * wide :], grey[row, left:]
                for column in range(wide):
                    line[column] = values[column] / WHITE
            # numpy adds a block without gaps at once, another one by as many rows as its buffer
            # holds.
            plain = wide in (width, 1)
            step = count if plain else max(_BUFFER // max(wide, 1), 1) * wide
            total = 0.0
            for start in range(0, count, max(step, 1)):
                total += _pairwise_sum(sample[start : min(start + step, count)])
            means[i, j] = total / count if count else np.nan
    return means


@compiled
def _pairwise_sum(values: NDArray[np.float64]) -> float:
    """Sum in the order in which numpy adds a row: eight lanes up to 128 values, else by halves."""
    count = len(values)
    if count > _BLOCK:
        half = count // 2 - count // 2 % _LANES
        return _pairwise_sum(values[:half]) + _pairwise_sum(values[half:])
    total = 0.0
    even = count - count % _LANES
    if even:
        lanes = values[:_LANES].copy()
        for start in range(_LANES, even, _LANES):
            lanes += values[start : start + _LANES]
        total = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + (
            (lanes[4] + lanes[5]) + (lanes[6] + lanes[7])
        )
    for i in range(even, count):
        total += values[i]
    return total
