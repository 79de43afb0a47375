"""Which lists of an inverted index a signature belongs to: cells of k-means, made by FAISS.

Unit vectors are clustered, because the distance is one of directions mostly, and on their first
principal components, because that takes less time and finds the same.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks.extended_rows import Floats, Levels

Lists: TypeAlias = NDArray[np.int64]

#: Of k-means. 20 find the same at equal cost (72,585 signatures, 2,048 lists), 5 lose 0.1 points.
_ROUNDS: Final = 10
_SEED: Final = 1


@dataclass(frozen=True)
class CoarseLists:
    """What decides the lists of a signature.

    Attributes
    ----------
    mean : (272,) float32
        Of the unit vectors that were clustered.
    axes : (272, c) float32
        Their principal axes.
    centroids : faiss.Index
        Of the lists, on those axes.
    """

    mean: Floats
    axes: Floats
    centroids: Any

    def nearest(self, levels: Levels, count: int) -> Lists:
        """Nearest lists of signatures.

        Parameters
        ----------
        levels : (n, 272) int8
            Signatures, none of norm 0.
        count : int
            How many lists of each.

        Returns
        -------
        (n, count) int64
            The nearest first.
        """
        _, lists = self.centroids.search((_unit(levels) - self.mean) @ self.axes, count)
        nearest: Lists = lists
        return nearest


def trained(levels: Levels, nlist: int, components: int, points: int) -> CoarseLists:
    """Cluster signatures, or a sample of them.

    Parameters
    ----------
    levels : (n, 272) int8
        Signatures, none of norm 0.
    nlist : int
        How many lists, at most n.
    components : int
        Principal components, at most 272.
    points : int
        Signatures of the sample for each list.

    Returns
    -------
    CoarseLists
        The same for the same signatures, whatever the number of threads.
    """
    unit = _unit(levels[_sample(len(levels), points * nlist)])
    mean = unit.mean(axis=0)
    axes = np.ascontiguousarray(np.linalg.eigh(np.cov(unit, rowvar=False))[1], np.float32)
    axes = axes[:, -components:]
    kmeans = faiss.Kmeans(components, nlist, niter=_ROUNDS, seed=_SEED, min_points_per_centroid=1)
    kmeans.train((unit - mean) @ axes)
    return CoarseLists(mean, axes, kmeans.index)


def _sample(count: int, limit: int) -> NDArray[np.intp]:
    chosen = np.random.default_rng(_SEED).choice(count, min(count, limit), replace=False)
    return np.sort(chosen)


def _unit(levels: Levels) -> Floats:
    rows = levels.astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows
