"""Making an index, and deleting entries of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from elasticsearch import Elasticsearch

from elastic.mapping import index_body
from lookup.elasticsearch_calls import failures_named, one_reason, patient
from lookup.hits import Hit
from lookup.index_facts import IndexFacts
from lookup.index_requests import MOST_HITS, ask, require_complete
from lookup.time_left import TimeLeft

_AT_ONCE: Final = 1000
_FIRST_WORD: Final = "simple_word_0"


def create_index(es: Elasticsearch, name: str, meta: Mapping[str, str], words: int) -> None:
    """Make an index, if nobody does so at this moment.

    Parameters
    ----------
    es : Elasticsearch
        The server's client.
    name : str
        Of the index.
    meta : mapping
        Its signature version, and its model if it has one.
    words : int
        How many word fields.
    """
    body = index_body("full", dict(meta))
    fields = body["mappings"]["properties"]
    fields |= {f"simple_word_{number}": fields[_FIRST_WORD] for number in range(words)}
    with failures_named(name):
        # 400 says that it is there already.
        es.options(ignore_status=400).indices.create(
            index=name, settings=body["settings"], mappings=body["mappings"]
        )


def entries_of(es: Elasticsearch, facts: IndexFacts, path: str, left: TimeLeft) -> list[Hit]:
    """Find the entries of a path, those that searches do not see yet among them.

    Parameters
    ----------
    es : Elasticsearch
        The server's client.
    facts : IndexFacts
        Of the index.
    path : str
        As it was added.
    left : TimeLeft
        For all requests together.

    Returns
    -------
    list of dict
        At most 10,000, the oldest first.
    """
    with failures_named(facts.names):
        patient(es, left).indices.refresh(index=facts.names)
    query = {"bool": {"filter": {"term": {facts.path_field: path}}}}
    answer = ask(es, facts.names, query, MOST_HITS, left, source_includes=["timestamp"])
    require_complete(answer, [])
    hits: list[Hit] = answer["hits"]["hits"]
    return sorted(hits, key=lambda hit: (str(hit["_source"].get("timestamp", "")), hit["_id"]))


def delete_entries(es: Elasticsearch, entries: Sequence[Hit], left: TimeLeft) -> int:
    """Delete entries; searches then see them no more.

    Parameters
    ----------
    es : Elasticsearch
        The server's client.
    entries : sequence of dict
        With ``_index`` and ``_id``.
    left : TimeLeft
        For all requests together.

    Returns
    -------
    int
        How many were there.
    """
    gone = 0
    for start in range(0, len(entries), _AT_ONCE):
        operations: list[dict[str, Any]] = [
            {"delete": {"_index": hit["_index"], "_id": hit["_id"]}}
            for hit in entries[start : start + _AT_ONCE]
        ]
        with failures_named(entries[0]["_index"]):
            answer = patient(es, left).bulk(operations=operations, refresh=True)
        for item in answer["items"]:
            if "error" in item["delete"]:
                raise one_reason(item["delete"])
            gone += item["delete"]["result"] == "deleted"
    return gone
