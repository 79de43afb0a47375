"""What a larger corpus of the same kind would hold.

False pairs grow with the square of the corpus. False removals do not: they gather on the pictures
that collide most, and each of these can be removed only once. Let every picture have a propensity,
so that two collide with a rate that is the product of theirs. If propensities are spread as a
gamma distribution of shape r, the decoys of a picture are spread as a negative binomial. Two
numbers fix it, the mean m of decoys per image and the share of images with at least one:

    P(no decoy) = (1 + m / r) ** -r

Down the ranking a picture of propensity l is removed with probability 1 - exp(-l A), where A is
what the keepers before it bring. Each picture adds E[l exp(-l A)] to A, which can be integrated:
for K images now and K T then, and X in proportion to what all keepers bring in the end,

    (1 + X) ** (r + 2)  =  1 + m (r + 2) T / r
    false removals  =  K r / m * (((1 + X) ** (r + 2) - 1) / (r + 2) - ((1 + X) ** 2 - 1) / 2)
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.calibration.false_pairs import estimate_false_pairs, false_signs
from matching.calibration.graph import Decoys, Graph, removed_at
from matching.calibration.groups import CERTAIN_BELOW, groups_of_like
from matching.calibration.resampling import REPLICATES, group_weights

ENOUGH_DECOYS: Final = 100
"""Section 7 of the design: good to a factor of 2 where the sample holds so many decoy pairs."""

_MODEL_ERROR: Final = 1.5
"""By how much the form of the model itself may be off, within the bounds of false removals.

Measured on a tenth of 15,000 to 65,000 pictures: between 0.69 and 1.77 of the truth.
"""

_SMALLEST_SHAPE: Final = 1e-3
_LARGEST_SHAPE: Final = 1e4
"""Beyond these the negative binomial is a few hubs, or a Poisson distribution."""

_HALVINGS: Final = 50
_UNTOLD: Final = (np.nan, np.nan, np.nan, np.nan, np.nan, np.nan)
_TAILS: Final = (5.0, 95.0)

Values = npt.NDArray[np.float64]


class Prediction(NamedTuple):
    """What is expected of a larger corpus at one cutoff.

    Attributes
    ----------
    corpus : float
        Its images.
    decoy_pairs : int
        Decoys that won below the cutoff, between images that are no copies of each other or of
        others: what the prediction rests on.
    certain : bool
        Whether they are enough. If not, the other numbers are NaN: it cannot be told.
    false_pairs, false_pairs_low, false_pairs_high : float
        Estimate, and bounds with 95 % confidence each.
    false_removals, false_removals_low, false_removals_high : float
        The same of removed images whose match to their keeper is false.
    """

    corpus: float
    decoy_pairs: int
    certain: bool
    false_pairs: float
    false_pairs_low: float
    false_pairs_high: float
    false_removals: float
    false_removals_low: float
    false_removals_high: float


def predict(graph: Graph, decoys: Decoys, cutoff: float, times: float, seed: int) -> Prediction:
    """Predict false pairs and false removals in a larger corpus of the same kind.

    Parameters
    ----------
    graph : Graph
        What is known of this one.
    decoys : Decoys
        Of its edges.
    cutoff : float
        Of the larger one, at most the ceiling of the scan.
    times : float
        The larger corpus over this one. Duplicates are taken to have the same share in both.
    seed : int
        Of the resampling.

    Returns
    -------
    Prediction
        Bounds are of chance, by a bootstrap over groups of like images; those of removals are
        wider by a factor for the model's own error.
    """
    kept = ~removed_at(graph, CERTAIN_BELOW)
    between = kept[graph.better] & kept[graph.worse]
    signs = false_signs(graph, decoys, cutoff) * between
    of_sample = graph.sampled[graph.better] | graph.sampled[graph.worse]
    found = int(np.count_nonzero(signs[of_sample]))
    if found < ENOUGH_DECOYS:
        return Prediction(graph.corpus * times, found, False, *_UNTOLD)
    pairs = estimate_false_pairs(graph, decoys, seed, (0.0, cutoff))
    more = times**2
    return Prediction(
        graph.corpus * times,
        found,
        True,
        float(pairs.false_below[0]) * more,
        float(pairs.false_low[0]) * more,
        float(pairs.false_high[0]) * more,
        *_removals_in(graph, kept, signs, times, seed),
    )


def _removals_in(
    graph: Graph,
    kept: npt.NDArray[np.bool_],
    signs: npt.NDArray[np.int64],
    times: float,
    seed: int,
) -> tuple[float, float, float]:
    """Estimate and bounds, from the signs between images that are no copies."""
    nodes = len(kept)
    ends = np.bincount(graph.better, signs, nodes) + np.bincount(graph.worse, signs, nodes)
    counted = graph.sampled & kept
    count, group = ends[counted], groups_of_like(graph)[counted]
    columns = np.stack([np.ones(len(count)), count, count > 0], axis=1)
    draws = [weights @ columns for weights in group_weights(group, REPLICATES, seed)]
    size, total, some = np.concatenate([columns.sum(axis=0)[np.newaxis], *draws]).T
    whole = np.maximum(size, 1)
    values = size * graph.scale * _removals(total / whole, some / whole, times)
    low, high = np.percentile(values[1:], _TAILS)
    return float(values[0]), float(low / _MODEL_ERROR), float(high * _MODEL_ERROR)


def _removals(mean: Values, share: Values, times: float) -> Values:
    """False removals in the larger corpus for each distinct image of this one."""
    some = mean > 0
    m = np.where(some, mean, 1.0)
    r = _shape(m, np.where(some, share, 0.5))
    growth = 1 + m * (r + 2) * times / r
    one_more = growth ** (1 / (r + 2))
    total = r / m * ((growth - 1) / (r + 2) - (one_more**2 - 1) / 2)
    return np.where(some, total, 0.0)


def _shape(mean: Values, share: Values) -> Values:
    """Shape of the negative binomial of a mean and a share of images with at least one."""
    low = np.full(len(mean), np.log(_SMALLEST_SHAPE))
    high = np.full(len(mean), np.log(_LARGEST_SHAPE))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        r = np.exp(middle)
        too_few = 1 - (1 + mean / r) ** -r < share
        low, high = np.where(too_few, middle, low), np.where(too_few, high, middle)
    shape: Values = np.exp((low + high) / 2)
    return shape
