"""Arrow's binary columns as matrices, and back."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.arrow import binary_column, fixed_bytes

VALUES = [bytes([row, 0, 255, row]) for row in range(9)]


def matrix(values: list[bytes]) -> list[list[int]]:
    return [list(value) for value in values]


@settings(deadline=None)
@given(start=st.integers(0, 9), length=st.integers(0, 9))
def test_any_slice_is_viewed(start: int, length: int) -> None:
    column = pa.array(VALUES, pa.binary()).slice(start, length)
    viewed = fixed_bytes(column, 4)
    assert viewed.shape == (len(column), 4)
    assert viewed.tolist() == matrix(VALUES[start : start + length])


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=4))
def test_chunks_are_joined(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), 9]
    parts = [VALUES[a:b] for a, b in pairwise(edges)]
    column = pa.chunked_array(parts, pa.binary())
    assert fixed_bytes(column, 4).tolist() == matrix(VALUES)


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_round_trip(rows: int) -> None:
    values = np.arange(rows * 3, dtype=np.uint8).reshape(rows, 3)
    column = binary_column(values)
    assert column.type == pa.binary()
    assert column.to_pylist() == [row.tobytes() for row in values]
    assert np.array_equal(fixed_bytes(column, 3), values)


def test_rows_of_a_transposed_matrix_are_rows() -> None:
    values = np.arange(12, dtype=np.uint8).reshape(3, 4).T
    assert binary_column(values).to_pylist() == [bytes(row) for row in values.tolist()]


def test_lengths_that_only_agree_on_the_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="4 bytes"):
        fixed_bytes(pa.array([b"abc", b"abcde"], pa.binary()), 4)


def test_a_null_that_has_bytes_below_it_is_refused() -> None:
    full = pa.array(VALUES[:2], pa.binary())
    second_is_null = [pa.py_buffer(b"\x01"), *full.buffers()[1:]]
    with pytest.raises(ValueError, match="4 bytes"):
        fixed_bytes(pa.Array.from_buffers(pa.binary(), 2, second_is_null), 4)


@pytest.mark.parametrize("spoiled", [None, b"", b"abc", b"abcde"])
def test_a_null_or_another_length_is_refused(spoiled: bytes | None) -> None:
    column = pa.array([*VALUES[:3], spoiled, *VALUES[3:]], pa.binary())
    with pytest.raises(ValueError, match="4 bytes"):
        fixed_bytes(column, 4)
    # What lies outside of a slice is not looked at.
    assert len(fixed_bytes(column.slice(4), 4)) == 6
