"""Fitting a codebook to a sample of signatures. The only place that knows faiss."""

import math
from dataclasses import replace

import faiss
import numpy as np
import numpy.typing as npt

from matching.cells import nearest_centroids
from matching.codebook import COMPONENT_LENGTH, RADIUS, Codebook, Vectors, to_radius

COMPONENTS = 64
"""Principal components; with all 272 the recall was the same (measured)."""

ONE_LEVEL_UP_TO = 4096
"""More cells are found by way of coarse ones."""

_ITERATIONS = 10
_REFINEMENTS = 2
"""Rounds of k-means over all cells, after each coarse cell had its own. At a million signatures
they brought .4 to 1.4 points of recall just below the cutoff (measured)."""

_PROBES = 12
_PER_COARSE = 256
"""Cells of one coarse cell."""

_ROWS_AT_ONCE = 2048


def fit_codebook(levels: npt.NDArray[np.int8], cells: int, seed: int) -> Codebook:
    """Fit principal components and the centroids of cells.

    Parameters
    ----------
    levels : (n, w) int8
        A sample of distinct signatures, at least one.
    cells : int
        How many centroids; no more than there are signatures are made.
    seed : int
        Of the first centroids.

    Returns
    -------
    Codebook
        In two levels if there are more than `ONE_LEVEL_UP_TO` cells.
    """
    components = _principal_components(levels)
    none = np.zeros((0, components.shape[1]), np.float32)
    vectors = Codebook(components, none, none, np.zeros(1, np.int64)).project(levels)
    cells = min(cells, len(vectors))
    if cells <= ONE_LEVEL_UP_TO:
        fine = _centroids(vectors, cells, seed)
        return Codebook(components, fine[:1], fine, np.array([0, len(fine)], np.int64))
    coarse = _centroids(vectors, math.ceil(cells / _PER_COARSE), seed)
    codebook = _two_levels(components, coarse, vectors, cells, seed)
    for _ in range(_REFINEMENTS):
        codebook = _refined(codebook, vectors)
    return codebook


def _refined(codebook: Codebook, vectors: Vectors) -> Codebook:
    """Move each centroid to the middle of all that are nearest to it, in whatever coarse cell."""
    parts = [
        nearest_centroids(vectors[start : start + _ROWS_AT_ONCE], codebook, 1, _PROBES).cells[:, 0]
        for start in range(0, len(vectors), _ROWS_AT_ONCE)
    ]
    owners = np.concatenate(parts)
    order = np.argsort(owners, kind="stable")
    members = np.bincount(owners, minlength=codebook.cells)
    some = np.flatnonzero(members)
    starts = np.cumsum(members)[some] - members[some]
    fine = codebook.fine.copy()
    fine[some] = to_radius(np.add.reduceat(vectors[order].astype(np.float64), starts, axis=0))
    return replace(codebook, fine=fine)


def _two_levels(
    components: Vectors, coarse: Vectors, vectors: Vectors, cells: int, seed: int
) -> Codebook:
    """Give each coarse cell its share of the cells, by its share of the sample."""
    owners = _nearest_one(vectors, coarse)
    members = np.bincount(owners, minlength=len(coarse))
    shares = np.maximum(1, np.rint(cells * members / len(vectors))).astype(int)
    parts = [
        _centroids(vectors[owners == group], int(min(shares[group], members[group])), seed)
        if members[group]
        else coarse[group : group + 1]
        for group in range(len(coarse))
    ]
    offsets = np.cumsum([0, *(len(part) for part in parts)]).astype(np.int64)
    return Codebook(components, coarse, np.concatenate(parts), offsets)


def _principal_components(levels: npt.NDArray[np.int8]) -> Vectors:
    """Directions of most variation of the unit vectors, about zero."""
    width = levels.shape[1]
    moments = np.zeros((width, width))
    for start in range(0, len(levels), 2**16):
        rows = levels[start : start + 2**16].astype(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        rows /= np.where(lengths > 0, lengths, 1)[:, np.newaxis]
        moments += rows.T @ rows
    _, directions = np.linalg.eigh(moments)
    chosen = directions[:, ::-1][:, :COMPONENTS]
    components: Vectors = np.rint(chosen * COMPONENT_LENGTH).astype(np.float32)
    return components


def _centroids(vectors: Vectors, count: int, seed: int) -> Vectors:
    """Spherical k-means. Clusters that lose all their members get half of a large one's."""
    points = len(vectors)
    if count >= points:
        return vectors
    kmeans = faiss.Kmeans(
        vectors.shape[1],
        count,
        niter=_ITERATIONS,
        seed=seed,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=points,
    )
    kmeans.train((vectors / RADIUS).astype(np.float32))
    return to_radius(np.asarray(kmeans.centroids, np.float64))


def _nearest_one(vectors: Vectors, centroids: Vectors) -> npt.NDArray[np.int64]:
    owners = [
        np.argmax(vectors[start : start + 2**14] @ centroids.T, axis=1)
        for start in range(0, len(vectors), 2**14)
    ]
    return np.concatenate(owners)
