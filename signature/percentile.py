"""Percentiles of sorted values, interpolated as numpy does it, at a fraction of its cost."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from signature.compiled import compiled

SortedValues: TypeAlias = NDArray[np.float64]
Percents: TypeAlias = NDArray[np.float64]


@compiled
def sorted_percentiles(values: SortedValues, percents: Percents) -> NDArray[np.float64]:
    """Percentiles of values that are sorted already, by linear interpolation.

    image-match calls ``numpy.percentile``; the results are the same doubles. Interpolating from
    the nearer end matters: it decides the last bit, and that bit decides ties.

    Parameters
    ----------
    values : (m,) float64
        In rising order, m > 0, finite.
    percents : (p,) float64
        In [0, 100].

    Returns
    -------
    (p,) float64
        The percentiles.

    Examples
    --------
    >>> sorted_percentiles(np.array([0.0, 1.0, 4.0]), np.array([75.0]))
    array([2.5])
    """
    found = np.empty(len(percents))
    last = len(values) - 1
    for i in range(len(percents)):
        position = last * (percents[i] / 100)
        if position >= last:
            found[i] = values[last]
            continue
        index = int(position)
        weight = position - index
        low, high = values[index], values[index + 1]
        if weight >= 1 - weight:
            found[i] = high - (high - low) * (1 - weight)
        else:
            found[i] = low + (high - low) * weight
    return found
