"""Rows of the store become the columns of documents, a batch at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from signature import WordParameters, expand, pack_levels, words_of_compact
from signature.compacting import compact_length
from udfs.arrow import Batches, BatchFunction, binary_column, fixed_bytes

WORDS = WordParameters().N
"""Fields ``simple_word_0`` to ``simple_word_62``."""

WORD_FIELDS = tuple(f"simple_word_{number}" for number in range(WORDS))

_KEPT = ("image_id", "path", "metadata", "timestamp")

DOCUMENT_ROWS = pa.schema(
    [
        *((name, pa.string()) for name in _KEPT),
        ("sig", pa.binary()),
        ("cells", pa.list_(pa.int32())),
        *((name, pa.int32()) for name in WORD_FIELDS),
        ("signature", pa.list_(pa.int8())),
    ]
)
"""One row a document; ``metadata`` still as text."""

LEAN_ROWS = pa.schema([field for field in DOCUMENT_ROWS if field.name != "signature"])
"""The same without what only image-match's clients need."""


@dataclass(frozen=True)
class DocumentTask:
    """What an executor must know to make documents.

    Attributes
    ----------
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.
    lean : bool
        Whether to leave out what only image-match's clients need.
    """

    n: int = 9
    diagonal_neighbors: bool = True
    lean: bool = False

    @property
    def schema(self) -> pa.Schema:
        """The columns of its documents."""
        return LEAN_ROWS if self.lean else DOCUMENT_ROWS


def document_maker(task: DocumentTask) -> BatchFunction:
    """Return the function that makes documents.

    Parameters
    ----------
    task : DocumentTask
        Of which kind.

    Returns
    -------
    callable
        From batches with ``image_id``, ``path``, ``metadata``, ``timestamp``, ``signature`` and
        ``cells`` to the task's schema, row for row.
    """

    def make(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if batch.num_rows:
                yield documents(batch, task)

    return make


def documents(batch: pa.RecordBatch, task: DocumentTask) -> pa.RecordBatch:
    """Make the documents of a batch.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
        Rows of the store.
    task : DocumentTask
        Of which kind.

    Returns
    -------
    pyarrow.RecordBatch
        Of the task's schema.
    """
    width = compact_length(task.n, task.diagonal_neighbors)
    levels = fixed_bytes(batch["signature"], width).view(np.int8)
    columns = {name: batch[name] for name in _KEPT}
    columns["sig"] = binary_column(pack_levels(levels))
    columns["cells"] = _real_cells(batch["cells"])
    words = words_of_compact(levels, n=task.n, diagonal_neighbors=task.diagonal_neighbors)
    by_word = np.ascontiguousarray(words.astype(np.int32).T)
    columns |= dict(zip(WORD_FIELDS, map(pa.array, by_word), strict=True))
    if not task.lean:
        columns["signature"] = _lists(expand(levels, task.n, task.diagonal_neighbors))
    arrays = [columns[name] for name in task.schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=task.schema)


def _lists(rows: npt.NDArray[np.int8]) -> pa.ListArray:
    offsets = np.arange(len(rows) + 1, dtype=np.int32) * rows.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(rows.ravel()))


def _real_cells(cells: pa.ListArray) -> pa.ListArray:
    """Leave out the -1 that fill a list which is short; null, without a model, becomes empty."""
    cells = pc.fill_null(cells, pa.scalar([], cells.type)) if cells.null_count else cells
    flat, parents = cells.flatten(), pc.list_parent_indices(cells)
    real = pc.greater_equal(flat, 0)
    counts = np.bincount(parents.filter(real).to_numpy(), minlength=len(cells))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), flat.filter(real))
