"""Percentiles of sorted values, interpolated as numpy does it, at a fraction of its cost."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

SortedValues: TypeAlias = NDArray[np.float64]


def sorted_percentile(values: SortedValues, percent: float) -> float:
    """Percentile of values that are sorted already, by linear interpolation.

    image-match calls ``numpy.percentile``; the result is the same double. Interpolating from the
    nearer end matters: it decides the last bit, and that bit decides ties.

    Parameters
    ----------
    values : (m,) float64
        In rising order, m > 0, finite.
    percent : float
        In [0, 100].

    Returns
    -------
    float
        The percentile.

    Examples
    --------
    >>> sorted_percentile(np.array([0.0, 1.0, 4.0]), 75)
    2.5
    """
    position = (len(values) - 1) * (percent / 100)
    if position >= len(values) - 1:
        return float(values[-1])
    index = int(position)
    weight = position - index
    low, high = float(values[index]), float(values[index + 1])
    if weight >= 1 - weight:
        return high - (high - low) * (1 - weight)
    return low + (high - low) * weight
