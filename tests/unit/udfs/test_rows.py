"""Packed rows hold all that a comparison needs of a signature."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Model
from matching.cells import NO_CELL, Cells
from tests.unit.matching.examples import random_levels, signatures
from udfs.arrow import binary_column, fixed_bytes
from udfs.rows import (
    Signatures,
    assigned_signatures,
    packed_rows,
    row_bytes,
    unpacked_rows,
)

from .buckets import assigned_rows, cut, fitted, ids_of, model_of

LEVELS = signatures(60)
IDS = ids_of(LEVELS)
CELLS = fitted(model_of("cells"), LEVELS)
WORDS = model_of("words")


def same(a: Signatures, b: Signatures) -> bool:
    if (a.cells is None) != (b.cells is None):
        return False
    parts = [(one.ids, one.levels, *(one.cells or ())) for one in (a, b)]
    return all(p.dtype == q.dtype and np.array_equal(p, q) for p, q in zip(*parts, strict=True))


@pytest.mark.parametrize("model", [CELLS, WORDS, fitted(model_of("cells", "words"), LEVELS)])
def test_rows_come_back_equal(model: Model) -> None:
    signatures = assigned_signatures(assigned_rows(LEVELS, IDS, model), model)
    packed = packed_rows(signatures)
    assert packed.shape == (60, row_bytes(model))
    assert same(unpacked_rows(packed, model), signatures)


@settings(deadline=None, max_examples=40)
@given(
    n=st.integers(4, 9),
    diagonal=st.booleans(),
    nearest=st.integers(1, 20),
    count=st.integers(0, 5),
    seed=st.integers(0, 999),
)
def test_rows_of_any_size_come_back_equal(
    n: int, diagonal: bool, nearest: int, count: int, seed: int
) -> None:
    model = model_of("cells", n=n, diagonal_neighbors=diagonal, nearest=nearest)
    rng = np.random.default_rng(seed)
    cells = Cells(
        rng.integers(NO_CELL, 2**31, (count, nearest)).astype(np.int32),
        rng.integers(0, 256, (count, nearest), np.uint8),
    )
    ids = rng.integers(0, 256, (count, 16), np.uint8)
    signatures = Signatures(ids, random_levels(rng, count, model.width), cells)
    assert same(unpacked_rows(packed_rows(signatures), model), signatures)


def test_the_sizes_of_rows_are_as_stated() -> None:
    assert row_bytes(model_of("cells", nearest=12)) == 167
    assert row_bytes(model_of("cells", "words", nearest=12)) == 167
    assert row_bytes(model_of("words", nearest=12)) == row_bytes(model_of("exhaustive")) == 107
    assert row_bytes(model_of("words", n=6)) == 16 + 37


def test_a_packed_row_is_id_levels_cells_and_costs() -> None:
    signatures = assigned_signatures(assigned_rows(LEVELS, IDS, CELLS), CELLS)
    assert signatures.cells is not None
    for row, one in zip(packed_rows(signatures), range(60), strict=True):
        assert row[:16].tobytes() == IDS[one].tobytes()
        cells = [
            cell.to_bytes(4, "little", signed=True) for cell in signatures.cells.cells[one].tolist()
        ]
        assert row[107:127].tobytes() == b"".join(cells)
        assert row[127:].tobytes() == signatures.cells.costs[one].tobytes()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 60), max_size=5))
def test_slices_of_batches_are_read_as_they_are(places: list[int]) -> None:
    whole = assigned_rows(LEVELS, IDS, CELLS)
    expected = packed_rows(assigned_signatures(whole, CELLS))
    edges = sorted({0, 60, *places})
    slices = [whole.slice(a, b - a) for a, b in pairwise(edges)]
    for batches in (slices, cut(whole, places)):
        parts = [packed_rows(assigned_signatures(batch, CELLS)) for batch in batches]
        assert np.array_equal(np.concatenate(parts), expected)


def test_cells_of_a_batch_in_any_integers_are_read() -> None:
    whole = assigned_rows(LEVELS, IDS, CELLS)
    wide = whole.set_column(2, "cells", whole["cells"].cast(pa.list_(pa.int64())))
    assert same(assigned_signatures(wide, CELLS), assigned_signatures(whole, CELLS))


def test_packed_rows_travel_as_a_column() -> None:
    packed = packed_rows(assigned_signatures(assigned_rows(LEVELS, IDS, CELLS), CELLS))
    column = binary_column(packed)
    read = unpacked_rows(fixed_bytes(column.slice(7, 9), row_bytes(CELLS)), CELLS)
    assert np.array_equal(read.levels, LEVELS[7:16])
    assert np.array_equal(read.ids, IDS[7:16])


def test_rows_of_another_model_are_refused() -> None:
    packed = packed_rows(assigned_signatures(assigned_rows(LEVELS, IDS, CELLS), CELLS))
    for other in (WORDS, model_of("cells", nearest=6)):
        with pytest.raises(ValueError, match="bytes in every row"):
            fixed_bytes(binary_column(packed), row_bytes(other))
