"""What the server refused: set aside in an index by the connector, copied back with its reason."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pyspark.sql import SparkSession

from elastic import Client
from elastic.indices import create, remove
from jobs.errors import LoadError
from jobs.sinks.files import Files
from jobs.stages.schema import spark_schema
from store.schemas import REJECTS

REJECTED = "rejected"
"""Status of an image that is signed, but whose document the server refused."""

_BODY = {"settings": {"number_of_replicas": 0}, "mappings": {"enabled": False}}
_PAGE = 500
_KEPT_S = "2m"
_MAX_MESSAGE = 1000
_MOST = 100_000
"""More rejects than the driver takes: a load with so many has failed whatever its share."""

_NOT_ITS_OWN = {
    "cluster_block_exception": "the index takes no writes",
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
    """Read what was refused, each image once.

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
    client.post(f"/{quote(rejects_index(index), safe='')}/_refresh")
    found: dict[str, Reject] = {}
    for source in _sources(client, rejects_index(index)):
        reject = _reject(source)
        if reject.reason in _NOT_ITS_OWN:
            raise LoadError(f"{_NOT_ITS_OWN[reject.reason]}: {reject.message}")
        found[reject.image_id] = reject
        if len(found) > _MOST:
            raise LoadError(f"the server refused more than {_MOST:,} documents: {reject.message}")
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


def _sources(client: Client, index: str) -> Iterator[dict[str, Any]]:
    path = f"/{quote(index, safe='')}/_search"
    answer = client.post(path, {"size": _PAGE, "sort": ["_doc"]}, scroll=_KEPT_S)
    while answer["hits"]["hits"]:
        for hit in answer["hits"]["hits"]:
            yield hit["_source"]
        scroll = {"scroll": _KEPT_S, "scroll_id": answer["_scroll_id"]}
        answer = client.post("/_search/scroll", scroll)


def _reject(source: dict[str, Any]) -> Reject:
    action, _, document = source["event"]["raw"].partition("\n")
    image_id = next(iter(json.loads(action).values()))["_id"]
    path = json.loads(document).get("path") if document.strip() else None
    error = source["error"]
    return Reject(image_id, path, error["code"], error["message"][:_MAX_MESSAGE])
