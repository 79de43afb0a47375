"""Step 4 of the paper: differences between neighbouring grid points, reduced to few levels."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from signature.errors import ArrayError, FeaturelessError
from signature.grid import GridMeans
from signature.percentile import sorted_percentile

Differences: TypeAlias = NDArray[np.float64]
Levels: TypeAlias = NDArray[np.int8]


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
    n = len(means)
    first = {"up": 0, "left": 1, "right": 2, "down": 3}
    if diagonal_neighbors:
        first = {"up": 1, "left": 3, "right": 4, "down": 6}
    differences = np.zeros((n, n, 8 if diagonal_neighbors else 4))
    sideways = means[:, :-1] - means[:, 1:]
    downward = means[:-1] - means[1:]
    differences[:, :-1, first["right"]] = sideways
    differences[:, 1:, first["left"]] = -sideways
    differences[:-1, :, first["down"]] = downward
    differences[1:, :, first["up"]] = -downward
    if diagonal_neighbors:
        falling = means[:-1, :-1] - means[1:, 1:]
        rising = means[:-1, 1:] - means[1:, :-1]
        differences[:-1, :-1, 7] = falling
        differences[1:, 1:, 0] = -falling
        differences[:-1, 1:, 5] = rising
        differences[1:, :-1, 2] = -rising
    return differences


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
    within = np.abs(differences) < identical_tolerance
    levels = np.where(within, 0.0, differences)
    if within.all():
        return levels.astype(np.int8)
    above, below = np.sort(levels[levels > 0]), np.sort(levels[levels < 0])
    if not len(above) or not len(below):
        raise FeaturelessError(
            "The picture is featureless, which identical_tolerance = 0 cannot express; "
            "allow a tolerance above 0."
        )
    steps = np.linspace(0, 100, n_levels + 1)
    upper = [sorted_percentile(above, percent) for percent in steps]
    lower = [sorted_percentile(below, percent) for percent in np.linspace(100, 0, n_levels + 1)]
    for level in range(1, n_levels + 1):
        levels[(levels >= upper[level - 1]) & (levels <= upper[level])] = level
    for level in range(1, n_levels + 1):
        levels[(levels <= lower[level - 1]) & (levels >= lower[level])] = -level
    return levels.astype(np.int8)
