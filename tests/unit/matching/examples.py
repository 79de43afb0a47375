"""Signatures for tests: real ones where the larger test data is there, else random ones."""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matching.codebook import COMPONENT_LENGTH, Codebook, to_radius
from signature import distances

Levels = npt.NDArray[np.int8]

_REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "signatures" / "dev.npz"


@cache
def signatures(count: int) -> Levels:
    """Return distinct signatures, half of them altered copies of the others.

    The copies differ in 4 to 140 levels, so that distances of all sizes occur. The first
    signature is featureless.
    """
    rng = np.random.default_rng(count)
    originals = _originals(rng, count // 2)
    copies = originals[rng.integers(0, len(originals), count)]
    for copy in copies:
        places = rng.choice(copies.shape[1], rng.integers(4, 140), replace=False)
        copy[places] = rng.integers(-2, 3, len(places))
    distinct = np.unique(np.concatenate([originals, copies]), axis=0)
    chosen = rng.permutation(distinct[distinct.any(axis=1)])[: count - 1]
    return np.concatenate([np.zeros((1, chosen.shape[1]), np.int8), chosen])


def brute_force(levels: Levels, cutoff: float) -> dict[tuple[int, int], float]:
    """Return every pair of rows below the cutoff, smaller row first, with its distance."""
    measured = distances(levels, levels)
    rows, columns = np.nonzero(np.triu(measured < cutoff, 1))
    return {(int(a), int(b)): float(measured[a, b]) for a, b in zip(rows, columns, strict=True)}


def random_levels(rng: np.random.Generator, *shape: int) -> Levels:
    """Return levels of -2 to 2, every third of them 0 as in smooth pictures."""
    return rng.choice(np.arange(-2, 3, dtype=np.int8), shape, p=[0.2, 0.15, 0.3, 0.15, 0.2])


def codebook_of(levels: Levels, sizes: tuple[int, ...], seed: int = 1) -> Codebook:
    """Return a codebook without any fitting: signatures are its centroids.

    ``sizes`` says how many cells each coarse cell has; a coarse centroid is one more signature.
    There are 16 components, orthogonal and of random directions.
    """
    rng = np.random.default_rng(seed)
    directions, _ = np.linalg.qr(rng.normal(size=(levels.shape[1], 16)))
    components = np.rint(directions * COMPONENT_LENGTH).astype(np.float32)
    chosen = levels[rng.choice(len(levels), len(sizes) + sum(sizes), replace=False)]
    projected = to_radius(chosen.astype(np.float64) @ components.astype(np.float64))
    coarse, fine = projected[: len(sizes)], projected[len(sizes) :]
    return Codebook(components, coarse, fine, np.cumsum([0, *sizes]).astype(np.int64))


def _originals(rng: np.random.Generator, count: int) -> Levels:
    if not _REAL.is_file():
        return random_levels(rng, count, 272)
    with np.load(_REAL) as file:
        real = file["sig"]
    # A run of the list, which is sorted by path: neighbours are often alike.
    start = rng.integers(0, len(real) - count)
    return real[start : start + count]
