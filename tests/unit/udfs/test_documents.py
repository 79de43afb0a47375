"""Rows of the store as documents, beside a slow way of making them."""

import numpy as np
import pyarrow as pa
import pytest

from signature import expand, pack_levels, words
from signature.compacting import compact_length
from udfs.arrow import binary_column
from udfs.documents import DOCUMENT_ROWS, LEAN_ROWS, WORD_FIELDS, DocumentTask, document_maker

CELLS = [[5, 2], [7], [3, -1], [-1, -1], None]


def batch(width: int, cells: list[list[int] | None]) -> pa.RecordBatch:
    """Return rows as `document_rows` gives them."""
    count = len(cells)
    levels = np.random.default_rng(3).integers(-2, 3, (count, width)).astype(np.int8)
    names = [f"id-{number}" for number in range(count)]
    columns = {
        "image_id": pa.array(names),
        "path": pa.array([f"/pictures/{name}" for name in names]),
        "metadata": pa.array(['{"a": 1}', *[None] * (count - 1)], pa.string()),
        "timestamp": pa.array([None, *["2020-01-01T00:00:00.000Z"] * (count - 1)], pa.string()),
        "signature": binary_column(levels.view(np.uint8)),
        "cells": pa.array(cells, pa.list_(pa.int32())),
    }
    return pa.RecordBatch.from_pydict(columns)


@pytest.mark.parametrize(("n", "diagonals"), [(9, True), (8, False)])
def test_a_document_has_what_the_slow_way_gives(n: int, diagonals: bool) -> None:
    rows = batch(compact_length(n, diagonals), CELLS)
    made = list(document_maker(DocumentTask(n, diagonals))([rows]))
    documents = pa.Table.from_batches(made).to_pylist()
    assert len(documents) == len(CELLS)
    for row, document, cells in zip(rows.to_pylist(), documents, CELLS, strict=True):
        levels = np.frombuffer(row["signature"], np.int8)
        full = expand(levels, n, diagonals)
        assert document["signature"] == full.tolist()
        assert [document[name] for name in WORD_FIELDS] == words(full).tolist()
        assert document["sig"] == pack_levels(levels).tobytes()
        assert document["cells"] == [cell for cell in cells or [] if cell >= 0]
        for name in ("image_id", "path", "metadata", "timestamp"):
            assert document[name] == row[name]


def test_slices_and_empty_batches_are_documents_too() -> None:
    rows = batch(272, CELLS)
    make = document_maker(DocumentTask())
    whole = pa.Table.from_batches(list(make([rows]))).to_pylist()
    parts = [rows.slice(0, 0), rows.slice(0, 2), rows.slice(2)]
    assert pa.Table.from_batches(list(make(parts))).to_pylist() == whole


def test_a_lean_document_is_the_same_without_the_signature() -> None:
    rows = batch(272, CELLS)
    (full,) = document_maker(DocumentTask())([rows])
    (lean,) = document_maker(DocumentTask(lean=True))([rows])
    assert full.schema == DOCUMENT_ROWS
    assert lean.schema == LEAN_ROWS
    assert lean.to_pylist() == [
        {name: value for name, value in row.items() if name != "signature"}
        for row in full.to_pylist()
    ]
