"""Pairs of rows are chosen and put together."""

import numpy as np

from matching.pairs import Pairs, no_pairs, together


def test_pairs_are_put_together_in_order_and_chosen() -> None:
    some = [Pairs(*(np.array([i, i + 1], dtype) for dtype in (int, int, float))) for i in range(3)]
    joined = together([some[2], no_pairs(), some[0]])
    assert joined.a.tolist() == joined.b.tolist() == [2, 3, 0, 1]
    chosen = joined.where(np.array([True, False, False, True]))
    assert np.array_equal(joined.where(np.array([0, 3])), chosen)
    assert (chosen.a.tolist(), chosen.distance.tolist()) == ([2, 1], [2.0, 1.0])
    for none in (together([]), no_pairs(), together([no_pairs()])):
        assert [column.dtype for column in none] == [np.int64, np.int64, np.float64]
        assert len(none.a) == 0
