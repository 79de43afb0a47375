"""Manifests in CSV and JSON lines, read row by row.

Neither reader gives up on a bad row or drops it: the row comes out as ``malformed``, with its
text, and reading goes on behind it.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from typing import BinaryIO

from udfs.manifest_row import ManifestRow, as_text

# With surrogateescape a name whose bytes are not UTF-8 survives, as fetch.canonical expects it.
_ON_BAD_BYTES = "surrogateescape"


def csv_header(stream: BinaryIO) -> list[str]:
    """Read the column names of a CSV file.

    Parameters
    ----------
    stream : binary file
        At its beginning; it is closed.

    Returns
    -------
    list of str
        In order; empty for an empty file.
    """
    with _text(stream) as lines:
        return next(csv.reader(lines), [])


def csv_rows(stream: BinaryIO) -> Iterator[ManifestRow]:
    """Read a CSV file: RFC 4180, UTF-8 with or without a byte order mark, a header.

    Any line end will do, mixed ones too; those inside quotes belong to the value, as do spaces.
    An empty field is no value. A blank line is no row.

    Parameters
    ----------
    stream : binary file
        At its beginning; it is closed at the end.

    Yields
    ------
    ManifestRow
        Malformed where the number of fields is not the header's or a quote is out of place.
    """
    with _text(stream) as text:
        lines = _Remembered(text)
        rows = csv.reader(lines, strict=True)
        header = next(rows, [])
        while True:
            lines.taken.clear()
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error:
                yield ManifestRow(None, malformed="".join(lines.taken))
                continue
            if row:
                yield _of_fields(header, row) or ManifestRow(None, malformed="".join(lines.taken))


def jsonl_rows(stream: BinaryIO) -> Iterator[ManifestRow]:
    """Read a file with one JSON object a line, UTF-8; blank lines are no rows.

    Parameters
    ----------
    stream : binary file
        At its beginning.

    Yields
    ------
    ManifestRow
        Malformed where the line is no JSON object or its path is no string.
    """
    for line in stream:
        text = line.decode("utf-8-sig", _ON_BAD_BYTES)
        if text.strip():
            yield _of_json(text) or ManifestRow(None, malformed=text)


def first_json_object(stream: BinaryIO) -> dict[str, object] | None:
    """Read the object in the first line that is not blank.

    Parameters
    ----------
    stream : binary file
        At its beginning.

    Returns
    -------
    dict or None
        None where that line is no JSON object, or where there is none.
    """
    for line in stream:
        text = line.decode("utf-8-sig", _ON_BAD_BYTES)
        if text.strip():
            return _json_object(text)
    return None


class _Remembered:
    """Lines that remember which of them a row was made of."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.taken: list[str] = []

    def __iter__(self) -> "_Remembered":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken.append(line)
        return line


def _text(stream: BinaryIO) -> TextIOWrapper:
    # newline="": the csv module must see the line ends, or it would lose those inside quotes.
    return TextIOWrapper(stream, encoding="utf-8-sig", errors=_ON_BAD_BYTES, newline="")


def _of_fields(header: Sequence[str], row: Sequence[str]) -> ManifestRow | None:
    if len(row) != len(header):
        return None
    fields = dict(zip(header, row, strict=True))
    return ManifestRow(
        fields["path"] or None,
        fields.get("image_id") or None,
        fields.get("metadata") or None,
    )


def _of_json(text: str) -> ManifestRow | None:
    fields = _json_object(text)
    if fields is None:
        return None
    path = fields.get("path")
    if path is not None and not isinstance(path, str):
        return None
    return ManifestRow(path, as_text(fields.get("image_id")), as_text(fields.get("metadata")))


def _json_object(text: str) -> dict[str, object] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
