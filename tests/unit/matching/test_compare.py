"""Comparison inside a bucket equals brute force, to the last bit."""

import numpy as np
import numpy.typing as npt
import pytest

from matching import compare
from matching.compare import BucketPairs, Side, compare_bucket
from matching.rules import REMOVED
from signature import distances

from .examples import Levels, brute_force, random_levels, signatures

KEY = 5


def side(levels: Levels, *keys: int) -> Side:
    """One side of a bucket whose rows all have the same keys."""
    return Side(levels, np.tile(np.array(keys or (KEY,), np.int64), (len(levels), 1)))


def as_dict(found: BucketPairs) -> dict[tuple[int, int], float]:
    pairs = list(zip(found.a.tolist(), found.b.tolist(), found.distance.tolist(), strict=True))
    pairs_once = {(a, b): distance for a, b, distance in pairs}
    assert len(pairs_once) == len(pairs), "a pair was found twice"
    return pairs_once


@pytest.mark.parametrize("cutoff", [0.1, 0.2, 0.4, 0.45, 0.7, 0.95])
def test_a_bucket_gives_what_brute_force_gives(cutoff: float) -> None:
    levels = signatures(500)
    expected = brute_force(levels, cutoff)
    assert len(expected) >= 3
    assert as_dict(compare_bucket(side(levels), None, KEY, cutoff)) == expected


def test_signatures_of_another_size_are_compared_by_their_full_form() -> None:
    near = random_levels(np.random.default_rng(8), 1, 144)
    levels = np.concatenate([near, near, near])
    levels[1, :20], levels[2, :50] = 0, 1
    full = np.concatenate([levels, -levels], axis=1)  # each comparison seen from both ends
    found = as_dict(compare_bucket(side(levels), None, KEY, 0.9))
    assert found == brute_force(full, 0.9)
    assert len(found) == 3


@pytest.mark.parametrize("rows", [1, 7, 64, 499])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    levels = signatures(130)
    expected = brute_force(levels, 0.45)
    monkeypatch.setattr(compare, "_BLOCK_ROWS", rows)
    assert as_dict(compare_bucket(side(levels), None, KEY, 0.45)) == expected


@pytest.mark.parametrize("rows", [10, 2048])
def test_two_groups_meet_each_other_only(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    levels = signatures(130)
    left, right = levels[:47], levels[47:]
    measured = distances(left, right)
    expected = {
        (a, b): measured[a, b]
        for a in range(len(left))
        for b in range(len(right))
        if measured[a, b] < 0.45
    }
    assert expected
    monkeypatch.setattr(compare, "_BLOCK_ROWS", rows)
    assert as_dict(compare_bucket(side(left), side(right), KEY, 0.45)) == expected


def test_a_distance_equal_to_the_cutoff_is_not_below_it() -> None:
    levels = signatures(200)
    for (a, b), distance in list(brute_force(levels, 0.45).items())[:40]:
        two = side(levels[[a, b]])
        assert as_dict(compare_bucket(two, None, KEY, distance)) == {}
        just_above = float(np.nextafter(distance, 1))
        assert as_dict(compare_bucket(two, None, KEY, just_above)) == {(0, 1): distance}


def test_equal_rows_are_a_pair_and_featureless_ones_are_none() -> None:
    one = signatures(20)[1]
    flat = np.zeros_like(one)
    levels = np.stack([flat, one, flat, one])
    assert as_dict(compare_bucket(side(levels), None, KEY, 0.9)) == {(1, 3): 0.0}
    assert as_dict(compare_bucket(side(levels), side(levels[2:]), KEY, 0.9)) == {
        (1, 1): 0.0,
        (3, 1): 0.0,
    }


def test_one_row_alone_is_in_no_pair() -> None:
    assert as_dict(compare_bucket(side(signatures(20)[1:2]), None, KEY, 0.9)) == {}


@pytest.mark.parametrize("empty", ["left", "right", "both", "alone"])
def test_an_empty_side_gives_no_pairs(empty: str) -> None:
    some, none = side(signatures(20)), side(signatures(20)[:0])
    left = some if empty == "right" else none
    right = {"left": some, "right": none, "both": none, "alone": None}[empty]
    found = compare_bucket(left, right, KEY, 0.4)
    assert [column.dtype for column in found] == [np.int64, np.int64, np.float64]
    assert as_dict(found) == {}


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ([1, 4, 9], [2, 4, 9], 4),
        ([1, 4, 9], [1, 4, 9], 1),
        ([REMOVED, 4, 9], [1, 4, 9], 4),
        ([1, REMOVED, 9], [1, 4, 9], 1),
        ([1, REMOVED, 9], [REMOVED, 4, 9], 9),
        ([REMOVED, 4, 9], [REMOVED, 4, 9], 4),
        ([1, REMOVED, 9], [2, REMOVED, 9], 9),
        ([1, 4, REMOVED], [2, 4, REMOVED], 4),
        ([1, 4, 9], [REMOVED, REMOVED, 9], 9),
        ([1, 4, 9], [2, 3, 8], None),
        ([1, 4, REMOVED], [2, 5, REMOVED], None),
        ([REMOVED, REMOVED, REMOVED], [REMOVED, REMOVED, REMOVED], None),
    ],
)
def test_a_pair_comes_from_the_first_key_that_both_share(
    first: list[int], second: list[int], shared: int | None
) -> None:
    levels: npt.NDArray[np.int8] = np.ones((1, 272), np.int8)
    left, right = side(levels, *first), side(levels, *second)
    together = Side(np.ones((2, 272), np.int8), np.array([first, second], np.int64))
    for key in {*first, *second} - {REMOVED}:
        expected = {(0, 0): 0.0} if key == shared else {}
        assert as_dict(compare_bucket(left, right, key, 0.4)) == expected
        assert as_dict(compare_bucket(right, left, key, 0.4)) == expected
        alone = as_dict(compare_bucket(together, None, key, 0.4))
        assert alone == ({(0, 1): 0.0} if key == shared else {})
