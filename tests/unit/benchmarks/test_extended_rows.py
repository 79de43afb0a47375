"""Products of extended rows are positive exactly below the cutoff."""

import numpy as np
import pytest

from benchmarks.extended_rows import MORE, extended, side
from signature import distances

from .examples import signatures


@pytest.mark.parametrize("cutoff", [0.2, 0.4, 0.45, 0.9])
def test_the_sign_of_a_product_is_the_decision(cutoff: float) -> None:
    levels = signatures(200)
    rows, columns = (
        extended(
            levels,
            side(levels).squares,
            cutoff,
            which,
            np.empty((len(levels), 272 + MORE), np.float32),
        )
        for which in (0, 1)
    )
    apart = distances(levels, levels)
    clear = np.abs(apart - cutoff) > 1e-5
    assert clear.mean() > 0.99
    np.testing.assert_array_equal((rows @ columns.T > 0)[clear], (apart < cutoff)[clear])


def test_only_as_many_rows_as_squares_are_written() -> None:
    levels = signatures(5)
    room = np.full((8, 272 + MORE), 7, np.float32)
    assert len(extended(levels, side(levels).squares[:2], 0.4, 0, room)) == 2
    assert (room[2:] == 7).all()


def test_squares_do_not_overflow_a_byte() -> None:
    assert side(np.full((1, 272), -2, np.int8)).squares.tolist() == [4 * 272]
