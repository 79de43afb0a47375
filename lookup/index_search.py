"""One search of an index: it ranks, we compare, it names those that are near."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from lookup.candidates_query import Query, candidates_query, filtered
from lookup.errors import IncompleteError
from lookup.forms import labelled
from lookup.hits import Hit, nearest_forms, packed_levels, source_levels
from lookup.index_facts import IndexFacts
from lookup.index_requests import MOST_HITS, require_complete
from lookup.matches import Match
from lookup.records import Record
from signature import SignatureParameters
from signature.levels import Levels

_CANDIDATES: Final = (1000, 3000)
"""How many documents a search compares exactly, and how many a thorough one (docs/lookup.md)."""

_FOREIGN: Final = 100
"""How many of the documents that image-match's own client put into our index are compared."""

_ATTEMPTS: Final = 3
"""A document that is written anew while it is compared is looked for again, so often."""

_SWEEP_UP_TO: Final = 1_000_000
"""In an index of so many signatures one sweep over all that share a cell or a word is quicker than
leaving out what cannot be among the first, which a hundred clauses make costly."""

_WITHOUT_SOURCE: Final[dict[str, Any]] = {
    "source": False,
    "stored_fields": "_none_",  # even _id costs
    "docvalue_fields": ["sig"],
    "seq_no_primary_term": True,  # by which the few that are near are asked for again
}
_NAMES: Final[dict[str, Any]] = {
    "source_excludes": ["simple_word_*", "sig", "cells"],
    "docvalue_fields": ["sig"],
    "seq_no_primary_term": True,
}
_SOURCE: Final[dict[str, Any]] = {"source_excludes": ["simple_word_*"]}

Ask = Callable[..., Any]
"""Takes a query, a size and further parameters of a search; gives the server's answer."""


class Wanted(NamedTuple):
    """What is looked for, and what of it comes back.

    Attributes
    ----------
    records : sequence of dict
        A record of each form.
    forms : (f, c) int8
        Their compact signatures.
    pre_filter : any
        A filter of Elasticsearch, a list of them, or None.
    thorough : bool
        Whether to compare more candidates.
    size : int
        How many matches at most.
    cutoff : float
        Strict upper bound of their distances.
    parameters : SignatureParameters
        Of all signatures.
    """

    records: Sequence[Record]
    forms: Levels
    pre_filter: Any
    thorough: bool
    size: int
    cutoff: float
    parameters: SignatureParameters


def search_index(ask: Ask, facts: IndexFacts, wanted: Wanted) -> list[Match]:
    """Search an index.

    Parameters
    ----------
    ask : callable
        Asks it.
    facts : IndexFacts
        What it is.
    wanted : Wanted
        What is looked for.

    Returns
    -------
    list of dict
        The nearest, by distance.

    Raises
    ------
    IncompleteError
        If a part of it was not seen; it holds what was found.
    DatabaseError
        If it cannot be searched.
    """
    ranked = candidates_query(wanted.records, wanted.forms, facts, wanted.thorough)
    query = filtered(ranked, wanted.pre_filter)
    if not facts.packed:
        return _search_source(ask, query, wanted)
    sweep = facts.model is not None and facts.model.fitted_to <= _SWEEP_UP_TO
    return _search_packed(ask, query, sweep, wanted)


def _search_source(ask: Ask, query: Query, wanted: Wanted) -> list[Match]:
    """Search an index of image-match's own making, as image-match does."""
    size = max(wanted.size, _CANDIDATES[0]) if wanted.thorough else wanted.size
    answer = ask(query, size, **_SOURCE)
    hits = answer["hits"]["hits"]
    matches = _matches(hits, source_levels(hits, wanted.parameters), wanted) if hits else []
    require_complete(answer, matches)
    return matches


def _search_packed(ask: Ask, query: Query, sweep: bool, wanted: Wanted) -> list[Match]:
    """Search an index of ours.

    Candidates have no names: a number stands for them, which is theirs until they are written
    anew, and in their shard only. So the distance decides again, and a number that is gone means
    to begin again.
    """
    size = max(wanted.size, _CANDIDATES[wanted.thorough or len(wanted.forms) > 1])
    matches: list[Match] = []
    for _ in range(_ATTEMPTS):
        answer = ask(query, size, every=sweep, **_WITHOUT_SOURCE)
        scores = _worth_a_look(answer["hits"]["hits"], wanted)
        answers = [answer, *_named(ask, list(scores), answer["_shards"]["total"])]
        hits = [hit for named in answers[1:] for hit in named["hits"]["hits"]]
        matches = _matches_of_both_kinds(hits, scores, wanted)
        for one in answers:
            require_complete(one, matches)
        if scores.keys() <= {hit["_seq_no"] for hit in hits}:
            return matches
    raise IncompleteError("Pictures near it are written anew faster than they are read.", matches)


def _worth_a_look(hits: Sequence[Hit], wanted: Wanted) -> dict[int, float]:
    """Number and score of the candidates that are near, or cannot be told to be far."""
    packed = [hit for hit in hits if "fields" in hit]
    foreign = [hit for hit in hits if "fields" not in hit][:_FOREIGN]
    found = nearest_forms(packed_levels(packed, wanted.parameters), wanted.forms).distances
    order = np.argsort(found, kind="stable")[: wanted.size]
    near = [packed[at] for at in order.tolist() if found[at] < wanted.cutoff]
    return {hit["_seq_no"]: hit["_score"] for hit in (*near, *foreign)}


def _named(ask: Ask, numbers: list[int], shards: int) -> Iterator[Any]:
    """Documents with these numbers, of every shard: as many as an answer may hold at a time."""
    at_once = max(1, MOST_HITS // shards)
    for start in range(0, len(numbers), at_once):
        some = numbers[start : start + at_once]
        query = {"bool": {"filter": {"terms": {"_seq_no": some}}}}
        yield ask(query, min(MOST_HITS, len(some) * shards), **_NAMES)


def _matches_of_both_kinds(
    hits: Sequence[Hit], scores: dict[int, float], wanted: Wanted
) -> list[Match]:
    packed = [hit for hit in hits if "fields" in hit]
    foreign = [hit for hit in hits if "fields" not in hit]
    levels = [packed_levels(packed, wanted.parameters)]
    if foreign:
        levels.append(source_levels(foreign, wanted.parameters))
    named = [{**hit, "_score": scores[hit["_seq_no"]]} for hit in (*packed, *foreign)]
    return _matches(named, np.concatenate(levels), wanted)


def _matches(hits: Sequence[Hit], levels: Levels, wanted: Wanted) -> list[Match]:
    found = nearest_forms(levels, wanted.forms)
    order = np.argsort(found.distances, kind="stable")[: wanted.size].tolist()
    return [
        labelled(
            _match(hits[at], float(found.distances[at])), int(found.forms[at]), len(wanted.forms)
        )
        for at in order
        if found.distances[at] < wanted.cutoff
    ]


def _match(hit: Hit, distance: float) -> Match:
    source = hit["_source"]
    return {
        "id": hit["_id"],
        "score": hit["_score"],
        "metadata": source.get("metadata"),
        "path": source.get("url", source.get("path")),
        "dist": distance,
    }
