"""The query that ranks an index's documents by how likely they are near a picture.

A document scores what each cell that it shares with the picture is worth (the nearer the cell to
the picture, the more), and what each shared word is worth (the rarer, the more). Words that many
documents have say nothing and are left out; how many have them is what the model counted, not the
server. A document without cells, which image-match's own client added, is ranked by words alone,
each worth more.
docs/lookup.md has the recall of each part.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lookup.index_facts import IndexFacts
from lookup.records import WORD, Record
from matching import Model
from matching.cells import assign_cells
from matching.rules import FIRST_WORD, WORD_BASE
from signature.levels import Levels

Query = dict[str, Any]

_CELLS: Final = (48, 64)
"""In how many cells a picture is looked for, and how many for a thorough search: an index holds
fewer of each document (12 to 24)."""

_CELLS_OF_FORMS: Final = 24
"""The same for each of 16 forms, which share the candidates."""

_WORTH: Final = 20.0
"""Of the nearest cell, in the measure of words: the logarithm of how rare they are."""

_FREE_COST: Final = 300
"""At this cost (`matching.cells`) a cell would be worth nothing."""

_LEAST_WORTH: Final = 0.1
_MOST_FREQUENT: Final = 0.01
"""A word that a larger share of the documents has is left out, but for the rarest ones."""

_RAREST: Final = 8

_INSTEAD_OF_CELLS: Final = 5.0
"""How many times as much words are worth to a document that has no cells."""


def candidates_query(
    records: Sequence[Record], forms: Levels, facts: IndexFacts, thorough: bool
) -> Query:
    """Make the query of a picture, in one form or several.

    Parameters
    ----------
    records : sequence of dict
        A record of each form.
    forms : (f, c) int8
        Their compact signatures.
    facts : IndexFacts
        Of the index; without a model words alone rank.
    thorough : bool
        Whether to look into more cells.

    Returns
    -------
    dict
        For Elasticsearch's ``query``.
    """
    model = facts.model
    codebook = None if model is None else model.codebook
    if model is None or codebook is None:
        return _best_of([_any_of(word_clauses(record, None)) for record in records])
    nearest = _CELLS_OF_FORMS if len(records) > 1 else _CELLS[thorough]
    nearest = min(nearest, codebook.cells)
    found = assign_cells(forms, codebook, nearest, max(model.probes, nearest))
    every = []
    for record, cells, costs in zip(records, found.cells, found.costs, strict=True):
        words = word_clauses(record, model)
        every.append(_any_of([*_cell_clauses(cells, costs), *words]))
        if facts.without_cells:
            every.append(_of_documents_without_cells(words))
    return _best_of(every)


def filtered(query: Query, pre_filter: Any) -> Query:  # noqa: ANN401 - Elasticsearch's own
    """Restrict a query.

    Parameters
    ----------
    query : dict
        What scores.
    pre_filter : any
        A filter of Elasticsearch, a list of them, or None.

    Returns
    -------
    dict
        Of documents that pass the filter.
    """
    if pre_filter is None:
        return query
    return {"bool": {"must": [query], "filter": pre_filter}}


def word_clauses(record: Record, model: Model | None) -> list[Query]:
    """Make a clause for each word that is worth one.

    Parameters
    ----------
    record : dict
        What `lookup.records.make_record` returns.
    model : Model or None
        Tells how frequent words are; without one all words are worth the same.

    Returns
    -------
    list of dict
        At least the 8 rarest.
    """
    names = sorted((name for name in record if name.startswith(WORD)), key=_number)
    if model is None or not len(model.words.keys):
        return [{"term": {name: str(record[name])}} for name in names]
    shares = _shares(np.array([record[name] for name in names], np.int64), model)
    chosen = np.argsort(shares, kind="stable")
    kept = chosen[(shares[chosen] <= _MOST_FREQUENT) | (np.arange(len(chosen)) < _RAREST)]
    return [_term(names[at], record[names[at]], math.log1p(1 / shares[at])) for at in kept.tolist()]


def _shares(words: npt.NDArray[np.int64], model: Model) -> npt.NDArray[np.float64]:
    """In which share of the corpus each word stands; half the rarest listed one's if not listed."""
    listed, counted = model.words.keys, max(model.words.signatures, 1)
    keys = words + FIRST_WORD + np.arange(len(words), dtype=np.int64) * WORD_BASE
    at = np.minimum(np.searchsorted(listed, keys), len(listed) - 1)
    rare = model.words.frequencies.min() / 2
    counts = np.where(listed[at] == keys, model.words.frequencies[at], rare)
    shares: npt.NDArray[np.float64] = counts / counted
    return shares


def _cell_clauses(cells: npt.NDArray[np.int32], costs: npt.NDArray[np.uint8]) -> list[Query]:
    worth = np.maximum(_LEAST_WORTH, 1 - costs.astype(np.float64) / _FREE_COST) * _WORTH
    return [
        _term("cells", int(cell), float(value))
        for cell, value in zip(cells, worth, strict=True)
        if cell >= 0
    ]


def _term(field: str, value: int, boost: float) -> Query:
    return {"term": {field: {"value": str(value), "boost": round(boost, 3)}}}


def _of_documents_without_cells(words: list[Query]) -> Query:
    cells = {"exists": {"field": "cells"}}
    return {
        "bool": {
            "filter": {"bool": {"must_not": cells}},
            "should": words,
            "minimum_should_match": 1,
            "boost": _INSTEAD_OF_CELLS,
        }
    }


def _best_of(queries: list[Query]) -> Query:
    return queries[0] if len(queries) == 1 else {"dis_max": {"queries": queries}}


def _any_of(clauses: list[Query]) -> Query:
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _number(name: str) -> int:
    return int(name.removeprefix(WORD))
