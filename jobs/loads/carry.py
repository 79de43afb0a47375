"""Carrying over what others wrote into the old index, or deleted there, during a backfill."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from elastic import Client
from elastic.bulk import delete, write
from elastic.changes import Found, changes
from jobs.errors import LoadError
from jobs.loads.verify import sift
from matching import Model, assign_cells
from signature import compact, unpack_levels
from signature.errors import SignatureError
from signature.levels import Levels
from udfs.arrow import binary_column
from udfs.checking import versions_of
from udfs.documents import DocumentTask, documents

_IDS_PER_REQUEST = 500


def carry_documents(
    client: Client, old: str, new: str, since: dict[str, int], model: Model, task: DocumentTask
) -> int:
    """Copy documents that are newer in the old index, or only there.

    Documents of image-match's clients get their packed signature and their cells, and are marked as
    of no store.

    Parameters
    ----------
    client : Client
        The server.
    old, new : str
        The indices.
    since : dict of str to int
        Sequence numbers of the old index' shards.
    model : Model
        Gives cells.
    task : DocumentTask
        Kind of the new documents.

    Returns
    -------
    int
        Documents that were written.

    Raises
    ------
    LoadError
        If a document has no signature that can be read.
    """
    written = 0
    for page in changes(client, old, since):
        there = versions_of(client, new, [found.id for found in page])
        newer = [f for f, v in zip(page, there, strict=True) if v is None or f.version > v]
        if newer:
            made = zip(newer, _documents(newer, model, task), strict=True)
            written += write(client, new, [(f.id, f.version, document) for f, document in made])
    return written


def find_absent(ids: DataFrame, client: Client, index: str) -> DataFrame:
    """Find ids that an index does not have.

    One row is an id. No shuffle.

    Parameters
    ----------
    ids : DataFrame
        With ``image_id``.
    client : Client
        The server.
    index : str
        Where to look.

    Returns
    -------
    DataFrame
        With ``image_id``.
    """
    return sift(ids.select("image_id"), client, index, lambda version: version is None)


def carry_deletions(client: Client, new: str, gone: DataFrame) -> int:
    """Delete what is gone from the old index.

    Parameters
    ----------
    client : Client
        The server.
    new : str
        Where to delete it.
    gone : DataFrame
        With ``image_id``.

    Returns
    -------
    int
        Documents that were there.
    """
    deleted, waiting = 0, []
    for row in gone.toLocalIterator():
        waiting.append(row.image_id)
        if len(waiting) == _IDS_PER_REQUEST:
            deleted += delete(client, new, waiting)
            waiting = []
    return deleted + delete(client, new, waiting)


def _documents(found: list[Found], model: Model, task: DocumentTask) -> Iterator[dict[str, Any]]:
    levels = np.stack([_levels(one, model) for one in found])
    if model.codebook is None:
        cells = np.empty((len(found), 0), np.int32)
    else:
        cells = assign_cells(levels, model.codebook, model.nearest, model.probes)[0]
    columns = {
        "image_id": pa.array([one.id for one in found]),
        "path": pa.array([one.source.get("path") for one in found], pa.string()),
        "metadata": pa.nulls(len(found), pa.string()),
        "timestamp": pa.nulls(len(found), pa.string()),
        "signature": binary_column(levels.view(np.uint8)),
        "cells": pa.array(cells.tolist(), pa.list_(pa.int32())),
    }
    batch = pa.RecordBatch.from_pydict(columns)
    for one, row in zip(found, documents(batch, task).to_pylist(), strict=True):
        document = {name: value for name, value in row.items() if value is not None}
        document["sig"] = base64.b64encode(row["sig"]).decode()
        if one.added:  # so that the next backfill carries it over, too
            document["added"] = True
        kept = ("metadata",) if task.lean else ("metadata", "timestamp")
        yield document | {name: one.source[name] for name in kept if one.source.get(name)}


def _levels(one: Found, model: Model) -> Levels:
    try:
        if one.sig is not None:
            return unpack_levels(np.frombuffer(one.sig, np.uint8), model.width)
        full = np.array(one.source["signature"], np.int8)
        return compact(full, model.n, model.diagonal_neighbors)
    except (KeyError, ValueError, TypeError, OverflowError, SignatureError) as error:
        raise LoadError(
            f"the old index has a document {json.dumps(one.id)} without a signature that can be "
            f"read, so it cannot be carried over ({error}): delete it, and start again"
        ) from None
