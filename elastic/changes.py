"""What reached an index since a time: documents by their sequence numbers."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from elastic.client import Client

_PAGE = 500
_KEPT_S = "5m"


@dataclass(frozen=True)
class Found:
    """A document as it is in an index.

    Attributes
    ----------
    id : str
        Its ``_id``.
    version : int
        Its ``_version``.
    source : dict
        What ``_source`` holds.
    sig : bytes or None
        The packed signature; None in documents of image-match's clients.
    added : bool
        Whether it came by itself, and no store has it.
    """

    id: str
    version: int
    source: dict[str, Any]
    sig: bytes | None
    added: bool


def changes(client: Client, index: str, since: Mapping[str, int]) -> Iterator[list[Found]]:
    """Find documents that came or changed since, and all that came one by one at any time.

    No store has the latter: they have no packed signature, if image-match's clients wrote them, or
    are marked, if lookup did.

    Parameters
    ----------
    client : Client
        The server.
    index : str
        Where to look; it should have been refreshed.
    since : mapping of str to int
        Sequence number of each shard, of `elastic.indices.sequence_numbers`.

    Yields
    ------
    list of Found
        At most 500.
    """
    for shard, number in sorted(since.items()):
        newer = {"range": {"_seq_no": {"gt": number}}}
        theirs = {"bool": {"must_not": {"exists": {"field": "sig"}}}}
        ours = {"term": {"added": True}}
        yield from _pages(client, index, shard, {"bool": {"should": [newer, theirs, ours]}})


def _pages(client: Client, index: str, shard: str, query: dict[str, Any]) -> Iterator[list[Found]]:
    body = {
        "query": query,
        "version": True,
        "size": _PAGE,
        "sort": ["_doc"],
        "_source": {"excludes": ["simple_word_*", "cells"]},
        "docvalue_fields": [{"field": "sig"}, {"field": "added"}],
    }
    path = f"/{quote(index, safe='')}/_search"
    answer = client.post(path, body, scroll=_KEPT_S, preference=f"_shards:{shard}")
    while answer["hits"]["hits"]:
        yield [_found(hit) for hit in answer["hits"]["hits"]]
        scroll = {"scroll": _KEPT_S, "scroll_id": answer["_scroll_id"]}
        answer = client.post("/_search/scroll", scroll)


def _found(hit: dict[str, Any]) -> Found:
    values = hit.get("fields", {})
    sig = base64.b64decode(values["sig"][0]) if "sig" in values else None
    added = sig is None or "added" in values
    return Found(hit["_id"], hit["_version"], hit.get("_source", {}), sig, added)
