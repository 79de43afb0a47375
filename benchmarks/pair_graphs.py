"""Graphs of pairs with the group sizes of real pictures."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_SIZE_EXPONENT = 2.9
"""Groups of s images are as many as ``s ** -2.9``: on 72,585 real signatures, below 0.40, 1,713 of
2, 472 of 3, 218 of 4, 93 of 5, and 84 of 11 and more."""

_DENSITY_EXPONENT = 0.5
"""Of the pairs that a group of s could have, it has ``(s / 2) ** -0.5``: 0.82 of 3, 0.32 of 20 and
0.019 of 5,625. In the same pictures: 0.89, 0.49 (of 11 to 30), and 0.019."""

_LARGEST = 5_625
"""Images of the largest group there: chains of look-alikes."""

Numbers = npt.NDArray[np.int64]


class PairGraph(NamedTuple):
    """Nodes by their places in the ranking, and edges between them.

    Attributes
    ----------
    nodes : int
        Every one of them has an edge.
    better, worse : (e,) int64
        ``better < worse``; no edge twice; in no order.
    """

    nodes: int
    better: Numbers
    worse: Numbers


def grouped_pairs(edges: int, seed: int) -> PairGraph:
    """Make groups of many sizes, ranked at random.

    Parameters
    ----------
    edges : int
        About how many.
    seed : int
        The same seed gives the same graph.

    Returns
    -------
    PairGraph
        Groups are connected; no edge joins two of them.
    """
    rng = np.random.default_rng(seed)
    sizes, counts = _groups(edges, rng)
    ends = [np.empty((0, 2), np.int64)]
    nodes = 0
    for size, count in zip(sizes.tolist(), counts.tolist(), strict=True):
        ends.append(_of_one_size(size, count, rng) + nodes)
        nodes += size * count
    place = rng.permutation(nodes)
    pairs = place[rng.permutation(np.concatenate(ends))]
    return PairGraph(nodes, pairs.min(axis=1), pairs.max(axis=1))


def _groups(edges: int, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Sizes, and how many groups there are of each."""
    sizes = np.arange(2, _LARGEST + 1)
    share = sizes.astype(float) ** -_SIZE_EXPONENT
    joined = sizes - 1
    others = sizes * (sizes - 1) / 2 - joined
    expected = joined + others * _density(sizes)
    wanted = share * edges / (share * expected).sum()
    counts = (wanted + rng.random(len(sizes))).astype(np.int64)
    return sizes[counts > 0], counts[counts > 0]


def _of_one_size(size: int, count: int, rng: np.random.Generator) -> Numbers:
    """Each image with the next one, and some of all pairs."""
    a, b = np.triu_indices(size, 1)
    chosen = (rng.random((count, len(a)), np.float32) < _density(size)) | (b == a + 1)
    group, pair = np.nonzero(chosen)
    return np.stack([a[pair], b[pair]], axis=1) + (group * size)[:, None]


def _density(size: Numbers | int) -> npt.NDArray[np.float64]:
    return np.asarray((np.asarray(size) / 2) ** -_DENSITY_EXPONENT)
