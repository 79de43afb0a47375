"""The largest cutoff at which the false share of removals keeps below what was asked for."""

from enum import Enum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.calibration.false_removals import FalseRemovals

NOTHING: Final = 0.0
"""A cutoff that no distance is below: only exact copies are removed."""

_MARGIN: Final = 0.1
"""How far below the first decoy a cutoff stays that no count of decoys certifies.

Measured on photographs, clip art and symmetric pictures: 0.1 less divides false removals by 10 to
60. The first decoy comes where about one false removal is expected.
"""

_ROUNDING: Final = 1e-9

_WORTH_IT: Final = 0.5
"""A bound of the false share above which a cutoff is not offered at all."""


class Verdict(Enum):
    """Why a cutoff was chosen."""

    CERTIFIED = "certified"
    """The upper bound of the false share is at most what was asked for."""
    TOO_FEW_REMOVALS = "too few removals"
    """No cutoff can be certified. At this one no removal seems false, but they are too few."""
    NOTHING_CERTAIN = "nothing certain"
    """No cutoff can be certified, and at none below the decoys is there much to remove."""


class Choice(NamedTuple):
    """A cutoff, and what is known of the removals at it.

    Attributes
    ----------
    cutoff : float
        `NOTHING` where nothing should be removed but exact copies.
    verdict : Verdict
        Why.
    removed : int
        Images of the sample that it removes.
    false : int
        Estimate of the false ones among them.
    share_high : float
        Upper bound of the false share with 95 % confidence; 0 if none is removed.
    """

    cutoff: float
    verdict: Verdict
    removed: int
    false: int
    share_high: float


def choose_cutoff(removals: FalseRemovals, alpha: float) -> Choice:
    """Choose the cutoff for a bound on the false share of removed images.

    Parameters
    ----------
    removals : FalseRemovals
        Estimates at ascending cutoffs.
    alpha : float
        The share, in (0, 1). 0.01 needs about 270 removals in the sample, 0.05 about 55.

    Returns
    -------
    Choice
        The largest cutoff up to which, once it is certain enough, the bound stays at most
        ``alpha``. If there is none: the largest that is 0.1 below the first decoy and has no
        undecided removals, unless the bound says that half of its removals may be false.
    """
    bounded = removals.share_high <= alpha
    if bounded.any():
        first = int(np.argmax(bounded))
        run = int(np.count_nonzero(np.logical_and.accumulate(bounded[first:])))
        return _choice(removals, first + run - 1, Verdict.CERTIFIED)
    last = _before_decoys(removals)
    if last < 0 or removals.share_high[last] > _WORTH_IT:
        return Choice(NOTHING, Verdict.NOTHING_CERTAIN, 0, 0, 0.0)
    return _choice(removals, last, Verdict.TOO_FEW_REMOVALS)


def _before_decoys(removals: FalseRemovals) -> int:
    """Place of the last cutoff without undecided removals, and well below the first decoy."""
    decoys = removals.cutoffs[removals.false > removals.undecided]
    highest = (decoys[0] if len(decoys) else removals.cutoffs[-1]) - _MARGIN
    fit = (removals.false == 0) & (removals.cutoffs <= highest + _ROUNDING)
    return int(np.count_nonzero(np.logical_and.accumulate(fit))) - 1


def _choice(removals: FalseRemovals, at: int, verdict: Verdict) -> Choice:
    values: npt.NDArray[np.float64] = removals.cutoffs
    return Choice(
        float(values[at]),
        verdict,
        int(removals.removed[at]),
        int(removals.false[at]),
        float(removals.share_high[at]),
    )
