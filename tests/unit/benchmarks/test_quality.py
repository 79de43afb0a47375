"""Shares of what was found, on graphs small enough to count by hand."""

import numpy as np
import pytest

from benchmarks.quality import are_found, quality, quality_lines

from .examples import near_pairs

EVERY = np.ones(6, np.bool_)
# A star around 0 below .2, a path 3-4-5 at .3-.4, and 2-3 above .40, which joins them.
STAR_AND_PATH = near_pairs(
    (0, 1, 0.1), (0, 2, 0.15), (3, 4, 0.3), (4, 5, 0.399), (2, 3, 0.40), (1, 2, 0.19)
)


def found(*verdicts: int) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return np.array(verdicts, np.bool_)


def test_true_pairs_are_looked_up_whatever_the_order() -> None:
    a, b = np.array([4, 0, 9, 1]), np.array([5, 1, 10, 9])
    assert are_found(STAR_AND_PATH, a, b).tolist() == [True, False, False, True, False, False]


def test_rows_of_any_size_are_kept_apart() -> None:
    true = near_pairs((1, 70_000 - 65_536, 0.1), (5, 2_000_000, 0.1))
    some = are_found(true, np.array([0, 5], np.int32), np.array([70_000, 2_000_000], np.int32))
    assert some.tolist() == [False, True]


def test_pairs_by_bin_from_the_lower_edge_to_below_the_upper() -> None:
    measured = quality(STAR_AND_PATH, found(1, 0, 1, 0, 1, 1), EVERY)
    assert measured.pairs == {"<.2": 3, ".2-.3": 0, ".3-.4": 2, ".4-.45": 1}
    assert measured.recall_pairs == {"<.2": 2 / 3, ".2-.3": None, ".3-.4": 1 / 2, ".4-.45": 1}


def test_each_image_counts_the_same_however_many_pairs_it_has() -> None:
    # Below .2: 0 has 1 of 2, 1 has 2 of 2, 2 has 1 of 2. At .3: 3 has 1 of 1, 4 1 of 2, 5 none.
    measured = quality(STAR_AND_PATH, found(1, 0, 1, 0, 0, 1), EVERY)
    assert measured.recall_per_image == {
        "<.2": pytest.approx(2 / 3),
        ".2-.3": None,
        ".3-.4": pytest.approx(1 / 2),
        ".4-.45": 0,
    }


def test_images_left_out_count_neither_themselves_nor_as_neighbours() -> None:
    without_two = EVERY.copy()
    without_two[2] = False
    measured = quality(STAR_AND_PATH, found(1, 0, 1, 0, 0, 0), without_two)
    assert measured.recall_per_image["<.2"] == 1  # 0-1 is all that is left
    assert measured.recall_per_image[".4-.45"] is None
    assert measured.recall_pairs["<.2"] == pytest.approx(1 / 3)


def test_only_a_sample_of_images_may_be_averaged() -> None:
    verdicts = found(1, 0, 1, 0, 0, 1)
    without_four = EVERY.copy()
    without_four[4] = False
    images = np.array([1, 2, 4])
    assert quality(STAR_AND_PATH, verdicts, EVERY, images).recall_per_image["<.2"] == 3 / 4
    assert quality(STAR_AND_PATH, verdicts, EVERY, images).recall_per_image[".3-.4"] == 1 / 2
    left_out = quality(STAR_AND_PATH, verdicts, without_four, images)
    assert left_out.recall_per_image[".3-.4"] is None


def test_a_merge_is_lost_only_with_the_last_pair_that_makes_it() -> None:
    whole = quality(STAR_AND_PATH, found(1, 1, 1, 1, 1, 1), EVERY).merges
    assert whole == {"<.40": 1, "<.45": 1}
    # 1-2 joins what 0-2 did not; 4-5 is lost, and the bridge 2-3.
    some = quality(STAR_AND_PATH, found(1, 0, 1, 0, 0, 1), EVERY).merges
    assert some == {"<.40": 3 / 4, "<.45": 3 / 5}


def test_nothing_to_find_is_no_share() -> None:
    measured = quality(near_pairs(), found(), EVERY)
    assert measured.merges == {"<.40": None, "<.45": None}
    assert set(measured.recall_pairs.values()) == {None}


def test_a_table_says_it_in_percent() -> None:
    lines = quality_lines(quality(STAR_AND_PATH, found(1, 0, 1, 0, 0, 1), EVERY))
    assert lines == [
        "distance  pairs  recall_pairs  recall_per_image",
        "<.2           3       66.67 %           66.67 %",
        ".2-.3         0             -                 -",
        ".3-.4         2       50.00 %           50.00 %",
        ".4-.45        1        0.00 %            0.00 %",
        "pairs   merges",
        "<.40   75.00 %",
        "<.45   60.00 %",
    ]
