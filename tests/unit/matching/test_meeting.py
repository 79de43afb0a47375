"""Two rows meet under the first key that both have, at costs within its reach."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.meeting import Reaches, meet_first_under, reaches
from matching.rules import FIRST_WORD, REMOVED, Keyed

from .literal import first_meeting

Row = list[tuple[int, int]]
"""Keys and costs."""

WORD = FIRST_WORD


def keyed(*rows: Row) -> Keyed:
    table = np.array(rows, np.int64).reshape(len(rows), -1, 2)
    return Keyed(table[:, :, 0].copy(), table[:, :, 1].astype(np.uint8))


def found_under(first: Row, second: Row, limits: Reaches) -> list[int]:
    """Return the keys whose buckets report the two, whichever side each is on."""
    left, right = keyed(first), keyed(second)
    both = keyed(first, second)
    zero, one = np.zeros(1, np.int64), np.ones(1, np.int64)
    under = []
    for key in sorted({key for key, _ in first + second} - {REMOVED}):
        answers = {
            bool(meet_first_under(key, left, right, zero, zero, limits)[0]),
            bool(meet_first_under(key, right, left, zero, zero, limits)[0]),
            bool(meet_first_under(key, both, both, zero, one, limits)[0]),
        }
        assert len(answers) == 1
        under += [key] if answers.pop() else []
    return under


def free(*keys: int) -> Row:
    return [(key, 0) for key in keys]


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ([1, 4, 9], [2, 4, 9], [4]),
        ([1, 4, 9], [1, 4, 9], [1]),
        ([REMOVED, 4, 9], [1, 4, 9], [4]),
        ([1, REMOVED, 9], [1, 4, 9], [1]),
        ([1, REMOVED, 9], [REMOVED, 4, 9], [9]),
        ([REMOVED, 4, 9], [REMOVED, 4, 9], [4]),
        ([1, REMOVED, 9], [2, REMOVED, 9], [9]),
        ([1, 4, REMOVED], [2, 4, REMOVED], [4]),
        ([1, 4, 9], [REMOVED, REMOVED, 9], [9]),
        ([1, 4, 9], [2, 3, 8], []),
        ([1, 4, REMOVED], [2, 5, REMOVED], []),
        ([REMOVED, REMOVED, REMOVED], [REMOVED, REMOVED, REMOVED], []),
        ([1, 4, WORD], [2, 5, WORD], [WORD]),
        ([1, WORD, WORD + 7], [1, WORD, WORD + 7], [1]),
    ],
)
def test_without_costs_it_is_the_first_key_that_both_have(
    first: list[int], second: list[int], shared: list[int]
) -> None:
    assert found_under(free(*first), free(*second), reaches(184, {})) == shared


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ([(3, 100), (5, 100)], [(3, 84), (5, 84)], [3]),
        ([(3, 100), (5, 100)], [(3, 85), (5, 84)], [5]),
        ([(3, 100), (5, 100)], [(3, 85), (5, 85)], []),
        ([(3, 255), (WORD, 0)], [(3, 255), (WORD, 0)], [WORD]),
        # 255 + 1 is no 0: sums of bytes do not wrap around.
        ([(3, 255), (5, 0)], [(3, 1), (5, 0)], [5]),
    ],
)
def test_costs_are_added_up_and_may_equal_the_reach(
    first: Row, second: Row, shared: list[int]
) -> None:
    assert found_under(first, second, reaches(184, {})) == shared


def test_the_reach_of_cells_is_not_that_of_words() -> None:
    one = [(FIRST_WORD - 1, 1), (WORD, 1), (WORD + 1, 0)]
    assert found_under(one, one, reaches(2, {})) == [FIRST_WORD - 1]
    assert found_under(one, one, reaches(1, {})) == [WORD + 1]


@pytest.mark.parametrize("capped", [0, 4, 9])
def test_a_pair_under_a_capped_and_an_open_key_is_found_under_the_open_one(capped: int) -> None:
    row = [(0, 30), (4, 30), (9, 30)]
    (found,) = found_under(row, row, reaches(184, {capped: 59}))
    assert found == (4 if capped == 0 else 0)
    assert found_under(row, row, reaches(184, {capped: 60})) == [0]


def test_capped_at_less_than_nothing_none_meet() -> None:
    row = [(3, 0), (WORD, 0)]
    assert found_under(row, row, reaches(184, {3: -1})) == [WORD]
    assert found_under(row, row, reaches(184, {3: -1, WORD: -1})) == []
    assert found_under(row, row, reaches(184, {WORD: -1, 7: 5})) == [3]


KEYS = st.sampled_from([0, 1, 2, 3, 4, WORD, WORD + 1, WORD + 2])
PLACES = st.dictionaries(KEYS, st.integers(0, 9), min_size=5, max_size=5)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """Five keys, ascending, some of them removed where they stood."""
    chosen = sorted(draw(PLACES).items())
    return [(REMOVED if draw(st.booleans()) else key, cost) for key, cost in chosen]


@settings(deadline=None)
@given(
    st.lists(rows(), min_size=2, max_size=6),
    st.integers(-1, 18),
    st.dictionaries(KEYS, st.integers(-1, 18), max_size=4),
)
def test_equals_a_slow_merge(table: list[Row], cells: int, capped: dict[int, int]) -> None:
    def reach(key: int) -> int:
        return capped.get(key, cells if key < FIRST_WORD else 0)

    every = [(a, b) for a in range(len(table)) for b in range(len(table))]
    a, b = np.array(every, np.int64).T.copy()
    side = keyed(*table)
    expected = [first_meeting(table[i], table[j], reach) for i, j in every]
    for key in (0, 1, 2, 3, 4, WORD, WORD + 1, WORD + 2):
        here = meet_first_under(key, side, side, a, b, reaches(cells, capped))
        assert here.tolist() == [found == key for found in expected]


def test_reaches_are_in_the_order_of_their_keys() -> None:
    limits = reaches(184, {WORD + 5: -1, 7: 20, 3: 100})
    assert limits.cells == 184
    assert limits.capped_keys.tolist() == [3, 7, WORD + 5]
    assert limits.capped.tolist() == [100, 20, -1]
    assert {limits.capped_keys.dtype, limits.capped.dtype} == {np.dtype(np.int64)}


def test_no_pairs_are_none() -> None:
    none = np.empty(0, np.int64)
    side = keyed(free(1))
    assert meet_first_under(1, side, side, none, none, reaches(1, {})).tolist() == []
