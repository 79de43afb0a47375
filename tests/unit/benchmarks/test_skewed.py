"""Skewed corpora are as large as the even one, and their neighbours are where they should be."""

import numpy as np
import pytest

from benchmarks.signature_file import Corpus, first_of_each
from benchmarks.skewed import copies, frames
from signature import distances

from .examples import corpus


@pytest.fixture
def films() -> Corpus:
    return frames(corpus(2_000), seed=5)


def test_frames_take_the_place_of_a_share(films: Corpus) -> None:
    assert len(films) == len(first_of_each(films.levels)) == 2_000
    assert films.matches(["frames"]).sum() == 600
    assert films.paths[-600] == "frames/0/0"
    assert films.paths[-1] == "frames/1/299"


def test_a_frame_differs_from_the_one_before_by_four_steps(films: Corpus) -> None:
    film = films.levels[-300:].astype(int)
    steps = np.diff(film, axis=0)
    assert set(np.unique(steps)) == {-1, 0, 1}
    assert (np.count_nonzero(steps, axis=1) == 4).all()
    assert np.abs(film).max() == 2


def test_frames_are_near_for_a_while(films: Corpus) -> None:
    apart = distances(films.levels[-300:], films.levels[-300:])
    assert np.diagonal(apart, 30).max() < 0.45 < np.diagonal(apart, 200).min()


def test_films_begin_with_pictures_of_the_corpus(films: Corpus) -> None:
    real = {levels.tobytes() for levels in corpus(2_000).levels}
    assert films.levels[-600].tobytes() in real
    assert films.levels[-300].tobytes() in real


def test_copies_are_near_to_each_other() -> None:
    even = corpus(2_000)
    some = copies(even, seed=5, count=900, pictures=3)
    assert len(some) == len(first_of_each(some.levels)) == 2_000
    for picture in range(3):
        of_picture = some.levels[some.matches([f"copies/{picture}/"])]
        assert len(of_picture) == 300
        apart = distances(even.levels, of_picture)
        assert 0.03 < apart.min() < apart[apart.max(axis=1).argmin()].max() < 0.25


def test_all_may_be_copies() -> None:
    even = corpus(100)
    some = copies(even, seed=5, count=len(even), pictures=2)
    assert some.matches(["copies"]).all()


@pytest.mark.parametrize("skewed", [frames, lambda c, seed: copies(c, seed, 50, 2)])
def test_the_seed_decides_everything(skewed: "type[frames]") -> None:
    even = corpus(200)
    once, again, other = (skewed(even, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once.levels, again.levels)
    assert (once.levels[-50:] != other.levels[-50:]).any()
