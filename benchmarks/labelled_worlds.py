"""Corpora in which it is known of each pair that counts whether it is true or false.

A pair is *false* if its pictures come from collections that share none, *true* if both are altered
copies of one photograph. Of other pairs, such as two pictures of one collection, nobody knows; they
are left out, as real matches and as decoys, from estimate and truth alike.
"""

from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.labelled_copies import ORIGINAL, Copies, photographs
from matching.calibration import Matches, Ranked, concatenated, matches_in_block
from matching.calibration.graph import Graph, known_graph, removed_at
from matching.decoys import SYMMETRIC_BELOW, self_distances
from signature.featureless import are_featureless

Levels: TypeAlias = NDArray[np.int8]
Rows: TypeAlias = NDArray[np.int64]

#: Collections that share no pictures, the largest first: its own pairs are never compared.
COLLECTIONS: Final = ("tiny-imagenet", "clothing-dataset", "openclipart-png", "opencv-doc")
TINY, CLOTHING, CLIP_ART, BOARDS = range(len(COLLECTIONS))

NO_ORIGIN: Final = -1
_BLOCK: Final = 4096
_CLIQUE: Final = 1500
#: Levels of a clique's member that differ by one step from its origin's, on average: its members
#: are then 0.05 to 0.2 from each other, as noisy copies of a photograph are.
_CHANGED: Final = 0.04


class Universe(NamedTuple):
    """All pictures that worlds are drawn from, and the matches of those pairs that are known.

    Attributes
    ----------
    collection, origin : (n,) int64
        Number of the collection; of the photograph that it is a copy of, or `NO_ORIGIN`.
    transform : (n,) str
        What made the copy; empty for others, ``clique`` for a member of the clique.
    symmetric : (n,) bool
        Whether a picture looks like its own mirror.
    matches : Matches
        By row number, each pair once.
    true : (e,) bool
        Whether a match is of two copies of one photograph.
    """

    collection: Rows
    origin: Rows
    transform: NDArray[np.str_]
    symmetric: NDArray[np.bool_]
    matches: Matches
    true: NDArray[np.bool_]


class World(NamedTuple):
    """A corpus with random ranks; its graph is whole, so that nodes are ranks.

    Attributes
    ----------
    graph : Graph
        All known pairs.
    false : (e,) bool
        Which edges are of unrelated pictures.
    """

    graph: Graph
    false: NDArray[np.bool_]

    def false_pairs(self, cutoff: float) -> int:
        """Count the false pairs below a cutoff."""
        return int(np.count_nonzero(self.false & (self.graph.real < cutoff)))

    def removals(self, cutoff: float) -> tuple[int, int, int]:
        """Count the removed images, those whose nearest keeper is false, and whose best one is."""
        graph = self.graph
        gone = removed_at(graph, cutoff)
        match = np.flatnonzero((graph.real < cutoff) & ~gone[graph.better])
        worse = graph.worse[match]
        counts = [int(gone.sum())]
        for first in (graph.real[match], graph.better[match]):
            order = np.lexsort((graph.better[match], first, worse))
            chosen = match[order][np.unique(worse[order], return_index=True)[1]]
            counts.append(int(np.count_nonzero(self.false[chosen])))
        removed, nearest, best = counts
        return removed, nearest, best


def universe(signatures: Path, data: Path, copies: Copies, limit: int) -> Universe:
    """Compare all pictures of different collections, and all copies of one photograph."""
    levels, collection, origin, transform = labelled(signatures, data, copies, limit)
    rows = np.arange(len(levels))
    others = np.flatnonzero(collection != TINY)
    parts, truth = [], []
    for start in range(0, len(others), _BLOCK):
        some = others[start : start + _BLOCK]
        found = matches_in_block(Ranked(levels[some], some), Ranked(levels, rows))
        a, b = found.asked, found.other
        true = (origin[a] != NO_ORIGIN) & (origin[a] == origin[b])
        known = true | (collection[a] != collection[b])
        once = known & ((collection[b] == TINY) | (a < b))
        parts.append(found.where(once))
        truth.append(true[once])
    symmetric = self_distances(levels).mirror < SYMMETRIC_BELOW
    return Universe(
        collection, origin, transform, symmetric, concatenated(parts), np.concatenate(truth)
    )


def world(every: Universe, chosen: Rows, generator: np.random.Generator) -> World:
    """Draw ranks for some of the pictures, and make the graph of what is known of them."""
    rank = np.full(len(every.origin), -1)
    rank[chosen] = generator.permutation(len(chosen))
    a, b = rank[every.matches.asked], rank[every.matches.other]
    inside = (a >= 0) & (b >= 0)
    here = every.matches.where(inside)._replace(asked=a[inside], other=b[inside])
    graph = known_graph(np.arange(len(chosen)), len(chosen), here)
    order = np.lexsort((np.maximum(here.asked, here.other), np.minimum(here.asked, here.other)))
    return World(graph, ~every.true[inside][order])


def labelled(
    signatures: Path, data: Path, copies: Copies, limit: int
) -> tuple[Levels, Rows, Rows, NDArray[np.str_]]:
    """Distinct signatures that say something, the photographs of the copies once."""
    with np.load(signatures, allow_pickle=True) as file:
        levels, paths = file["sig"], [str(path) for path in file["path"]]
    own = {path.name for path in photographs(data, limit)}
    number = {name: i for i, name in enumerate(COLLECTIONS)}
    collection = np.array([number.get(path.split("/")[0], -1) for path in paths])
    used = (collection >= 0) & np.array([path.split("/")[-1] not in own for path in paths])
    clique = _clique(copies.levels[copies.transform == ORIGINAL][0])
    every = np.concatenate([levels[used], copies.levels, clique])
    made = len(copies.levels) + len(clique)
    none = np.count_nonzero(used)
    kept = ~are_featureless(every)
    kept[np.setdiff1d(np.arange(len(every)), np.unique(every, axis=0, return_index=True)[1])] = (
        False
    )
    of_clique = np.full(len(clique), copies.origin[copies.transform == ORIGINAL][0])
    return (
        every[kept],
        np.concatenate([collection[used], np.full(made, CLOTHING)])[kept],
        np.concatenate([np.full(none, NO_ORIGIN), copies.origin, of_clique])[kept],
        np.concatenate([np.full(none, ""), copies.transform, np.full(len(clique), "clique")])[kept],
    )


def _clique(origin: NDArray[np.int8]) -> Levels:
    """Noisy copies of one signature: some of its levels are one step off."""
    generator = np.random.default_rng(1)
    steps = generator.choice(
        [-1, 0, 1], (_CLIQUE, len(origin)), p=[_CHANGED, 1 - 2 * _CHANGED, _CHANGED]
    )
    noisy: Levels = np.clip(origin + steps, -2, 2).astype(np.int8)
    return noisy
