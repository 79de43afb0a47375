"""The kernel's pairs are those of brute force, to the last bit."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from matching import kernel
from matching.kernel import factor, pairs_below
from matching.nearest import Limits, limits_of, nearest
from matching.pairs import Pairs
from signature import distances

from .examples import Levels, brute_force, random_levels, signatures

Distances = npt.NDArray[np.float64]

SOME = arrays.arrays(
    np.int8, st.tuples(st.integers(1, 6), st.just(272)), elements=st.integers(-2, 2)
)


def as_dict(found: Pairs) -> dict[tuple[int, int], float]:
    pairs = list(zip(*(column.tolist() for column in found), strict=True))
    pairs_once = {(a, b): distance for a, b, distance in pairs}
    assert len(pairs_once) == len(pairs), "a pair was found twice"
    return pairs_once


def between(left: Levels, right: Levels, cutoff: float) -> dict[tuple[int, int], float]:
    sides = factor(left, cutoff, right=False), factor(right, cutoff, right=True)
    return as_dict(pairs_below(*sides, cutoff, above_diagonal=False))


def among(levels: Levels, cutoff: float) -> dict[tuple[int, int], float]:
    sides = factor(levels, cutoff, right=False), factor(levels, cutoff, right=True)
    return as_dict(pairs_below(*sides, cutoff, above_diagonal=True))


def by_definition(left: Levels, right: Levels, cutoff: float) -> dict[tuple[int, int], float]:
    measured = distances(left, right)
    return {
        (int(a), int(b)): float(measured[a, b])
        for a, b in zip(*np.nonzero(measured < cutoff), strict=True)
    }


def full(levels: Levels) -> Levels:
    """Each comparison seen from both ends: what image-match has of any size."""
    return np.concatenate([levels, -levels], axis=1)


def altered(levels: Levels, rng: np.random.Generator, count: int) -> Levels:
    """Copies of one signature with 1 to 70 % of it drawn again."""
    copies = np.repeat(levels, count, axis=0)
    for copy, share in zip(copies, np.linspace(0.01, 0.7, count), strict=True):
        places = rng.random(len(copy)) < share
        copy[places] = rng.integers(-2, 3, np.count_nonzero(places))
    return copies


@pytest.mark.parametrize("cutoff", [0.02, 0.1, 0.2, 0.4, 0.45, 0.7, 0.95])
def test_among_themselves_signatures_make_the_pairs_of_brute_force(cutoff: float) -> None:
    levels = signatures(500)
    expected = brute_force(levels, cutoff)
    assert (len(expected) >= 3) == (cutoff >= 0.1)
    assert among(levels, cutoff) == expected


@pytest.mark.parametrize("columns", [1, 7, 64, 2048])
def test_the_width_of_a_product_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setattr(kernel, "_COLUMNS", columns)
    levels = signatures(130)
    assert among(levels, 0.45) == brute_force(levels, 0.45)
    assert between(levels[:47], levels[47:], 0.45) == by_definition(levels[:47], levels[47:], 0.45)
    assert between(levels[47:], levels[:47], 0.45) == by_definition(levels[47:], levels[:47], 0.45)


@settings(deadline=None, max_examples=50)
@given(SOME, SOME, st.floats(0.01, 0.99))
def test_any_signatures_make_the_pairs_of_their_definition(
    left: Levels, right: Levels, cutoff: float
) -> None:
    with np.errstate(invalid="ignore"):
        assert between(left, right, cutoff) == by_definition(left, right, cutoff)


@settings(deadline=None, max_examples=50)
@given(SOME, SOME)
def test_a_distance_equal_to_the_cutoff_is_not_below_it(left: Levels, right: Levels) -> None:
    with np.errstate(invalid="ignore"):
        measured = distances(left, right)
    for distance in np.unique(measured[(measured > 0) & (measured < 1)]):
        for cutoff in (distance, np.nextafter(distance, 1), np.nextafter(distance, 0)):
            expected = {(a, b) for a, b in zip(*np.nonzero(measured < cutoff), strict=True)}
            assert between(left, right, float(cutoff)).keys() == expected


@pytest.mark.parametrize("width", [24, 144, 110, 1_482, 16_002])
def test_signatures_of_another_size_are_measured_in_their_full_form(width: int) -> None:
    # Grids of 4 to 64 points; levels of 2 everywhere make the largest products.
    rng = np.random.default_rng(width)
    for original in (random_levels(rng, 1, width), 2 * rng.choice([-1, 1], (1, width))):
        levels = altered(original.astype(np.int8), rng, 12)
        measured = distances(full(levels), full(levels))
        assert among(levels, 0.6) == by_definition_above(measured, 0.6)
        for distance in measured[0, 1:4].tolist():
            assert (0, measured[0].tolist().index(distance)) not in among(levels, distance)
            just_above = float(np.nextafter(distance, 1))
            assert among(levels, just_above) == by_definition_above(measured, just_above)


def by_definition_above(measured: np.ndarray, cutoff: float) -> dict[tuple[int, int], float]:
    rows, columns = np.nonzero(np.triu(measured < cutoff, 1))
    return {(int(a), int(b)): float(measured[a, b]) for a, b in zip(rows, columns, strict=True)}


def test_equal_rows_are_a_pair_and_featureless_ones_are_none() -> None:
    one = signatures(20)[1]
    flat = np.zeros_like(one)
    levels = np.stack([flat, one, flat, one])
    assert among(levels, 0.99) == {(1, 3): 0.0}
    assert between(levels, levels[2:], 0.99) == {(1, 1): 0.0, (3, 1): 0.0}
    # One level more on either side is as near as any two can be.
    few = np.zeros((3, 272), np.int8)
    few[0, 5] = few[1, 5] = few[2, 6] = 1
    assert among(few, 0.5) == {(0, 1): 0.0}


@pytest.mark.parametrize(("left", "right"), [(0, 5), (5, 0), (0, 0), (1, 1)])
def test_without_two_rows_there_are_no_pairs(left: int, right: int) -> None:
    levels = signatures(20)
    sides = factor(levels[:left], 0.4, right=False), factor(levels[6 : 6 + right], 0.4, right=True)
    found = pairs_below(*sides, 0.01, above_diagonal=False)
    assert as_dict(found) == {}
    assert [column.dtype for column in found] == [np.int64, np.int64, np.float64]
    assert among(levels[1:2], 0.9) == {}


def test_a_product_is_above_zero_exactly_below_the_cutoff() -> None:
    levels = signatures(200)[1:]
    measured = distances(levels, levels)
    for cutoff in (0.2, 0.45):
        left, right = factor(levels, cutoff, right=False), factor(levels, cutoff, right=True)
        product = left.extended @ right.extended.T
        assert np.array_equal(
            (product > 0)[measured != cutoff], (measured < cutoff)[measured != cutoff]
        )
        # And its value, in doubles, is within what the margin allows for.
        x, r = levels.astype(np.float64), np.linalg.norm(levels, axis=1)
        q = -(1 - cutoff**2) / 2 * r**2
        exact = x @ x.T + cutoff**2 * r[:, None] * r + q[:, None] + q
        assert np.abs(product - exact).max() < -kernel._LIKELY / 10
        assert left.squares.tolist() == (levels.astype(int) ** 2).sum(axis=1).tolist()


def test_parts_of_a_side_are_those_rows() -> None:
    levels = signatures(30)
    whole = factor(levels, 0.4, right=True)
    for start, end in ((0, 30), (4, 9), (29, 30), (7, 7), (25, 99)):
        expected = factor(levels[start:end], 0.4, right=True)
        part = whole.part(start, end)
        for name in ("extended", "bent", "offset", "squares"):
            assert np.array_equal(getattr(part, name), getattr(expected, name))


def known_to(left: Distances, right: Distances) -> Limits:
    """Reaches of the nearest that are known already, and stay as they are."""
    sides = [
        nearest(np.zeros(len(last), np.uint8), 0, 0)._replace(last=last) for last in (left, right)
    ]
    return limits_of(sides[0], sides[1], 0)


@pytest.mark.parametrize("width", [3, 1_000])
def test_what_is_far_from_both_ends_is_left_out_and_some_of_it_stands_for_all(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr(kernel, "_COLUMNS", width)
    monkeypatch.setattr(kernel, "EACH", 2)
    monkeypatch.setattr(kernel, "VERY_MANY", 50)
    left, right = signatures(240)[:120], signatures(240)[120:]
    rng = np.random.default_rng(1)
    limits = known_to(rng.uniform(0, 0.7, len(left)), rng.uniform(0, 0.7, len(right)))
    sides = factor(left, 0.9, right=False), factor(right, 0.9, right=True)
    found = pairs_below(*sides, 0.9, above_diagonal=False, limits=limits)
    every = by_definition(left, right, 0.9)
    near = {
        (a, b): far
        for (a, b), far in every.items()
        if far <= max(limits.left.last[a], limits.right.last[b])
    }
    alone, stands = found.distance == kernel.ITSELF, found.distance == kernel.ALL_LEFT_OUT
    assert as_dict(found.where(~stands & ~alone)) == near
    assert 50 < len(near) < len(every) - 50
    assert np.count_nonzero(alone) == 50
    some = as_dict(found.where(stands | alone)).keys()
    assert some <= every.keys() - near.keys()
    left_out = len(every) - len(near)
    assert limits.left_out.tolist() == [left_out]
    assert len(some) == 50 + left_out // 2 - 25


def test_what_lies_at_the_cutoff_itself_is_not_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = signatures(120)
    measured = distances(levels, levels)
    nowhere = np.zeros(len(levels))
    for cutoff in np.unique(measured[measured > 0])[::97].tolist():
        sides = factor(levels, cutoff, right=False), factor(levels, cutoff, right=True)
        found = pairs_below(*sides, cutoff, True, known_to(nowhere, nowhere))
        expected = np.count_nonzero(np.triu((measured > 0) & (measured < cutoff), 1))
        assert np.count_nonzero(found.distance == kernel.ITSELF) == expected


@pytest.mark.parametrize("max_pairs", [1, 2, 7, 40, 118, 119, 500])
@pytest.mark.parametrize("width", [3, 1_000])
def test_the_nearest_of_each_row_are_learnt_as_pairs_come(
    monkeypatch: pytest.MonkeyPatch, max_pairs: int, width: int
) -> None:
    monkeypatch.setattr(kernel, "_COLUMNS", width)
    levels = signatures(120)
    costs = np.random.default_rng(1).integers(0, 90, len(levels)).astype(np.uint8)
    near = nearest(costs, max_pairs, len(levels))
    sides = factor(levels, 0.99, right=False), factor(levels, 0.99, right=True)
    found = pairs_below(*sides, 0.99, True, limits_of(near, near, 100))
    measured = distances(levels, levels)
    apart = costs.astype(int)[:, None] + costs > 100
    measured[apart | (measured >= 0.99) | np.eye(len(levels), dtype=bool)] = np.inf
    in_order = np.sort(measured, axis=1)
    if max_pairs < len(levels):
        assert near.counts.tolist() == np.minimum(np.isfinite(measured).sum(1), max_pairs).tolist()
        assert np.array_equal(near.last, in_order[:, max_pairs - 1])
    kept = as_dict(found.where((found.distance >= 0) & np.isfinite(found.distance)))
    close = np.triu(np.isfinite(measured) & (measured <= np.maximum(near.last[:, None], near.last)))
    assert kept.keys() >= set(zip(*map(np.ndarray.tolist, np.nonzero(close)), strict=True))
    assert all(measured[pair] == distance for pair, distance in kept.items())
