from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from signature.compacting import compact, compact_length, expand, independent_positions
from signature.errors import ArrayError, ParameterError
from signature.packing import pack_levels, unpack_levels

GRIDS = st.tuples(st.integers(2, 12), st.booleans())
LEVELS = st.integers(-2, 2)


def _tables(width: int) -> st.SearchStrategy[np.ndarray]:
    shape = st.tuples(st.integers(0, 4), st.just(width))
    return arrays.arrays(np.int8, shape, elements=LEVELS)


@given(GRIDS.flatmap(lambda g: st.tuples(st.just(g), _tables(compact_length(*g)))))
def test_round_trip(case: tuple[tuple[int, bool], np.ndarray]) -> None:
    grid, levels = case
    np.testing.assert_array_equal(compact(expand(levels, *grid), *grid), levels)


def test_order_is_right_down_lower_right_lower_left() -> None:
    levels = np.arange(272, dtype=np.int16).astype(np.int8)
    full = expand(levels).reshape(9, 9, 8)
    np.testing.assert_array_equal(full[:, :-1, 4].ravel(), levels[:72])
    np.testing.assert_array_equal(full[:-1, :, 6].ravel(), levels[72:144])
    np.testing.assert_array_equal(full[:-1, :-1, 7].ravel(), levels[144:208])
    np.testing.assert_array_equal(full[:-1, 1:, 5].ravel(), levels[208:])
    np.testing.assert_array_equal(full[:, 1:, 3], -full[:, :-1, 4])
    np.testing.assert_array_equal(full[1:, :, 1], -full[:-1, :, 6])
    np.testing.assert_array_equal(full[1:, 1:, 0], -full[:-1, :-1, 7])
    np.testing.assert_array_equal(full[1:, :-1, 2], -full[:-1, 1:, 5])


@pytest.mark.parametrize(("grid", "length"), [((9, True), 272), ((9, False), 144), ((2, True), 6)])
def test_length(grid: tuple[int, bool], length: int) -> None:
    assert compact_length(*grid) == length
    kept, mirrored = independent_positions(*grid)
    assert len(set(kept) | set(mirrored)) == 2 * length


@given(arrays.arrays(np.int8, 272, elements=LEVELS), st.integers(0, 647))
def test_what_is_not_antisymmetric_is_refused(levels: np.ndarray, place: int) -> None:
    full = expand(levels)
    full[place] += 1
    with pytest.raises(ArrayError, match="not a signature"):
        compact(full)


@given(st.integers(1, 300).flatmap(_tables))
def test_packing_round_trip(levels: np.ndarray) -> None:
    packed = pack_levels(levels)
    assert packed.shape == (len(levels), -(-levels.shape[1] // 3))
    np.testing.assert_array_equal(unpack_levels(packed, levels.shape[1]), levels)


def test_packed_size() -> None:
    assert pack_levels(np.zeros(272, np.int8)).shape == (91,)
    assert pack_levels(np.array([2, 1, -2], np.int8)).tolist() == [4 + 3 * 5 + 0 * 25]


@pytest.mark.parametrize("value", [-3, 3, 127])
def test_packing_refuses_other_levels(value: int) -> None:
    with pytest.raises(ArrayError, match="-2 to 2"):
        pack_levels(np.array([0, value], np.int8))


@pytest.mark.parametrize(
    ("packed", "match"),
    [
        (np.zeros(90, np.uint8), "91 bytes"),
        (np.zeros(91, np.int8), "uint8"),
        (np.full(91, 125, np.uint8), "below 125"),
        (np.full(91, 0, np.uint8), "more than 272"),
    ],
)
def test_unpacking_refuses(packed: np.ndarray, match: str) -> None:
    with pytest.raises(ArrayError, match=match):
        unpack_levels(packed)


@pytest.mark.parametrize("function", [compact, expand])
def test_wrong_arrays_are_refused(function: Callable[..., np.ndarray]) -> None:
    with pytest.raises(ArrayError):
        function(np.zeros(100, np.int8))
    with pytest.raises(ArrayError):
        function(np.zeros(648 if function is compact else 272, np.int16))
    with pytest.raises(ParameterError, match="n must be"):
        function(np.zeros(8 if function is compact else 0, np.int8), 1)
