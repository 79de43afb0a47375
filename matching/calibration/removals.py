"""How many images would be removed, and how many of these for a match that is false.

For every image ``w`` of the sample, over all keepers ranked better: ``d*`` is the least real
distance, ``d+`` the least decoy distance. Below a cutoff c

    F = #{kept, d+ < c} + 2 #{removed, d+ < d*} + #{removed, d+ = d*} + #{removed, undecided}

estimates the removals whose match to the nearest keeper is false. A false match is as likely to
come from a picture as from its decoy. An image that a decoy alone would remove stands for one that
is falsely removed; one that loses its real match to a nearer decoy stands for itself and for
another whose decoy came second. An undecided removal, by a pair of symmetric pictures, counts as
false.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.calibration.graph import Decoys, Graph, removed_at
from matching.calibration.groups import groups_of_like
from matching.calibration.scan import CEILING
from signature.compiled import compiled

_STEP: Final = 0.005
CUTOFFS: Final = tuple(round(_STEP * k, 3) for k in range(10, round(CEILING / _STEP) + 1))
"""Cutoffs at which removals are counted: 0.05 to 0.45."""

Counts = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


class RemovalCounts(NamedTuple):
    """What happens to each image of the sample at each cutoff.

    Attributes
    ----------
    cutoffs : (c,) float64
        Ascending.
    removed : (c, s) bool
        Whether the image is removed.
    false : (c, s) int8
        What it adds to F: 0, 1 or 2.
    undecided : (c,) int64
        Removals that count as false because they are undecided.
    group : (s,) int64
        Equal for images of one group of like images.
    """

    cutoffs: Values
    removed: npt.NDArray[np.bool_]
    false: npt.NDArray[np.int8]
    undecided: Counts
    group: Counts


def count_removals(
    graph: Graph, decoys: Decoys, cutoffs: tuple[float, ...] = CUTOFFS
) -> RemovalCounts:
    """Apply the greedy rule at each cutoff, and hold each image against its decoys.

    Parameters
    ----------
    graph : Graph
        What is known.
    decoys : Decoys
        Of its edges.
    cutoffs : tuple of float
        Ascending, at most the ceiling of the scan.

    Returns
    -------
    RemovalCounts
        Of the sample's images, in the order of their ranks. Takes 2 bytes a cutoff and image.
    """
    sampled = graph.sampled
    removed = np.empty((len(cutoffs), np.count_nonzero(sampled)), np.bool_)
    false = np.empty(removed.shape, np.int8)
    undecided = np.zeros(len(cutoffs), np.int64)
    for i, cutoff in enumerate(cutoffs):
        gone = removed_at(graph, cutoff)
        kept = ~gone[graph.better]
        real, decoy, open_ = _nearest(
            graph.worse[kept],
            graph.real[kept],
            decoys.distance[kept],
            decoys.undecided[kept],
            len(gone),
        )
        removed[i] = gone[sampled]
        false[i] = _false(removed[i], real[sampled], decoy[sampled], open_[sampled], cutoff)
        undecided[i] = np.count_nonzero(removed[i] & open_[sampled])
    group = groups_of_like(graph)[sampled]
    return RemovalCounts(np.array(cutoffs), removed, false, undecided, group)


def _false(
    removed: npt.NDArray[np.bool_],
    real: Values,
    decoy: Values,
    undecided: npt.NDArray[np.bool_],
    cutoff: float,
) -> npt.NDArray[np.int8]:
    of_kept = (decoy < cutoff).astype(np.int8)
    of_removed = np.select([undecided, decoy < real, decoy == real], [1, 2, 1], 0)
    return np.where(removed, of_removed, of_kept).astype(np.int8)


@compiled
def _nearest(
    worse: Counts,
    real: Values,
    decoy: Values,
    undecided: npt.NDArray[np.bool_],
    nodes: int,
) -> tuple[Values, Values, npt.NDArray[np.bool_]]:
    """Least distances of each node over its edges, and whether the least real one is undecided."""
    least = np.full(nodes, 2.0)
    least_decoy = np.full(nodes, 2.0)
    undecided_least = np.zeros(nodes, np.bool_)
    for edge in range(len(worse)):
        node = worse[edge]
        if real[edge] < least[node]:
            least[node] = real[edge]
            undecided_least[node] = undecided[edge]
        least_decoy[node] = min(least_decoy[node], decoy[edge])
    return least, least_decoy, undecided_least
