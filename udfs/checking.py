"""Looking up documents by id: whether they are there, and of which run."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TypeAlias
from urllib.parse import quote

import pyarrow as pa

from elastic import Client, Connection
from udfs.arrow import Batches, BatchFunction

CHECKED = pa.schema([("asked", pa.int64()), ("found", pa.int64()), ("current", pa.int64())])
"""Ids that were looked up, documents that are there, and those of the version or a later one."""

Wanted: TypeAlias = Callable[[int | None], bool]
"""Takes the version of a document, None if it is not there, and tells whether its row stays."""

_IDS_PER_REQUEST = 1_000


def checker(connection: Connection, index: str, version: int) -> BatchFunction:
    """Return the function that looks up ids.

    Parameters
    ----------
    connection : Connection
        The server.
    index : str
        Where to look.
    version : int
        What a document must have to be current.

    Returns
    -------
    callable
        From batches with ``image_id`` to `CHECKED`, a row for each thousand.
    """

    def check(batches: Batches) -> Iterator[pa.RecordBatch]:
        with closing(Client(connection)) as client:
            for ids in _portions(batches):
                found = [v for v in versions_of(client, index, ids) if v is not None]
                current = sum(v >= version for v in found)
                row = {"asked": len(ids), "found": len(found), "current": current}
                yield pa.RecordBatch.from_pylist([row], CHECKED)

    return check


def sifter(connection: Connection, index: str, wanted: Wanted) -> BatchFunction:
    """Return the function that keeps rows by what an index has of them.

    Parameters
    ----------
    connection : Connection
        The server.
    index : str
        Where to look.
    wanted : callable
        See `Wanted`.

    Returns
    -------
    callable
        From batches with ``image_id`` to some of their rows, with all columns.
    """

    def sift(batches: Batches) -> Iterator[pa.RecordBatch]:
        with closing(Client(connection)) as client:
            for batch in batches:
                for start in range(0, batch.num_rows, _IDS_PER_REQUEST):
                    rows = batch.slice(start, _IDS_PER_REQUEST)
                    versions = versions_of(client, index, rows["image_id"].to_pylist())
                    kept = rows.filter(pa.array(map(wanted, versions), pa.bool_()))
                    if kept.num_rows:
                        yield kept

    return sift


def versions_of(client: Client, index: str, ids: list[str]) -> list[int | None]:
    """Return the version of each document.

    Parameters
    ----------
    client : Client
        The server.
    index : str
        Where to look.
    ids : list of str
        At most some thousands.

    Returns
    -------
    list of int or None
        In the order of the ids; None for a document that is not there.
    """
    path = f"/{quote(index, safe='')}/_mget"
    answer = client.post(path, {"ids": ids}, _source=False, realtime=False)
    return [doc["_version"] if doc.get("found") else None for doc in answer["docs"]]


def _portions(batches: Batches) -> Iterator[list[str]]:
    waiting: list[str] = []
    for batch in batches:
        waiting += batch["image_id"].to_pylist()
        while len(waiting) >= _IDS_PER_REQUEST:
            yield waiting[:_IDS_PER_REQUEST]
            del waiting[:_IDS_PER_REQUEST]
    if waiting:
        yield waiting
