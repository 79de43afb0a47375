"""How large a model is, by the size of its corpus."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.sizes import cells_for, max_pairs_for, nearest_for, reach_for

CORPORA = st.integers(0, 10**11)
UNLIMITED = 10**12


@settings(deadline=None)
@given(CORPORA, CORPORA)
def test_a_larger_corpus_never_has_fewer_cells_or_more_pairs_kept(a: int, b: int) -> None:
    small, large = sorted((a, b))
    assert cells_for(small, UNLIMITED) <= cells_for(large, UNLIMITED)
    assert nearest_for(small) <= nearest_for(large)
    assert max_pairs_for(small) >= max_pairs_for(large)


@settings(deadline=None)
@given(CORPORA, CORPORA)
def test_cells_have_eight_signatures_each_to_be_fitted_to(corpus: int, sample: int) -> None:
    cells = cells_for(corpus, sample)
    assert 1 <= cells <= max(1, min(corpus, sample) // 8)


@settings(deadline=None)
@given(st.integers(10**5, 10**10))
def test_cells_grow_a_little_slower_than_the_corpus(corpus: int) -> None:
    few, many = cells_for(corpus, UNLIMITED), cells_for(8 * corpus, UNLIMITED)
    assert many == pytest.approx(8**0.8 * few, rel=1e-3)
    # So that a cell of a corpus eight times as large has half as many members again.
    assert 8 * corpus / many == pytest.approx(8**0.2 * corpus / few, rel=1e-3)


@pytest.mark.parametrize(
    ("corpus", "sample", "cells"),
    [
        (0, 100, 1),
        (1, 100, 1),
        (15, 100, 1),
        (16, 100, 2),
        (10**6, UNLIMITED, 33_441),
        (10**9, UNLIMITED, 8_399_934),
        (10**9, 2_000_000, 250_000),
        (10**9, 0, 1),
    ],
)
def test_cells_of_a_few_corpora(corpus: int, sample: int, cells: int) -> None:
    assert cells_for(corpus, sample) == cells


def test_a_signature_is_in_twelve_to_twenty_four_cells() -> None:
    sizes = [0, 120_000, 120_001, 500_000, 500_001, 10**10]
    assert [nearest_for(size) for size in sizes] == [12, 12, 16, 16, 24, 24]


@settings(deadline=None)
@given(st.integers(1, 64))
def test_the_reach_fits_a_byte_and_lets_the_last_cell_meet_the_first(nearest: int) -> None:
    last = round(25.6 * math.log(nearest)) + 52
    assert last <= reach_for(nearest) <= 254


def test_pairs_are_kept_by_what_all_of_them_take() -> None:
    sizes = [0, 1, 20_000, 200_000, 10**9]
    assert [max_pairs_for(size) for size in sizes] == [1000, 1000, 1000, 1000, 10]
    assert 10 < max_pairs_for(300_000) < 1000
