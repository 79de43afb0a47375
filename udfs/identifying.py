"""Rows of a manifest get canonical ids."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from fetch import FetchError, canonical, image_id_of
from udfs.arrow import Batches

IDENTIFIED_ROWS = pa.schema(
    [
        ("image_id", pa.string()),
        ("path", pa.string()),
        ("metadata", pa.string()),
        ("bytes", pa.int64()),
        ("mtime", pa.int64()),
        ("reason", pa.string()),
        ("message", pa.string()),
    ]
)
"""A manifest's row with its id; ``reason`` where it failed before it was read."""


_WITHOUT_A_NAME = frozenset({"invalid_row", "invalid_path", "invalid_id"})
"""Failures of a row that names no image: its text is not taken for a path."""


def identify(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Fill in the image id of each row that brought none.

    Parameters
    ----------
    batches : iterator of RecordBatch
        Rows of `jobs.sources.read_manifest`.

    Yields
    ------
    RecordBatch
        Of `IDENTIFIED_ROWS`.
    """
    for batch in batches:
        rows = [_identified(row) for row in batch.to_pylist()]
        yield pa.RecordBatch.from_pylist(rows, IDENTIFIED_ROWS)


def _identified(row: dict[str, Any]) -> dict[str, Any]:
    if row["reason"] in _WITHOUT_A_NAME:
        return row
    try:
        row["path"] = canonical(row["path"] or "")
        row["image_id"] = row["image_id"] or image_id_of(row["path"])
    except FetchError as error:
        row["reason"] = row["reason"] or error.reason
        row["message"] = str(error)
    return row
