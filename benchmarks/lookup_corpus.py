"""A corpus to look pictures up in: its model, its queries, and what brute force finds for them."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.blocks import Distances, Rows
from benchmarks.brute_force import pairs_of
from benchmarks.quality import BINS, EDGES
from benchmarks.signature_file import Corpus, Levels, load
from benchmarks.worlds import grow
from matching import Model, WordStatistics
from matching.fitting import fit_codebook
from matching.model import CELLS
from matching.rules import word_keys
from matching.sizes import POINTS_PER_CELL, cells_for, nearest_for, reach_for
from signature import signature_version

CUTOFF: Final = 0.45
MOST_NEIGHBOURS: Final = 50

_WORDS_SAMPLE: Final = 100_000
_WORDS_LISTED: Final = 65_536
_GROWING_SEED: Final = 7
_CANDIDATES_A_QUERY: Final = 12
"""Signatures whose neighbours are looked for; one in seven has any below 0.45."""


@dataclass(frozen=True)
class Queries:
    """Signatures that have neighbours, at most 50, and these.

    Attributes
    ----------
    rows : (q,) int
        Of the queries.
    query, neighbour : (p,) int
        Rows of each pair, from the query's side.
    bins : (p,) int
        Bin of its distance, of `benchmarks.quality.BINS`.
    """

    rows: Rows
    query: Rows
    neighbour: Rows
    bins: NDArray[np.int64]

    def recall(self, found: dict[int, set[int]]) -> dict[str, float | None]:
        """Say how much of them was found.

        Parameters
        ----------
        found : dict of int to set of int
            Query to the rows that a search gave.

        Returns
        -------
        dict of str to float or None
            Share of the pairs by bin; None where there is none.
        """
        hits = np.fromiter(
            (
                n in found[q]
                for q, n in zip(self.query.tolist(), self.neighbour.tolist(), strict=True)
            ),
            np.bool_,
            len(self.query),
        )
        return {
            name: float(hits[self.bins == number].mean()) if np.any(self.bins == number) else None
            for number, name in enumerate(BINS)
        }


def corpus_of(file: Path, count: int | None) -> Corpus:
    """Read a corpus, and grow it.

    Parameters
    ----------
    file : Path
        See `benchmarks.signature_file.load`.
    count : int or None
        Signatures to grow to (`benchmarks.worlds`); None to take it as it is.

    Returns
    -------
    Corpus
        Distinct signatures.
    """
    corpus = load(file)
    return corpus if count is None else grow(corpus, count, _GROWING_SEED)


def model_of(corpus: Corpus) -> Model:
    """Fit the model that a run would fit to a corpus of this size.

    Parameters
    ----------
    corpus : Corpus
        Distinct signatures.

    Returns
    -------
    Model
        With cells.
    """
    count = len(corpus)
    cells = cells_for(count, count)
    size = min(count, max(POINTS_PER_CELL * cells, _WORDS_SAMPLE))
    rows = np.sort(np.random.default_rng(1).permutation(count)[:size])
    sample = corpus.levels[rows]
    nearest = nearest_for(count)
    return Model(
        signature_version=signature_version(),
        n=9,
        diagonal_neighbors=True,
        rules=(CELLS,),
        cutoff=CUTOFF,
        fitted_to=count,
        nearest=nearest,
        reach=reach_for(nearest),
        codebook=fit_codebook(sample, cells, 1),
        words=_words(sample[:_WORDS_SAMPLE]),
    )


def queries_of(corpus: Corpus, exclude: list[str], most: int, seed: int) -> Queries:
    """Choose queries, and find their neighbours by brute force.

    Parameters
    ----------
    corpus : Corpus
        Distinct signatures.
    exclude : list of str
        Prefixes of paths that are no queries.
    most : int
        How many queries.
    seed : int
        Decides which.

    Returns
    -------
    Queries
        At most so many: those that have a neighbour below 0.45.
    """
    rng = np.random.default_rng(seed)
    counted = np.flatnonzero(~corpus.matches(exclude))
    candidates = min(_CANDIDATES_A_QUERY * most, len(counted))
    chosen = np.sort(rng.choice(counted, candidates, replace=False))
    query, neighbour, distance = _directed(chosen, corpus.levels)
    neighbours = np.bincount(query, minlength=len(corpus))
    able = np.flatnonzero((neighbours > 0) & (neighbours <= MOST_NEIGHBOURS))
    rows = np.sort(rng.permutation(able)[:most])
    kept = np.isin(query, rows)
    bins = np.digitize(distance[kept], EDGES[1:-1])
    return Queries(rows.astype(np.int32), query[kept], neighbour[kept], bins)


def _directed(chosen: NDArray[np.intp], levels: Levels) -> tuple[Rows, Rows, Distances]:
    """Pairs from the side of each end that is among the chosen ones."""
    pairs = pairs_of(chosen, levels, CUTOFF)
    is_query = np.zeros(len(levels), np.bool_)
    is_query[chosen] = True
    ends = ((pairs.a, pairs.b), (pairs.b, pairs.a))
    parts = [
        (one[is_query[one]], other[is_query[one]], pairs.distance[is_query[one]])
        for one, other in ends
    ]
    a, b, distance = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return a, b, distance


def _words(sample: Levels) -> WordStatistics:
    keys, counts = np.unique(word_keys(sample), return_counts=True)
    order = np.lexsort((keys, -counts))[:_WORDS_LISTED]
    order = order[np.argsort(keys[order])]
    return WordStatistics(len(sample), keys[order], counts[order].astype(np.int64))


assert len(BINS) == len(list(pairwise(EDGES)))
