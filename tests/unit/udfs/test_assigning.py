"""Signatures get their cells, row for row."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import assign_cells
from tests.unit.matching.examples import signatures
from udfs.assigning import ASSIGNED_ROWS, assigner

from .buckets import cut, fitted, ids_of, model_of, signature_rows

LEVELS = signatures(60)
ROWS = signature_rows(LEVELS, ids_of(LEVELS))
MODEL = fitted(model_of("cells"), LEVELS)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 60), max_size=5))
def test_each_row_gets_the_cells_of_its_signature_in_any_cut(places: list[int]) -> None:
    assert MODEL.codebook is not None
    cells, costs = assign_cells(LEVELS, MODEL.codebook, MODEL.nearest, MODEL.probes)
    batches = list(assigner(MODEL)(cut(ROWS, places)))
    assert len(batches) == len(places) + 1
    assert all(batch.schema == ASSIGNED_ROWS for batch in batches)
    rows = pa.Table.from_batches(batches)
    assert rows["signature_id"].to_pylist() == ROWS["signature_id"].to_pylist()
    assert rows["signature"].to_pylist() == ROWS["signature"].to_pylist()
    assert rows["cells"].to_pylist() == cells.tolist()
    assert rows["costs"].to_pylist() == [row.tobytes() for row in costs]


def test_slices_are_read_as_they_are() -> None:
    (whole,) = assigner(MODEL)([ROWS])
    (part,) = assigner(MODEL)([ROWS.slice(13, 20)])
    assert part.to_pylist() == whole.slice(13, 20).to_pylist()


def test_the_columns_it_does_not_know_are_left_behind() -> None:
    more = ROWS.append_column("more", pa.array(np.arange(60)))
    (rows,) = assigner(MODEL)([more])
    assert rows.schema == ASSIGNED_ROWS


def test_no_rows_in_no_rows_out() -> None:
    assert list(assigner(MODEL)([])) == []
    (empty,) = assigner(MODEL)([ROWS.slice(0, 0)])
    assert (empty.num_rows, empty.schema) == (0, ASSIGNED_ROWS)


def test_a_model_without_a_codebook_has_no_cells() -> None:
    with pytest.raises(ValueError, match="no cells"):
        assigner(MODEL.light())
