"""Groups of images that are near beyond doubt: altered copies of one picture."""

from typing import Final

import numpy as np
import numpy.typing as npt

from matching.calibration.graph import Graph
from signature.compiled import compiled

CERTAIN_BELOW: Final = 0.25
"""Nearer pairs are taken for true ones where groups of like images are wanted.

Of 52,000 pictures (photographs, clip art, a manual's), 13 pairs of unrelated ones were nearer, all
with clip art.
"""

Nodes = npt.NDArray[np.int64]


def groups_of_like(graph: Graph, below: float = CERTAIN_BELOW) -> Nodes:
    """Number the groups of nodes that chains of near pairs connect.

    Parameters
    ----------
    graph : Graph
        What is known.
    below : float
        Links are pairs with a real distance below it.

    Returns
    -------
    (n,) int64
        The first node of each node's group.
    """
    link = graph.real < below
    return _connected(graph.better[link], graph.worse[link], len(graph.sampled))


@compiled
def _connected(a: Nodes, b: Nodes, nodes: int) -> Nodes:
    """Smallest node of each node's component."""
    parent = np.arange(nodes)
    for edge in range(len(a)):
        x, y = a[edge], b[edge]
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        while parent[y] != y:
            parent[y] = parent[parent[y]]
            y = parent[y]
        parent[max(x, y)] = min(x, y)
    for node in range(nodes):
        parent[node] = parent[parent[node]]
    return parent
