import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from signature.compacting import expand
from signature.distance import distances, normalized_distance
from signature.errors import ArrayError

COMPACT = arrays.arrays(np.int8, 272, elements=st.integers(-2, 2))
TABLES = arrays.arrays(
    np.int8, st.tuples(st.integers(0, 6), st.just(272)), elements=st.integers(-2, 2)
)


@given(COMPACT, COMPACT)
def test_symmetric_and_bounded(a: np.ndarray, b: np.ndarray) -> None:
    apart = normalized_distance(a, b)
    if a.any() or b.any():
        assert 0 <= apart <= 1
        assert apart == normalized_distance(b, a)
    else:
        assert math.isnan(apart)


@given(COMPACT)
def test_zero_on_itself_and_one_on_its_negative(a: np.ndarray) -> None:
    if a.any():
        assert normalized_distance(a, a.copy()) == 0
        assert normalized_distance(a, -a) == 1
        assert normalized_distance(a, np.zeros_like(a)) == 1


@given(COMPACT, COMPACT)
def test_both_forms_give_one_double(a: np.ndarray, b: np.ndarray) -> None:
    np.testing.assert_equal(normalized_distance(a, b), normalized_distance(expand(a), expand(b)))


@given(COMPACT, COMPACT)
def test_is_the_norm_of_numpy(a: np.ndarray, b: np.ndarray) -> None:
    left, right = expand(a).astype(int), expand(b).astype(int)
    with np.errstate(invalid="ignore"):
        expected = np.linalg.norm(right - left) / (np.linalg.norm(right) + np.linalg.norm(left))
    np.testing.assert_equal(normalized_distance(a, b), expected)


@given(TABLES, TABLES)
def test_tables_equal_pairs(a: np.ndarray, b: np.ndarray) -> None:
    found = distances(a, b)
    assert found.shape == (len(a), len(b))
    for i, j in np.ndindex(found.shape):
        np.testing.assert_equal(found[i, j], normalized_distance(a[i], b[j]))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.zeros(272, np.int8), np.zeros(648, np.int8)),
        (np.zeros(272), np.zeros(272)),
        (np.zeros(272, np.uint8), np.zeros(272, np.uint8)),
        (np.zeros((1, 272), np.int8), np.zeros((1, 272), np.int8)),
    ],
)
def test_refuses(a: np.ndarray, b: np.ndarray) -> None:
    with pytest.raises(ArrayError, match="one length"):
        normalized_distance(a, b)


def test_tables_refuse_rows() -> None:
    with pytest.raises(ArrayError):
        distances(np.zeros(272, np.int8), np.zeros((1, 272), np.int8))
