"""Signatures and paths for tests of the benchmarks' parts."""

import numpy as np
import numpy.typing as npt

from benchmarks.blocks import Distances
from benchmarks.brute_force import NearPairs
from benchmarks.signature_file import Corpus
from signature import distances

Levels = npt.NDArray[np.int8]


def signatures(count: int, seed: int = 1) -> Levels:
    """Return distinct signatures; most are altered copies of others, near and far."""
    rng = np.random.default_rng(seed)
    shares = [0.2, 0.15, 0.3, 0.15, 0.2]
    levels = rng.choice(np.arange(-2, 3, dtype=np.int8), (count, 272), p=shares)
    for row in range(1, count):
        if rng.random() < 0.7:
            kept = rng.random(272) < rng.uniform(0.3, 0.95)
            levels[row, kept] = levels[rng.integers(row), kept]
    return np.unique(levels, axis=0)


def corpus(count: int, seed: int = 1) -> Corpus:
    """Return a corpus of `signatures`, the first half in a folder of games."""
    levels = signatures(count, seed)
    names = [f"{'games' if 2 * i < count else 'photos'}/{i:05}.png" for i in range(len(levels))]
    return Corpus(levels, np.array(names, object))


def as_dict(found: NearPairs) -> dict[tuple[int, int], float]:
    """Return distances by pairs, of which each must be there once, the smaller row first."""
    pairs = list(zip(found.a.tolist(), found.b.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs), "a pair was found twice"
    assert all(a < b for a, b in pairs)
    return dict(zip(pairs, found.distance.tolist(), strict=True))


def by_definition(levels: Levels, cutoff: float) -> dict[tuple[int, int], float]:
    """Return the pairs below a cutoff, from all distances."""
    apart = distances(levels, levels)
    rows, columns = np.nonzero(np.triu(apart < cutoff, 1))
    return {(int(a), int(b)): float(apart[a, b]) for a, b in zip(rows, columns, strict=True)}


def near_pairs(*pairs: tuple[int, int, float]) -> NearPairs:
    """Return pairs as brute force would give them."""
    a, b, distance = zip(*pairs, strict=True) if pairs else ((), (), ())
    apart: Distances = np.array(distance, np.float64)
    return NearPairs(np.array(a, np.int32), np.array(b, np.int32), apart, len(pairs), 1.0)
