"""The greedy keeper rule on a graph that is held in memory as a whole."""

import numpy as np
import numpy.typing as npt

from signature.compiled import compiled


@compiled
def greedy_removals(
    better: npt.NDArray[np.int64], worse: npt.NDArray[np.int64], nodes: int
) -> npt.NDArray[np.bool_]:
    """Decide who is removed: the best stays, its neighbours go, and so on down the ranking.

    Parameters
    ----------
    better, worse : (e,) int64
        The two ends of each edge, as node numbers; edges ascend by the rank of their better
        end, so that whoever could remove it was seen before a node's own turn.
    nodes : int
        Number of nodes; every entry of ``better`` and ``worse`` is below it.

    Returns
    -------
    (nodes,) bool
        True for a node that is removed. All others are keepers.
    """
    removed = np.zeros(nodes, np.bool_)
    for k in range(len(better)):
        if not removed[better[k]]:
            removed[worse[k]] = True
    return removed
