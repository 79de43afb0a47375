import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signature.errors import GridOutsideError
from signature.grey import WHITE, grey_levels
from signature.grid import grid_means, grid_points, sample_size

Limits = tuple[int, int]

LIMITS = st.tuples(st.integers(0, 5000), st.integers(0, 5000)).map(sorted).map(tuple)


@given(LIMITS, LIMITS, st.integers(2, 20))
def test_points_are_even(rows: Limits, columns: Limits, n: int) -> None:
    for (start, end), points in zip((rows, columns), grid_points((rows, columns), n), strict=True):
        exact = start + (end - start) * np.arange(1, n + 1) / (n + 1)
        assert len(points) == n
        assert (points <= exact + 1e-6).all()
        assert (points > exact - 1 - 1e-6).all()


@pytest.mark.parametrize(
    ("shape", "side"), [((1, 1), 2), ((49, 900), 2), ((50, 50), 3), ((400, 528), 20)]
)
def test_sample_is_a_twentieth(shape: tuple[int, int], side: int) -> None:
    assert sample_size(shape) == side
    assert sample_size(shape, 5) == 5


def _numpy_means(
    grey: np.ndarray, rows: list[int], columns: list[int], side: int
) -> list[list[float]]:
    levels = grey / WHITE
    tops = [int(max(row - side / 2, 0)) for row in rows]
    lefts = [int(max(column - side / 2, 0)) for column in columns]
    return [[np.mean(levels[t : t + side, e : e + side]) for e in lefts] for t in tops]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 220), st.integers(0, 2**32 - 1))
def test_means_are_those_of_numpy_to_the_last_bit(
    height: int, width: int, side: int, seed: int
) -> None:
    grey = grey_levels(
        np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    )
    rows, columns = grid_points(((0, height), (0, width)), 3)
    found = grid_means(grey, rows, columns, side)
    np.testing.assert_array_equal(found, _numpy_means(grey, rows, columns, side))


def test_rows_come_first(colours: np.ndarray) -> None:
    grey = grey_levels(colours)
    means = grid_means(grey, np.array([5, 50]), np.array([40, 40]), 2)
    assert means[0, 0] == means[0, 1] != means[1, 0]


@pytest.mark.parametrize("outside", [[12, 500], [500, 12]])
def test_point_outside_is_an_error(outside: list[int]) -> None:
    grey = np.zeros((20, 20), np.int32)
    with pytest.raises(GridOutsideError, match="20 x 20"):
        grid_means(grey, np.array([outside[0]]), np.array([outside[1]]), 3)
