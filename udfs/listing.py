"""Folders walked on the executors: a row per entry, in Arrow batches.

For ``DataFrame.mapInArrow``; memory is one batch and the names of folders still to be entered,
however many files a folder has.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

import pyarrow as pa

from fetch.pattern import Pattern
from fetch.walk import Subtree, walk

BATCH_ROWS = 10_000


class ListingRow(NamedTuple):
    """A row of jobs.sources.schema.LISTING, which says what the columns mean."""

    image_id: str | None
    path: str | None
    metadata: str | None
    bytes: int | None
    mtime: int | None
    reason: str | None


# The Arrow twin of jobs.sources.schema.LISTING; a test keeps the two equal.
LISTING_ARROW = pa.schema(
    [
        ("image_id", pa.string()),
        ("path", pa.string()),
        ("metadata", pa.string()),
        ("bytes", pa.int64()),
        ("mtime", pa.int64()),
        ("reason", pa.string()),
    ]
)


def list_subtrees(batches: Iterable[pa.RecordBatch], pattern: Pattern) -> Iterator[pa.RecordBatch]:
    """Walk folders and emit a row per entry.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
        Columns ``folder`` binary, ``states`` list<int32>, ``deep`` bool: ``fetch.walk.Subtree``.
    pattern : Pattern
        Which files are wanted.

    Yields
    ------
    pyarrow.RecordBatch
        Schema ``LISTING_ARROW``, at most 10,000 rows; image ids and metadata are null.
    """
    entries = chain.from_iterable(walk(subtree, pattern) for subtree in _subtrees(batches))
    yield from listing_batches(
        ListingRow(None, entry.path, None, entry.size, entry.mtime, entry.reason)
        for entry in entries
    )


def listing_batches(rows: Iterable[ListingRow]) -> Iterator[pa.RecordBatch]:
    """Gather rows into Arrow batches.

    Parameters
    ----------
    rows : iterable of ListingRow
        Any number; they are drawn as they are needed.

    Yields
    ------
    pyarrow.RecordBatch
        Schema ``LISTING_ARROW``, at most 10,000 rows.
    """
    waiting = iter(rows)
    while chunk := list(islice(waiting, BATCH_ROWS)):
        columns = zip(*chunk, strict=True)
        yield pa.RecordBatch.from_arrays(
            [
                pa.array(column, field.type)
                for column, field in zip(columns, LISTING_ARROW, strict=True)
            ],
            schema=LISTING_ARROW,
        )


def _subtrees(batches: Iterable[pa.RecordBatch]) -> Iterator[Subtree]:
    for batch in batches:
        for row in batch.to_pylist():
            yield Subtree(row["folder"], frozenset(row["states"]), row["deep"])
