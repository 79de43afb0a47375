"""Brute force gives every pair, with image-match's distance to the last bit."""

import numpy as np
import pytest

from benchmarks import blocks, brute_force
from benchmarks.brute_force import all_pairs, pairs_of
from signature import normalized_distance

from .examples import as_dict, by_definition, signatures


@pytest.mark.parametrize("cutoff", [0.2, 0.4, 0.45, 0.7, 0.95])
def test_all_pairs_are_those_of_the_definition(cutoff: float) -> None:
    levels = signatures(400)
    expected = by_definition(levels, cutoff)
    assert len(expected) >= 3
    assert as_dict(all_pairs(levels, cutoff)) == expected


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize(("rows", "run"), [(1, 4), (7, 14), (64, 64), (150, 300)])
def test_blocks_and_threads_change_nothing(
    monkeypatch: pytest.MonkeyPatch, rows: int, run: int, threads: int
) -> None:
    levels = signatures(150)
    monkeypatch.setattr(blocks, "BLOCK", rows)
    monkeypatch.setattr(brute_force, "BLOCK", rows)
    monkeypatch.setattr(brute_force, "_RUN", run)
    assert as_dict(all_pairs(levels, 0.45, threads)) == by_definition(levels, 0.45)
    sample = np.arange(3, 150, 11)
    some = as_dict(pairs_of(sample, levels, 0.45, threads))
    assert some.keys() == {
        (a, b) for a, b in by_definition(levels, 0.45) if a in sample or b in sample
    }


def test_the_order_does_not_depend_on_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 16)
    monkeypatch.setattr(brute_force, "BLOCK", 16)
    levels = signatures(300)
    once, again = all_pairs(levels, 0.6, 1), all_pairs(levels, 0.6, 4)
    np.testing.assert_array_equal(once.a, again.a)
    np.testing.assert_array_equal(once.b, again.b)


def test_a_distance_equal_to_the_cutoff_is_not_below_it() -> None:
    levels = signatures(300)
    every = by_definition(levels, 0.5)
    for (a, b), distance in list(every.items())[::40]:
        assert (a, b) not in as_dict(all_pairs(levels, distance))
        above = float(np.nextafter(distance, 1))
        assert as_dict(all_pairs(levels, above))[a, b] == distance


def test_a_sample_finds_its_pairs_once() -> None:
    levels = signatures(300)
    near = next(iter(by_definition(levels, 0.6)))
    sample = np.array([250, *near, 299, 17])
    expected = {
        pair: distance
        for pair, distance in by_definition(levels, 0.6).items()
        if set(pair) & set(sample.tolist())
    }
    assert as_dict(pairs_of(sample, levels, 0.6)) == expected


def test_signatures_without_levels_are_in_no_pair() -> None:
    levels = np.concatenate([np.zeros((2, 272), np.int8), signatures(1)])
    assert not len(all_pairs(levels, 0.99).a)


@pytest.mark.parametrize("count", [0, 1])
def test_no_pairs_without_two_signatures(count: int) -> None:
    found = all_pairs(signatures(5)[:count], 0.4)
    assert (len(found.a), found.comparisons) == (0, 0)


def test_each_pair_counts_as_one_comparison() -> None:
    levels = signatures(30)
    n = len(levels)
    whole, sampled = all_pairs(levels, 0.4), pairs_of(np.arange(4), levels, 0.4)
    assert (whole.comparisons, sampled.comparisons) == (n * (n - 1) // 2, 4 * (n - 1))
    assert whole.per_second == whole.comparisons / whole.seconds


def test_equal_signatures_have_distance_zero() -> None:
    levels = np.repeat(signatures(3)[:1], 2, axis=0)
    assert as_dict(all_pairs(levels, 0.1)) == {(0, 1): normalized_distance(*levels)}
