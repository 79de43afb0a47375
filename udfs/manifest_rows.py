"""Manifest files read on the executors: a row per image that they name.

Spark's own readers are not used here, for they lose rows or refuse files (docs/adr/0011).
"""

import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import pyarrow as pa

from fetch import FetchError, canonical, open_stream
from udfs.listing import ListingRow, listing_batches
from udfs.manifest_parquet import parquet_rows
from udfs.manifest_row import ManifestRow
from udfs.manifest_text import csv_rows, jsonl_rows

INVALID_ID = "invalid_id"
INVALID_ROW = "invalid_row"
MAX_ID_BYTES = 512  # Elasticsearch's limit for _id, which image ids become

_SHOWN_CHARACTERS = 1000  # of a malformed row, enough to find it by


def read_manifest_parts(
    batches: Iterable[pa.RecordBatch], source_format: str, folder: str
) -> Iterator[pa.RecordBatch]:
    """Read parts of a manifest; for ``DataFrame.mapInArrow``.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
        Columns ``file`` string (canonical path) and ``row_group`` int (null for text files).
    source_format : {"parquet", "csv", "jsonl"}
        Form of all the files.
    folder : str
        Where relative paths start: an absolute local path.

    Yields
    ------
    pyarrow.RecordBatch
        Schema ``LISTING_ARROW``, a row for each row of the manifest. One that cannot name an
        image keeps its path as given and has a reason: ``invalid_path``, ``invalid_id``, or
        ``invalid_row`` with the row's text as its path.

    Raises
    ------
    FetchError
        If a part cannot be read, for then nobody knows what it names.
    """
    yield from listing_batches(
        listing_row(row, folder)
        for batch in batches
        for part in batch.to_pylist()
        for row in _rows_of_part(part["file"], part["row_group"], source_format)
    )


@contextmanager
def opened_manifest(file: str) -> Iterator[BinaryIO]:
    """Open a manifest file, decompressing it where its name ends in ``.gz``.

    Parameters
    ----------
    file : str
        Canonical path.

    Yields
    ------
    binary file
        Closed with the context.

    Raises
    ------
    FetchError
        If it cannot be opened.
    """
    with open_stream(file) as stream:
        if file.lower().endswith(".gz"):
            with gzip.GzipFile(fileobj=stream) as unpacked:
                yield cast(BinaryIO, unpacked)
        else:
            yield stream


def listing_row(row: ManifestRow, folder: str) -> ListingRow:
    """Judge a manifest row and spell its path canonically.

    Parameters
    ----------
    row : ManifestRow
        As it stands in the file.
    folder : str
        Where relative paths start.

    Returns
    -------
    ListingRow
        All text in it is valid UTF-8; size and time are unknown.
    """
    if row.malformed is not None:
        shown = row.malformed.rstrip("\r\n")[:_SHOWN_CHARACTERS]
        return ListingRow(None, _utf8(shown), None, None, None, INVALID_ROW)
    path, reason = _canonical_or_reason(row.path, folder)
    image_id = _utf8(row.image_id) if row.image_id else None
    if reason is None and image_id is not None and not _is_valid_id(row.image_id or ""):
        reason = INVALID_ID
    metadata = None if row.metadata is None else _utf8(row.metadata)
    return ListingRow(image_id, path, metadata, None, None, reason)


def _rows_of_part(file: str, row_group: int | None, source_format: str) -> Iterator[ManifestRow]:
    with opened_manifest(file) as stream:
        if source_format == "parquet":
            yield from parquet_rows(stream, row_group or 0)
        elif source_format == "csv":
            yield from csv_rows(stream)
        else:
            yield from jsonl_rows(stream)


def _canonical_or_reason(path: str | None, folder: str) -> tuple[str | None, str | None]:
    try:
        return canonical(path or "", folder), None
    except FetchError as error:
        return (None if path is None else _utf8(path)), error.reason


def _is_valid_id(image_id: str) -> bool:
    """Whether an id fits, counted as it came: surrogates make it no UTF-8 and no id."""
    try:
        return len(image_id.encode("utf-8")) <= MAX_ID_BYTES
    except UnicodeEncodeError:
        return False


def _utf8(text: str) -> str:
    r"""``text`` with what UTF-8 cannot hold written as ``\udcff``: Arrow would refuse it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
