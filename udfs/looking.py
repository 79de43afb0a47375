"""What a file is now, without decoding it: size and time, or the hash of its bytes on request."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pyarrow as pa

from fetch import FetchError, fetch, stat
from udfs.arrow import Batches, BatchFunction
from udfs.identifying import IDENTIFIED_ROWS

LOOKED_ROWS = pa.schema(
    [
        *IDENTIFIED_ROWS,
        ("admitted", pa.bool_()),
        ("etag", pa.string()),
        ("content_sha256", pa.string()),
    ]
)
"""A manifest's row with the version of its file; what is not known is null."""


def looker(max_image_bytes: int, contents: bool) -> BatchFunction:
    """Return the function that looks at files.

    Parameters
    ----------
    max_image_bytes : int
        A larger file is not read.
    contents : bool
        Whether every file is read and hashed; else only those are asked for their size and time
        of which the listing did not tell.

    Returns
    -------
    callable
        From `udfs.identifying.IDENTIFIED_ROWS` with ``admitted`` to `LOOKED_ROWS`. A file that
        cannot be had keeps its nulls: signing will say why.
    """

    def look(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = [_looked(row, max_image_bytes, contents) for row in batch.to_pylist()]
            yield pa.RecordBatch.from_pylist(rows, LOOKED_ROWS)

    return look


def _looked(row: dict[str, Any], max_image_bytes: int, contents: bool) -> dict[str, Any]:
    if row["reason"] is not None or not row["admitted"]:
        return row
    try:
        if contents:
            read = fetch(row["path"], max_image_bytes)
            digest = sha256(read.data).hexdigest()
            version = {"bytes": read.size, "mtime": read.mtime, "etag": read.etag}
            return row | version | {"content_sha256": digest}
        if row["bytes"] is None:
            found = stat(row["path"])
            return row | {"bytes": found.size, "mtime": found.mtime, "etag": found.etag}
    except FetchError:
        return row | {"bytes": None, "mtime": None}
    return row
