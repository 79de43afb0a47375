"""Bounds from resampling images, never pairs: 1 % of the images can hold most pairs.

Each group of like images gets a weight drawn from the Poisson distribution of mean 1, as if the
corpus were another draw of the same kind. Copies of one picture share a weight: what matches one of
them matches all of them.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

REPLICATES: Final = 400
"""Draws: the 5th and the 95th percentile rest on 20 draws beyond them."""

_AT_ONCE: Final = 20
"""Draws in memory: 20 for 100,000 images are 16 MB."""

ONE_SIDED: Final = 1.64
"""95 % of a normal distribution lie below so many standard deviations."""

_TAIL: Final = 5.0

Values = npt.NDArray[np.float64]


def group_weights(
    group: npt.NDArray[np.int64], replicates: int, seed: int
) -> Iterator[npt.NDArray[np.float64]]:
    """Yield weights of images, some draws at a time.

    Parameters
    ----------
    group : (n,) int64
        Equal for images that get one weight.
    replicates : int
        Number of draws.
    seed : int
        The same seed gives the same weights.

    Yields
    ------
    (k, n) float64
        Whole numbers of mean 1.
    """
    generator = np.random.default_rng(seed)
    groups, member = np.unique(group, return_inverse=True)
    for start in range(0, replicates, _AT_ONCE):
        draws = min(_AT_ONCE, replicates - start)
        yield generator.poisson(1.0, (draws, len(groups)))[:, member].astype(np.float64)


def bound(counts: Values, drawn: Values) -> tuple[Values, Values]:
    """Return bounds of counts, each with 95 % confidence.

    A decoy stands for a false match with the toss of a coin: the count of one differs from the
    count of the other by about the square root of their sum. Resampling sees no more than what was
    drawn, and nothing at all where the count is 0; so the wider of the two bounds holds.

    Parameters
    ----------
    counts : (c,) float64
        Estimates, in units of one decoy.
    drawn : (r, c) float64
        The same with the weights of each draw.

    Returns
    -------
    tuple of two (c,) float64
        Low ones, ``min(F - 1.64 sqrt(2 F + 1), 5th percentile)``, not below 0, and high ones,
        ``max(F + 1 + 1.64 sqrt(2 F + 1), 95th percentile)``.
    """
    spread = ONE_SIDED * np.sqrt(2 * counts + 1)
    low, high = np.percentile(drawn, [_TAIL, 100 - _TAIL], axis=0)
    return np.maximum(np.minimum(counts - spread, low), 0), np.maximum(counts + 1 + spread, high)
