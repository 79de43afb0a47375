"""What the server refused: set aside in an index by the connector, copied back with its reason.

The connector keeps the first sentence of a refusal, which says "failed to parse field", and not the
cause behind it. So each document is sent once more, which also tells whether it is refused still.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pyspark.sql import SparkSession

from elastic import Client
from elastic.indices import create, refresh, remove
from jobs.errors import LoadError
from jobs.sinks.files import Files
from jobs.stages.schema import spark_schema
from store.schemas import REJECTS

REJECTED = "rejected"
"""Status of an image that is signed, but whose document the server refused."""

_BODY = {"settings": {"number_of_replicas": 0}, "mappings": {"enabled": False}}
_PAGE = 50
"""Documents that are refused may be long."""

_KEPT_S = "2m"
_MAX_MESSAGE = 1000
_MOST = 100_000
"""More rejects than the driver takes: a load with so many has failed whatever its share."""

_NOT_ITS_OWN = {
    "cluster_block_exception": "the index takes no writes",
    "es_rejected_execution_exception": "Elasticsearch was too busy for too long",
    "index_closed_exception": "the index is closed",
    "index_not_found_exception": "the index is gone",
    "security_exception": "this user or key may not write the index",
    "unavailable_shards_exception": "a shard of the index is not there",
    "version_conflict_engine_exception": "the index holds documents of a later run",
}
"""Refusals that are not about the document: the load has failed."""


@dataclass(frozen=True)
class Reject:
    """A document that the server refused.

    Attributes
    ----------
    image_id : str
        Its id.
    path : str or None
        Of its image.
    reason : str
        The server's name of the error.
    message : str
        The server's sentence.
    """

    image_id: str
    path: str | None
    reason: str
    message: str


def rejects_index(index: str) -> str:
    """Return the name of the index that takes an index's rejects.

    Parameters
    ----------
    index : str
        What is loaded.

    Returns
    -------
    str
        Its own name, with something behind it.
    """
    return f"{index}-rejects"


def open_rejects(client: Client, index: str) -> str:
    """Make an empty index for rejects, in place of one that an earlier try left.

    Parameters
    ----------
    client : Client
        The server.
    index : str
        What is loaded.

    Returns
    -------
    str
        Its name.
    """
    name = rejects_index(index)
    remove(client, name)
    create(client, name, _BODY)
    return name


def read_rejects(client: Client, index: str) -> list[Reject]:
    """Read what was refused and still is, each image once.

    Parameters
    ----------
    client : Client
        The server.
    index : str
        What is loaded.

    Returns
    -------
    list of Reject
        By id.

    Raises
    ------
    LoadError
        If a refusal is not about its document, or there are too many.
    """
    refresh(client, rejects_index(index))
    found: dict[str, Reject] = {}
    for raw in _pages(client, rejects_index(index)):
        for reject in _refused_again(client, index, raw):
            if reject.reason in _NOT_ITS_OWN:
                raise LoadError(f"{_NOT_ITS_OWN[reject.reason]}: {reject.message}")
            found[reject.image_id] = reject
        if len(found) > _MOST:
            raise LoadError(f"the server refused more than {_MOST:,} documents")
    return [found[image_id] for image_id in sorted(found)]


def keep_rejects(spark: SparkSession, files: Files, report: str, rejects: list[Reject]) -> None:
    """Add rejects to the report ``rejects`` of a run; those that are there already stay as one.

    Parameters
    ----------
    spark : SparkSession
        Writes Parquet.
    files : Files
        Tells whether the report is there.
    report : str
        Folder of the run's reports.
    rejects : list of Reject
        What was refused.
    """
    if not rejects:
        return
    path = f"{report}/rejects.parquet"
    values = [(r.image_id, r.path, REJECTED, r.reason, r.message) for r in rejects]
    rows = spark.createDataFrame(values, spark_schema(REJECTS)).coalesce(1)
    if files.names(path):
        known = spark.read.schema(spark_schema(REJECTS)).parquet(path)
        rows = rows.join(known.where(known.status == REJECTED), "image_id", "left_anti")
        rows = rows.select(*REJECTS.names)
    rows.coalesce(1).write.mode("append").parquet(path)


def _pages(client: Client, index: str) -> Iterator[list[str]]:
    """The refused lines of bulk requests, an action and a document in each."""
    path = f"/{quote(index, safe='')}/_search"
    answer = client.post(path, {"size": _PAGE, "sort": ["_doc"]}, scroll=_KEPT_S)
    while answer["hits"]["hits"]:
        yield [hit["_source"]["event"]["raw"] for hit in answer["hits"]["hits"]]
        scroll = {"scroll": _KEPT_S, "scroll_id": answer["_scroll_id"]}
        answer = client.post("/_search/scroll", scroll)


def _refused_again(client: Client, index: str, raw: list[str]) -> Iterator[Reject]:
    body = "".join(line.rstrip("\n") + "\n" for line in raw).encode()
    answer = client.post(f"/{quote(index, safe='')}/_bulk", body)
    for line, item in zip(raw, answer["items"], strict=True):
        result = next(iter(item.values()))
        if "error" in result:
            document = line.partition("\n")[2].strip()
            path = json.loads(document).get("path") if document else None
            error = result["error"]
            yield Reject(result["_id"], path, error["type"], _reasons(error)[:_MAX_MESSAGE])


def _reasons(error: Mapping[str, Any]) -> str:
    """The server's sentence and the causes behind it, without the value, which may be long."""
    sentence = re.sub(
        r" Preview of field's value: '.*'", "", str(error.get("reason")), flags=re.DOTALL
    )
    cause = error.get("caused_by")
    return f"{sentence}: {_reasons(cause)}" if cause else sentence
