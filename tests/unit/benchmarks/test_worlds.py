"""Worlds keep distances, share no pictures, and grow to any size that they have."""

import numpy as np
import pytest

from benchmarks import worlds as module
from benchmarks.signature_file import Corpus, first_of_each
from benchmarks.worlds import MOVES, grow, pieces, worlds
from signature import Orientation, distances, oriented

from .examples import corpus, signatures


def symmetric(count: int) -> Corpus:
    """Signatures that a mirror leaves as they are."""
    levels = signatures(count)
    mirrored = oriented(levels, Orientation.MIRRORED)
    levels = np.unique(np.where(levels == mirrored, levels, 0), axis=0).astype(np.int8)
    names = [f"symmetric/{i}" for i in range(len(levels))]
    return Corpus(levels, np.array(names, object))


def test_sixteen_worlds_with_the_distances_of_the_first() -> None:
    some = corpus(30)
    made = list(worlds(some))
    assert len(made) == 16
    expected = distances(some.levels, some.levels)
    for world in made:
        np.testing.assert_array_equal(distances(world.levels, world.levels), expected)


def test_paths_begin_as_they_did_and_end_with_the_world() -> None:
    made = list(worlds(corpus(4)))
    assert made[0].paths[0] == "games/00000.png"
    assert made[1].paths[0] == "games/00000.png@upright_negative"
    assert made[2].paths[0] == "games/00000.png@turned_right"
    assert len({path for world in made for path in world.paths}) == 16 * len(made[0])


def test_a_picture_that_looks_like_itself_is_left_out_of_later_worlds() -> None:
    some = symmetric(20)
    sizes = {move: len(world) for move, world in zip(MOVES, worlds(some), strict=True)}
    # Once mirrored worlds begin, each is one that was there before.
    assert list(sizes.values()) == [len(some)] * 8 + [0] * 8


@pytest.mark.parametrize("alike", [0.69, 0.7, 0.71])
def test_forms_of_a_picture_lie_apart(monkeypatch: pytest.MonkeyPatch, alike: float) -> None:
    monkeypatch.setattr(module, "ALIKE", alike)
    some = corpus(10)
    made = list(worlds(some))
    assert sum(map(len, made)) < 16 * len(some)
    for path, levels in zip(some.paths, some.levels, strict=True):
        forms = [w.levels[[p.split("@")[0] == path for p in w.paths]] for w in made]
        apart = distances(np.concatenate(forms), np.concatenate(forms))
        assert apart[np.triu_indices(len(apart), 1)].min() >= alike
        np.testing.assert_array_equal(forms[0][0], levels)


def test_a_left_out_form_is_near_one_that_may_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ALIKE", 0.7)
    some = corpus(10)
    for move, world in zip(MOVES, worlds(some), strict=True):
        kept = {path.split("@")[0] for path in world.paths}
        before = MOVES[: MOVES.index(move)]
        for path, levels in zip(some.paths, some.levels, strict=True):
            forms = np.stack([other.of(levels[np.newaxis])[0] for other in (move, *before)])
            near = distances(forms[:1], forms[1:]) < 0.7
            assert (path in kept) == (not near.any())


@pytest.mark.parametrize("count", [1, 25, 50, 60, 333, 800])
def test_grown_to_exactly_so_many_distinct_signatures(count: int) -> None:
    some = corpus(50)
    grown = grow(some, count, seed=3)
    assert len(grown) == len(first_of_each(grown.levels)) == count
    whole = min(count, 50) if count >= 50 else 0
    assert grown.paths[:whole].tolist() == some.paths[:whole].tolist()
    assert grown.matches(["games"]).sum() + grown.matches(["photos"]).sum() == count


def test_equal_pictures_of_two_worlds_count_once() -> None:
    few = corpus(20)
    turned = oriented(few.levels[:5], Orientation.TURNED_RIGHT)
    both = Corpus(
        np.concatenate([few.levels, turned]),
        np.concatenate([few.paths, few.paths[:5] + "turned"]),
    )
    size = 16 * len(few)
    assert len(first_of_each(grow(both, size, 1).levels)) == size
    with pytest.raises(ValueError, match=f"of {len(both)} signatures have {size}, no more"):
        grow(both, size + 1, 1)


def test_the_seed_decides_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PIECE", 4)
    some = corpus(50)
    once, again, other = (grow(some, 75, seed).paths.tolist() for seed in (3, 3, 4))
    assert once == again
    assert once != other
    assert once[:50] == other[:50]


def test_pieces_follow_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PIECE", 10)
    rows = pieces(97, 45, seed=2)
    assert len(np.unique(rows)) == len(rows) == 45
    assert (np.diff(rows) == 1).sum() >= 40
    assert pieces(97, 97, seed=2).tolist() == list(range(97))
    assert pieces(97, 0, seed=2).tolist() == []
