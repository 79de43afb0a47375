"""Step 4 of the paper: differences between neighbouring grid points, reduced to few levels."""

from functools import cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from signature.compiled import compiled
from signature.errors import ArrayError, FeaturelessError
from signature.grid import GridMeans
from signature.percentile import Percents, SortedValues, sorted_percentiles

Differences: TypeAlias = NDArray[np.float64]
Levels: TypeAlias = NDArray[np.int8]

#: Rows and columns from a grid point to its neighbours, in reading order.
_ALL_NEIGHBOURS: Final = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
_STRAIGHT_NEIGHBOURS: Final = ((-1, 0), (0, -1), (0, 1), (1, 0))


def neighbour_differences(means: GridMeans, diagonal_neighbors: bool = True) -> Differences:
    """Difference of each grid point from its neighbours.

    Implements Wong, Bern & Goldberg (ICIP 2002), step 4, first part.

    Parameters
    ----------
    means : (n, n) float64
        Mean grey level per grid point, in [0, 1].
    diagonal_neighbors : bool
        Whether the four diagonal neighbours count.

    Returns
    -------
    (n, n, 8) or (n, n, 4) float64
        Point minus neighbour, neighbours in reading order (upper left, upper, upper right, left,
        right, lower left, lower, lower right); 0 where the neighbour is off the grid.

    Raises
    ------
    ArrayError
        If ``means`` is not square or holds values that are not finite.

    Examples
    --------
    >>> neighbour_differences(np.array([[0.0, 0.5], [0.25, 0.0]]), False)[0, 1]
    array([0. , 0.5, 0. , 0.5])
    """
    square = means.shape and means.shape == means.shape[:1] * 2
    if not square or not np.isfinite(means).all():
        raise ArrayError(f"Grid means must be square and finite, not of shape {means.shape}.")
    return _differences(means, diagonal_neighbors)


def quantised(
    differences: Differences, identical_tolerance: float = 2 / 255, n_levels: int = 2
) -> Levels:
    """Differences as whole levels.

    Implements Wong, Bern & Goldberg (ICIP 2002), step 4, second part: differences within the
    tolerance become 0; the positive ones are split at their percentiles into ``n_levels`` groups
    of about equal size, numbered from 1, and the negative ones likewise.

    image-match writes the level over the difference before it looks at the next group, so a
    difference on the border of two groups gets the lower level, and a level 1 is taken for a
    difference of 1 (white beside black) by the later groups. So do we.

    Parameters
    ----------
    differences : (n, n, 8) or (n, n, 4) float64
        Of `neighbour_differences`; other shapes work as well.
    identical_tolerance : float
        Two means closer than this are the same, in grey levels of [0, 1].
    n_levels : int
        Groups on each side of zero.

    Returns
    -------
    int8, of the shape of ``differences``
        In [-n_levels, n_levels].

    Raises
    ------
    FeaturelessError
        If no difference is left to split while the tolerance does not make all of them 0: that
        is, all differences are 0 and the tolerance is 0. image-match raises IndexError.

    Examples
    --------
    >>> quantised(np.array([0.001, 0.1, 0.2, 0.5, -0.1]))
    array([ 0,  1,  1,  2, -1], dtype=int8)
    """
    levels, above, below = _outside(np.ravel(differences), float(identical_tolerance))
    if not len(above) and not len(below) and identical_tolerance > 0:
        return np.zeros(differences.shape, np.int8)
    if not len(above) or not len(below):
        raise FeaturelessError(
            "The picture is featureless, which identical_tolerance = 0 cannot express; "
            "allow a tolerance above 0."
        )
    steps = _percents(n_levels)
    upper, lower = sorted_percentiles(above, steps), sorted_percentiles(below, 100 - steps)
    return _numbered(levels, upper, lower).reshape(differences.shape)


@cache
def _percents(groups: int) -> Percents:
    return np.linspace(0, 100, groups + 1)


@compiled
def _differences(means: GridMeans, diagonals: bool) -> Differences:
    n = len(means)
    steps = np.array(_ALL_NEIGHBOURS) if diagonals else np.array(_STRAIGHT_NEIGHBOURS)
    differences = np.zeros((n, n, len(steps)))
    for row in range(n):
        for column in range(n):
            for k in range(len(steps)):
                down, right = row + steps[k, 0], column + steps[k, 1]
                if 0 <= down < n and 0 <= right < n:
                    differences[row, column, k] = means[row, column] - means[down, right]
    return differences


@compiled
def _outside(
    differences: Differences, tolerance: float
) -> tuple[Differences, SortedValues, SortedValues]:
    """Differences with 0 for those within the tolerance; the positive, the negative ones sorted."""
    kept = np.where(np.abs(differences) < tolerance, 0.0, differences)
    return kept, np.sort(kept[kept > 0]), np.sort(kept[kept < 0])


@compiled
def _numbered(differences: Differences, upper: SortedValues, lower: SortedValues) -> Levels:
    """The number of each difference's group; see `quantised` for the order of the tests."""
    levels = np.empty(len(differences), np.int8)
    for i in range(len(differences)):
        value = differences[i]
        for level in range(1, len(upper)):
            if upper[level - 1] <= value <= upper[level]:
                value = float(level)
        for level in range(1, len(lower)):
            if lower[level] <= value <= lower[level - 1]:
                value = -float(level)
        levels[i] = np.int8(value)
    return levels
