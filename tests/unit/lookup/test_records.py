import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup import get_words, make_record, max_contrast, normalized_distance, words_to_int
from signature import ImageSignature, expand, words
from signature import normalized_distance as exact
from tests.unit.lookup.examples import random_levels


def test_words_are_those_of_signature() -> None:
    for full in expand(random_levels(20)):
        cut = get_words(full, 16, 63)
        assert (cut.shape, cut.dtype) == ((63, 16), np.int8)
        max_contrast(cut)
        assert words_to_int(cut).tolist() == words(full).tolist()


def test_the_documented_examples_of_words() -> None:
    cut = get_words(np.array([0, 1, 2, 0, -1, -2, 0, 1]), 3, 4)
    assert cut.tolist() == [[0, 1, 2], [2, 0, -1], [-1, -2, 0], [0, 1, 0]]
    max_contrast(cut)
    assert cut.tolist() == [[0, 1, 1], [1, 0, -1], [-1, -1, 0], [0, 1, 0]]
    assert words_to_int(cut).tolist() == [1 + 6 + 18, 2 + 3 + 0, 0 + 0 + 9, 1 + 6 + 9]


@pytest.mark.parametrize(("k", "n"), [(9, 4), (3, 9)])
def test_words_that_do_not_fit_are_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="array length"):
        get_words(np.zeros(8, np.int8), k, n)


@given(st.integers(0, 10**6))
def test_distances_are_exact_and_of_nothing_are_one(seed: int) -> None:
    full = expand(random_levels(3, seed))
    found = normalized_distance(full[1:].astype(np.int64), full[0].astype(np.int64))
    assert found.tolist() == [exact(full[0], full[1]), exact(full[0], full[2])]
    nothing = np.zeros((1, 648), np.int64)
    assert normalized_distance(nothing, nothing[0]).tolist() == [1.0]
    assert normalized_distance(nothing, nothing[0], nan_value=0.5).tolist() == [0.5]


def test_a_record_has_what_image_match_has() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (80, 80)).astype(np.uint8)
    record = make_record(pixels, ImageSignature(), 16, 63, metadata={"a": 1})
    assert record["path"] is pixels
    assert len(record["signature"]) == 648
    assert {type(level) for level in record["signature"]} == {int}
    assert {name for name in record if name.startswith("simple")} == {
        f"simple_word_{number}" for number in range(63)
    }
    assert record["metadata"] == {"a": 1}
    named = make_record("name", ImageSignature(), 16, 63, img=pixels)
    assert "metadata" not in named
    assert (named["path"], named["signature"]) == ("name", record["signature"])
