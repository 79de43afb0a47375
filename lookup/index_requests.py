"""Searches of an index, and answers that are whole."""

from typing import Any, Final

from elasticsearch import Elasticsearch

from lookup.elasticsearch_calls import failures_named, patient
from lookup.errors import IncompleteError, SearchTimedOutError
from lookup.matches import Match
from lookup.time_left import TimeLeft

MOST_HITS: Final = 10_000
"""Elasticsearch's own limit of hits in one answer."""

_MS: Final = 1000


def ask(
    es: Elasticsearch,
    names: str,
    query: dict[str, Any],
    size: int,
    left: TimeLeft,
    every: bool = False,
    **what: Any,  # noqa: ANN401 - handed on
) -> Any:  # noqa: ANN401 - the client's own
    """Search.

    Parameters
    ----------
    es : Elasticsearch
        The server's client.
    names : str
        Indices, with commas between.
    query : dict
        Which documents.
    size : int
        How many at most.
    left : TimeLeft
        Tells the server, and the client, when to stop.
    every : bool
        Whether to score every document that matches, instead of leaving out what cannot be among
        the first.
    **what : any
        Further parameters of the search.

    Returns
    -------
    mapping
        The answer; see `require_complete`.
    """
    with failures_named(names):
        return patient(es, left).search(
            index=names,
            query=query,
            size=size,
            timeout=f"{max(1, int(left.seconds() * _MS))}ms",
            track_total_hits=every,
            **what,
        )


def require_complete(answer: Any, matches: list[Match]) -> None:  # noqa: ANN401
    """Refuse an answer that saw only a part of the index.

    Parameters
    ----------
    answer : mapping
        Of a search.
    matches : list of dict
        What was made of it.

    Raises
    ------
    SearchTimedOutError
        If the server stopped for want of time; it holds the matches.
    IncompleteError
        If shards failed; likewise.
    """
    if answer["timed_out"]:
        raise SearchTimedOutError(
            f"The search timed out; {len(matches)} matches were found until then.", matches
        )
    require_all_shards(answer, matches)


def require_all_shards(answer: Any, matches: list[Match] | None = None) -> None:  # noqa: ANN401
    """Refuse an answer in which shards are missing.

    Parameters
    ----------
    answer : mapping
        Of a search or a count.
    matches : list of dict, optional
        What was made of it.

    Raises
    ------
    IncompleteError
        With the first shard's reason.
    """
    shards = answer["_shards"]
    if shards["failed"]:
        failures = shards.get("failures") or [{}]
        reason = failures[0].get("reason", {}).get("reason", "no reason given")
        raise IncompleteError(
            f"{shards['failed']} of {shards['total']} shards could not be searched: {reason}.",
            matches,
        )
