"""Decoys are isometries of the signatures, and symmetric pictures are known by their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from matching.decoys import (
    FLIP,
    MIRROR,
    SelfDistances,
    flipped,
    mirrored,
    self_distances,
    usable_decoys,
)
from signature import distances, normalized_distance, sign_pixels
from signature.compacting import compact

from .examples import Levels, random_levels, signatures

levels = arrays(np.int8, (272,), elements=st.integers(-2, 2))


@given(levels, levels)
def test_a_decoy_of_one_is_as_far_from_the_other_as_the_other_way_round(
    w: Levels, k: Levels
) -> None:
    for turn in (mirrored, flipped):
        there = normalized_distance(turn(w[np.newaxis])[0], k)
        back = normalized_distance(w, turn(k[np.newaxis])[0])
        np.testing.assert_equal(there, back)  # NaN for two empty ones


@given(levels)
def test_a_decoy_of_a_decoy_is_the_picture(w: Levels) -> None:
    for turn in (mirrored, flipped):
        np.testing.assert_array_equal(turn(turn(w[np.newaxis]))[0], w)


def test_decoys_are_signatures_of_the_turned_pictures() -> None:
    # Large plain squares: a grid that falls a pixel aside sees nearly the same.
    squares = np.random.default_rng(3).integers(0, 256, (16, 16), np.uint8)
    pixels = squares.repeat(32, axis=0).repeat(32, axis=1)
    for turn, turned in ((mirrored, pixels[:, ::-1]), (flipped, pixels[::-1])):
        own = compact(sign_pixels(pixels))[np.newaxis]
        expected = compact(sign_pixels(np.ascontiguousarray(turned)))
        assert normalized_distance(turn(own)[0], expected) < 0.2
        assert normalized_distance(own[0], expected) > 0.6


def test_self_distances_are_the_diagonal_of_all_distances() -> None:
    some = signatures(40)
    own = self_distances(some)
    for measured, turn in ((own.mirror, mirrored), (own.flip, flipped)):
        expected = np.diagonal(distances(some, turn(some)))[1:]  # the first one is empty
        np.testing.assert_array_equal(measured[1:], expected)
        assert measured[0] == 0


def test_small_grids_have_decoys_too() -> None:
    some = random_levels(np.random.default_rng(1), 5, 60)
    own = self_distances(some, n=6, diagonal_neighbors=False)
    expected = np.diagonal(distances(some, mirrored(some, 6, False)))
    np.testing.assert_allclose(own.mirror, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("mirror", "flip", "expected"),
    [(0.3, 0.3, MIRROR | FLIP), (0.3, 0.2, MIRROR), (0.2, 0.3, FLIP), (0.1, 0.1, 0)],
)
def test_a_picture_near_its_own_decoy_cannot_use_it(
    mirror: float, flip: float, expected: int
) -> None:
    own = SelfDistances(np.array([mirror]), np.array([flip]))
    assert usable_decoys(own).tolist() == [expected]


def test_a_quarter_is_far_enough() -> None:
    own = SelfDistances(np.array([0.25]), np.array([np.nextafter(0.25, 0)]))
    assert usable_decoys(own).tolist() == [MIRROR]
