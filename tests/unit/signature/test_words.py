import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from signature.compacting import compact_length, expand
from signature.errors import ArrayError
from signature.parameters import WordParameters
from signature.words import words, words_of_compact

LEVELS = st.integers(-2, 2)


def _word(run: list[int], k: int) -> int:
    digits = [(value > 0) - (value < 0) + 1 for value in run] + [1] * (k - len(run))
    return sum(digit * 3**place for place, digit in enumerate(digits))


@given(arrays.arrays(np.int8, st.integers(5, 80), elements=LEVELS), st.data())
def test_each_word(levels: np.ndarray, data: st.DataObject) -> None:
    k, count = (
        data.draw(st.integers(1, min(39, len(levels)))),
        data.draw(st.integers(1, len(levels))),
    )
    starts = np.linspace(0, len(levels), count, endpoint=False).astype(int)
    expected = [_word(levels[start : start + k].tolist(), k) for start in starts]
    assert words(levels, WordParameters(k, count)).tolist() == expected


@given(
    st.integers(3, 10), st.booleans(), st.integers(1, 20), st.integers(1, 30), st.integers(0, 99)
)
def test_compact_form_gives_the_same(
    n: int, diagonals: bool, k: int, count: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    levels = random.integers(-2, 3, (3, compact_length(n, diagonals)), dtype=np.int8)
    parameters = WordParameters(k, count)
    np.testing.assert_array_equal(
        words_of_compact(levels, parameters, n=n, diagonal_neighbors=diagonals),
        words(expand(levels, n, diagonals), parameters),
    )


def test_longest_word_fits() -> None:
    top = words(np.full(60, 2, np.int8), WordParameters(k=39, N=1))
    assert top.tolist() == [3**39 - 1]


def test_no_rows() -> None:
    assert words_of_compact(np.zeros((0, 272), np.int8)).shape == (0, 63)


def test_input_is_left_alone() -> None:
    levels = np.array([2, -2, 1, 0, 2], np.int8)
    words(levels, WordParameters(2, 2))
    assert levels.tolist() == [2, -2, 1, 0, 2]


@pytest.mark.parametrize("parameters", [WordParameters(k=11, N=2), WordParameters(k=2, N=11)])
def test_too_few_levels(parameters: WordParameters) -> None:
    with pytest.raises(ArrayError, match="10 levels"):
        words(np.zeros(10, np.int8), parameters)


def test_wrong_arrays() -> None:
    with pytest.raises(ArrayError, match="int64"):
        words(np.zeros(648, np.int64))
    with pytest.raises(ArrayError, match="272"):
        words_of_compact(np.zeros(648, np.int8))
