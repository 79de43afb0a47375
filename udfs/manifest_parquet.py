"""Manifests in Parquet, read a row group at a time."""

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from udfs.listing import BATCH_ROWS
from udfs.manifest_row import ManifestRow, as_text

_COLUMNS = ("path", "image_id", "metadata")


def parquet_rows(stream: BinaryIO, row_group: int) -> Iterator[ManifestRow]:
    """Read one row group; only the columns that a manifest may have are read.

    Parameters
    ----------
    stream : binary file
        Seekable.
    row_group : int
        Which one, from 0.

    Yields
    ------
    ManifestRow
        Never malformed: the file's types were checked before.
    """
    with pq.ParquetFile(stream) as file:
        present = [name for name in _COLUMNS if name in file.schema_arrow.names]
        for batch in file.iter_batches(BATCH_ROWS, row_groups=[row_group], columns=present):
            columns = {name: batch.column(name) for name in present}
            nothing = pa.nulls(batch.num_rows)
            yield from map(
                ManifestRow,
                _names(columns["path"]),
                columns.get("image_id", nothing).cast(pa.string()).to_pylist(),
                map(
                    as_text,
                    columns.get("metadata", nothing).to_pylist(maps_as_pydicts="strict"),
                ),
            )


def _names(column: pa.Array) -> list[str | None]:
    """Paths as text; a binary column holds the names' bytes, whatever their encoding."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return [
        value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        for value in column.to_pylist()
    ]
