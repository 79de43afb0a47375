"""The false share of the removed images, with bounds."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.calibration.removals import RemovalCounts
from matching.calibration.resampling import REPLICATES, bound, group_weights

Counts = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


class FalseRemovals(NamedTuple):
    """Removals and false ones in the sample, by cutoff; times `Graph.scale` in the corpus.

    Attributes
    ----------
    cutoffs : (c,) float64
        Ascending.
    removed : (c,) int64
        Images removed.
    false : (c,) int64
        Estimate F of the false ones among them.
    low, high : (c,) float64
        Bounds of the false ones, each with 95 % confidence.
    undecided : (c,) int64
        Of F, the removals by pairs of symmetric pictures.
    """

    cutoffs: Values
    removed: Counts
    false: Counts
    low: Values
    high: Values
    undecided: Counts

    @property
    def share(self) -> Values:
        """The false share of the removed: (c,) float64 in [0, 1]; 0 where none is removed."""
        return _share(self.false, self.removed)

    @property
    def share_high(self) -> Values:
        """The upper bound of the false share: (c,) float64; 1 where none is removed."""
        return np.where(self.removed > 0, _share(self.high, self.removed), 1.0)


def estimate_removals(counts: RemovalCounts, seed: int) -> FalseRemovals:
    """Sum the counts, with bounds.

    Parameters
    ----------
    counts : RemovalCounts
        What `count_removals` returns.
    seed : int
        Of the resampling.

    Returns
    -------
    FalseRemovals
        Upper bounds are the larger of ``F + 1 + 1.64 sqrt(2 F + 1)``, which holds where F is
        0, and a bootstrap over groups of like images, whose matches stand or fall together.
    """
    false = counts.false.sum(axis=1, dtype=np.int64)
    some = counts.false.any(axis=0)
    parts = counts.false[:, some].T.astype(np.float64)
    drawn = np.concatenate(
        [weights @ parts for weights in group_weights(counts.group[some], REPLICATES, seed)]
    )
    low, high = bound(false.astype(np.float64), drawn)
    removed = counts.removed.sum(axis=1, dtype=np.int64)
    return FalseRemovals(counts.cutoffs, removed, false, low, high, counts.undecided)


def larger(first: FalseRemovals, second: FalseRemovals) -> FalseRemovals:
    """Take a second estimate, by other decoys, where it is clearly the larger.

    Pages of text have few mirrored look-alikes: their flips are the better decoys.

    Parameters
    ----------
    first, second : FalseRemovals
        At the same cutoffs.

    Returns
    -------
    FalseRemovals
        The second one where its F is above the upper bound of the first.
    """
    chosen = second.false > first.high
    merged = (np.where(chosen, b, a) for a, b in zip(first, second, strict=True))
    return FalseRemovals(*merged)


def _share(part: npt.NDArray[np.int64] | Values, whole: Counts) -> Values:
    return np.minimum(part / np.maximum(whole, 1), 1.0)
