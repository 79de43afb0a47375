import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from signature.errors import ArrayError, FeaturelessError
from signature.levels import neighbour_differences, quantised

AROUND = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
BESIDE = [(-1, 0), (0, -1), (0, 1), (1, 0)]
MEANS = st.integers(2, 6).flatmap(
    lambda n: arrays.arrays(np.float64, (n, n), elements=st.floats(0, 1))
)


@given(MEANS, st.booleans())
def test_each_neighbour(means: np.ndarray, diagonals: bool) -> None:
    n = len(means)
    around = AROUND if diagonals else BESIDE
    found = neighbour_differences(means, diagonals)
    assert found.shape == (n, n, len(around))
    for i, j in np.ndindex(n, n):
        for place, (down, right) in enumerate(around):
            inside = 0 <= i + down < n and 0 <= j + right < n
            expected = means[i, j] - means[i + down, j + right] if inside else 0
            assert found[i, j, place] == expected


@pytest.mark.parametrize("means", [np.zeros((3, 4)), np.full((3, 3), np.nan), np.zeros(9)])
def test_refuses_other_grids(means: np.ndarray) -> None:
    with pytest.raises(ArrayError, match="square and finite"):
        neighbour_differences(means)


def test_tolerance_is_exclusive() -> None:
    levels = quantised(np.array([0.1, -0.1, 0.5, -0.5]), identical_tolerance=0.1)
    assert levels.tolist() == [1, -1, 2, -2]
    levels = quantised(np.array([0.0999, -0.0999, 0.5, -0.5]), identical_tolerance=0.1)
    assert levels.tolist() == [0, 0, 1, -1] or levels.tolist() == [0, 0, 2, -2]


def test_border_of_two_groups_is_the_lower_level() -> None:
    values = np.array([0.1, 0.2, 0.3])
    assert quantised(np.concatenate([values, -values])).tolist() == [1, 1, 2, -1, -1, -2]


def test_a_level_is_taken_for_a_difference_of_one() -> None:
    # image-match: white beside black is a difference of 1, so the second group reaches to 1, and
    # every level 1 of the first group is taken for such a difference and ends as 2.
    values = np.array([0.25, 0.5, 1.0, 1.0])
    assert quantised(np.concatenate([values, -values])).tolist() == [2, 2, 2, 2, -2, -2, -2, -2]
    ones = np.array([1.0, 1.0, 1.0])
    assert quantised(np.concatenate([ones, -ones])).tolist() == [2, 2, 2, -2, -2, -2]


@pytest.mark.parametrize("n_levels", [1, 2, 3, 5])
def test_groups_are_about_equal(n_levels: int) -> None:
    values = np.linspace(0.1, 0.9, 60)
    levels = quantised(np.concatenate([values, -values]), 0.01, n_levels)
    counts = np.bincount(levels[:60], minlength=n_levels + 1)
    assert counts[0] == 0
    assert abs(counts[1:] - 60 / n_levels).max() <= 1
    np.testing.assert_array_equal(levels[60:], -levels[:60])


@given(MEANS)
def test_levels_rise_with_differences(means: np.ndarray) -> None:
    differences = neighbour_differences(means)
    levels = quantised(differences, 2 / 255)
    order = np.argsort(differences, axis=None)
    assert (np.diff(levels.ravel()[order].astype(int)) >= 0).all() or differences.max() == 1


def test_featureless_is_all_zero() -> None:
    assert not quantised(np.full(8, 0.001)).any()


def test_no_tolerance_for_nothing() -> None:
    with pytest.raises(FeaturelessError, match="identical_tolerance"):
        quantised(np.zeros(8), identical_tolerance=0)


def test_leaves_its_input_alone() -> None:
    differences = np.array([0.1, -0.1, 0.001])
    quantised(differences)
    assert differences.tolist() == [0.1, -0.1, 0.001]
