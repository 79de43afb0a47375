import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from signature.crop import _variation, crop_window
from signature.grey import WHITE, grey_levels

PICTURES = arrays.arrays(
    np.uint8, st.tuples(st.integers(1, 25), st.integers(1, 25)), elements=st.integers(0, 3)
)


def _searched(variation: np.ndarray) -> tuple[int, int]:
    running = np.cumsum(variation).astype(float)
    start = np.searchsorted(running, np.percentile(running, 5), side="right")
    end = np.searchsorted(running, np.percentile(running, 95), side="left")
    if start > end:
        return int(0.05 * len(running)), int(0.95 * len(running))
    return start, end


@given(PICTURES)
def test_cuts_the_running_sum_of_differences(pixels: np.ndarray) -> None:
    grey = grey_levels(pixels)
    rows = np.abs(np.diff(grey.astype(int), axis=1)).sum(axis=1)
    columns = np.abs(np.diff(grey.astype(int), axis=0)).sum(axis=0)
    assert crop_window(grey) == (_searched(rows), _searched(columns))


def test_plain_picture_is_cut_by_its_size() -> None:
    grey = np.full((40, 60), 7, np.int32)
    assert crop_window(grey, (10, 90)) == ((4, 36), (6, 54))


def test_none_keeps_all(colours: np.ndarray) -> None:
    assert crop_window(grey_levels(colours), None) == ((0, 60), (0, 90))


def test_fix_ratio_takes_the_longer_range(colours: np.ndarray) -> None:
    grey = grey_levels(colours)
    rows, columns = crop_window(grey)
    assert columns[1] - columns[0] > rows[1] - rows[0]
    assert crop_window(grey, fix_ratio=True) == (columns, columns)
    (top, bottom), (left, right) = crop_window(np.ascontiguousarray(grey.T), fix_ratio=True)
    assert (top, bottom) == (left, right) == columns


@pytest.mark.parametrize("percentiles", [(0, 100), (1, 99), (25.5, 60)])
def test_window_lies_inside(colours: np.ndarray, percentiles: tuple[float, float]) -> None:
    (top, bottom), (left, right) = crop_window(grey_levels(colours), percentiles)
    assert 0 <= top <= bottom <= 60
    assert 0 <= left <= right <= 90


def test_sums_do_not_overflow() -> None:
    stripes = np.zeros((2, 4000), np.uint8)
    stripes[:, ::2] = 255
    tall = np.ascontiguousarray(stripes.T)
    # 4,000 steps of white, 2.55e6 each, are more than 32 bits hold.
    assert crop_window(grey_levels(np.repeat(stripes, 3, axis=0)))[0] == (1, 5)
    assert crop_window(grey_levels(np.repeat(tall, 3, axis=1)))[1] == (1, 5)


def test_variation_of_a_tall_picture_of_the_greatest_contrast() -> None:
    stripes = np.zeros((2000, 8), np.int32)
    stripes[::2] = WHITE
    along_rows, along_columns = _variation(stripes)
    assert not along_rows.any()
    assert along_columns.tolist() == [1999 * WHITE] * 8
    along_rows, along_columns = _variation(np.ascontiguousarray(stripes.T))
    assert along_rows.tolist() == [1999 * WHITE] * 8
    assert not along_columns.any()
