"""A bucket gives the pairs that meet there first, as a literal loop over all pairs does."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import compare, compare_bucket, kernel
from matching.compare import Compared, Search, Side
from matching.meeting import meet_first_under, reaches
from matching.nearest import Limits
from matching.pairs import Pairs
from matching.rules import REMOVED, Keyed
from signature import distances

from .examples import Levels, brute_force, random_levels, signatures
from .literal import first_meeting, rows_of

KEY = 5
ALL = 10**9
"""More pairs of an image than there are."""

LEVELS = signatures(120)

Found = dict[tuple[int, int], float]


def side(levels: Levels, *keys: int) -> Side:
    """One side of a bucket whose rows all have the same keys, at no cost."""
    table = np.tile(np.array(keys or (KEY,), np.int64), (len(levels), 1))
    free = np.zeros(table.shape, np.uint8)
    return Side(levels, Keyed(table, free), free[:, 0])


def found(
    left: Side,
    right: Side | None,
    cutoff: float,
    key: int = KEY,
    capped: dict[int, int] | None = None,
) -> Found:
    reach = (capped or {}).get(key, 184)
    search = Search(cutoff, reaches(184, capped or {}), ALL)
    return as_dict(compare_bucket(left, right, key, reach, search))


def as_dict(compared: Compared) -> Found:
    pairs = list(zip(*(column.tolist() for column in compared.pairs), strict=True))
    pairs_once = {(a, b): distance for a, b, distance in pairs}
    assert len(pairs_once) == len(pairs), "a pair was found twice"
    return pairs_once


def set_blocks(patch: pytest.MonkeyPatch, rows: int) -> None:
    patch.setattr(compare, "_FEWEST_ROWS", rows)
    patch.setattr(compare, "_MOST_ROWS", rows)


@pytest.mark.parametrize("cutoff", [0.1, 0.4, 0.45, 0.7, 0.95])
def test_a_bucket_gives_what_brute_force_gives(cutoff: float) -> None:
    levels = signatures(500)
    expected = brute_force(levels, cutoff)
    assert len(expected) >= 3
    assert found(side(levels), None, cutoff) == expected


@pytest.mark.parametrize("rows", [1, 7, 64, 499])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    set_blocks(monkeypatch, rows)
    compared = compare_bucket(side(LEVELS), None, KEY, 184, Search(0.45, reaches(184, {}), ALL))
    assert as_dict(compared) == brute_force(LEVELS, 0.45)
    assert compared.comparisons == 120 * 119 // 2


@pytest.mark.parametrize("rows", [10, 2048])
@pytest.mark.parametrize("swapped", [False, True])
def test_two_groups_meet_each_other_only(
    monkeypatch: pytest.MonkeyPatch, rows: int, swapped: bool
) -> None:
    left, right = (LEVELS[47:], LEVELS[:47]) if swapped else (LEVELS[:47], LEVELS[47:])
    measured = distances(left, right)
    near = zip(*np.nonzero(measured < 0.45), strict=True)
    expected = {(a, b): measured[a, b] for a, b in near}
    assert expected
    set_blocks(monkeypatch, rows)
    compared = compare_bucket(side(left), side(right), KEY, 0, Search(0.45, reaches(184, {}), ALL))
    assert as_dict(compared) == expected
    assert compared.comparisons == 47 * 73


def test_signatures_of_another_size_are_compared_by_their_full_form() -> None:
    near = random_levels(np.random.default_rng(8), 1, 144)
    levels = np.concatenate([near, near, near])
    levels[1, :20], levels[2, :50] = 0, 1
    full = np.concatenate([levels, -levels], axis=1)  # each comparison seen from both ends
    pairs = found(side(levels), None, 0.9)
    assert pairs == brute_force(full, 0.9)
    assert len(pairs) == 3


def test_a_distance_equal_to_the_cutoff_is_not_below_it() -> None:
    for (a, b), distance in list(brute_force(LEVELS, 0.45).items())[:40]:
        two = side(LEVELS[[a, b]])
        assert found(two, None, distance) == {}
        assert found(two, None, float(np.nextafter(distance, 1))) == {(0, 1): distance}


def test_equal_rows_are_a_pair_and_featureless_ones_are_none() -> None:
    one = LEVELS[1]
    flat = np.zeros_like(one)
    levels = np.stack([flat, one, flat, one])
    assert found(side(levels), None, 0.9) == {(1, 3): 0.0}
    assert found(side(levels), side(levels[2:]), 0.9) == {(1, 1): 0.0, (3, 1): 0.0}


@pytest.mark.parametrize("empty", ["left", "right", "both", "alone"])
def test_an_empty_side_gives_no_pairs(empty: str) -> None:
    some, none = side(LEVELS), side(LEVELS[:0])
    left = some if empty == "right" else none
    right = {"left": some, "right": none, "both": none, "alone": None}[empty]
    compared = compare_bucket(left, right, KEY, 184, Search(0.4, reaches(184, {}), ALL))
    assert [column.dtype for column in compared.pairs] == [np.int64, np.int64, np.float64]
    assert (as_dict(compared), compared.comparisons, compared.dropped) == ({}, 0, 0)


def test_one_row_alone_is_in_no_pair() -> None:
    assert found(side(LEVELS[1:2]), None, 0.9) == {}


@pytest.mark.parametrize(
    ("first", "second", "capped", "shared"),
    [
        ([1, 4, 9], [2, 4, 9], {}, 4),
        ([1, 4, 9], [1, 4, 9], {}, 1),
        ([1, 4, 9], [1, 4, 9], {1: -1}, 4),
        ([1, 4, 9], [1, 4, 9], {1: -1, 4: 0}, 4),
        ([1, 4, 9], [1, 4, 9], {1: -1, 4: -1, 9: -1}, None),
        ([REMOVED, 4, 9], [1, 4, 9], {}, 4),
        ([1, REMOVED, 9], [2, REMOVED, 9], {}, 9),
        ([1, 4, REMOVED], [2, 5, REMOVED], {}, None),
    ],
)
def test_a_pair_comes_from_the_first_key_under_which_the_two_meet(
    first: list[int], second: list[int], capped: dict[int, int], shared: int | None
) -> None:
    levels: Levels = np.ones((1, 272), np.int8)
    left, right = side(levels, *first), side(levels, *second)
    table = np.array([first, second], np.int64)
    free = np.zeros(table.shape, np.uint8)
    together = Side(np.ones((2, 272), np.int8), Keyed(table, free), free[:, 0])
    for key in {*first, *second} - {REMOVED}:
        expected = {(0, 0): 0.0} if key == shared else {}
        assert found(left, right, 0.4, key, capped) == expected
        assert found(right, left, 0.4, key, capped) == expected
        alone = found(together, None, 0.4, key, capped)
        assert alone == ({(0, 1): 0.0} if key == shared else {})


@dataclass(frozen=True)
class Bucket:
    """One key of a corpus whose signatures have several, at costs."""

    levels: Levels
    keyed: Keyed
    key: int
    capped: dict[int, int]

    def reach(self, key: int) -> int:
        return self.capped.get(key, 184)

    def members(self, chosen: np.ndarray) -> Side:
        """Those of the chosen rows that have the key, from cheap to dear."""
        has = (self.keyed.keys == self.key) & chosen[:, None]
        rows, columns = np.nonzero(has)
        order = np.argsort(self.keyed.costs[rows, columns], kind="stable")
        costs = self.keyed.costs[rows, columns][order]
        rows = rows[order]
        return Side(self.levels[rows], Keyed(self.keyed.keys[rows], self.keyed.costs[rows]), costs)

    def literal(self, left: Side, right: Side | None, cutoff: float) -> tuple[Found, int]:
        """Pairs that must be reported, and how many rows' costs are within reach."""
        other = left if right is None else right
        measured = distances(left.levels, other.levels)
        mine, theirs = rows_of(left.keyed), rows_of(other.keyed)
        pairs, eligible = {}, 0
        for a in range(len(left.levels)):
            for b in range(a + 1 if right is None else 0, len(other.levels)):
                eligible += int(left.costs[a]) + int(other.costs[b]) <= self.reach(self.key)
                first = first_meeting(mine[a], theirs[b], self.reach)
                if first == self.key and measured[a, b] < cutoff:
                    pairs[a, b] = float(measured[a, b])
        return pairs, eligible


def bucket(seed: int, capped: dict[int, int]) -> Bucket:
    """Half of the signatures have key 1, most 5 and all 9; costs go up to 200."""
    rng = np.random.default_rng(seed)
    keys = np.tile(np.array([1, 5, 9], np.int64), (len(LEVELS), 1))
    keys[rng.random(keys.shape) < [0.5, 0.2, 0]] = REMOVED
    costs = rng.choice([0, 20, 60, 92, 93, 120, 160, 184, 200], keys.shape).astype(np.uint8)
    return Bucket(LEVELS, Keyed(keys, costs), 5, capped)


CAPS = st.dictionaries(st.sampled_from([1, 5, 9]), st.integers(-1, 184), max_size=2)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 999), CAPS, st.sampled_from([1, 3, 16, 50, 256]), st.booleans())
def test_costs_decide_who_meets_whatever_the_blocks(
    seed: int, capped: dict[int, int], rows: int, two: bool
) -> None:
    one = bucket(seed, capped)
    chosen = np.random.default_rng(seed).random(len(LEVELS)) < (0.4 if two else 1)
    left = one.members(chosen)
    right = one.members(~chosen) if two else None
    search = Search(0.45, reaches(184, capped), ALL)
    with pytest.MonkeyPatch.context() as patch:
        set_blocks(patch, rows)
        compared = compare_bucket(left, right, one.key, one.reach(one.key), search)
    expected, eligible = one.literal(left, right, 0.45)
    assert as_dict(compared) == expected
    count = len(left.levels)
    most = count * len(right.levels) if right else count * (count - 1) // 2
    assert eligible <= compared.comparisons <= most
    if rows == 1:  # blocks of one row waste nothing
        assert compared.comparisons == eligible
    assert compared.dropped == 0


def test_the_costs_leave_some_pairs_to_other_buckets() -> None:
    one = bucket(3, {})
    members = one.members(np.ones(len(LEVELS), np.bool_))
    expected, eligible = one.literal(members, None, 0.45)
    near = len(brute_force(members.levels, 0.45))
    assert 10 < len(expected) < near
    assert 0 < eligible < len(members.levels) * (len(members.levels) - 1) // 2


def test_dear_rows_in_a_block_with_cheap_ones_are_not_counted() -> None:
    # 5 rows meet each other, and 35 nobody; all are in the first blocks.
    costs = np.array([50] * 5 + [200] * 35, np.uint8)
    keys = np.full((40, 1), KEY, np.int64)
    dear = Side(LEVELS[1:41], Keyed(keys, costs[:, None]), costs)
    search = Search(0.45, reaches(184, {}), ALL)
    assert compare_bucket(dear, None, KEY, 184, search).comparisons == 10
    assert compare_bucket(dear, dear._replace(costs=costs + 0), KEY, 184, search).comparisons >= 25


def test_rows_out_of_order_would_lose_pairs() -> None:
    # Why the join table is sorted by cost: the search ends at the first that reaches nobody.
    levels: Levels = np.ones((3, 272), np.int8)
    keys = np.full((3, 1), KEY, np.int64)
    lost = []
    for order in ([0, 100, 184], [184, 100, 0]):
        costs = np.array(order, np.uint8)
        lost.append(len(found(Side(levels, Keyed(keys, costs[:, None]), costs), None, 0.4)))
    assert lost == [2, 0]


@pytest.mark.parametrize("room", [0, 50, ALL])
@pytest.mark.parametrize("max_pairs", [1, 3, 10])
@pytest.mark.parametrize(("two", "very_many"), [(False, 0), (True, 0), (False, 200), (True, ALL)])
def test_the_nearest_pairs_stay_whatever_is_held_at_once(
    monkeypatch: pytest.MonkeyPatch, room: int, max_pairs: int, two: bool, very_many: int
) -> None:
    monkeypatch.setattr(compare, "_PAIRS_AT_ONCE", room)
    for module in (compare, kernel):
        monkeypatch.setattr(module, "VERY_MANY", very_many)
        monkeypatch.setattr(module, "EACH", 1)
    set_blocks(monkeypatch, 8)
    left, right = (shared(LEVELS[:60]), shared(LEVELS[60:])) if two else (shared(LEVELS), None)
    search = Search(0.7, reaches(184, {}), max_pairs)
    near = every_pair_that_meets_here(left, right, 0.7, 184)
    stays = among_nearest(near, right is None, max_pairs)
    reported = reported_here(left, right, near)
    assert np.count_nonzero(reported & ~stays) > 50
    assert np.count_nonzero(~reported & stays) > 2
    bounded = compare_bucket(left, right, KEY, 184, search)
    kept = near.where(stays & reported)
    pairs = zip(*(column.tolist() for column in kept), strict=True)
    assert as_dict(bounded) == {(a, b): distance for a, b, distance in pairs}
    assert bounded.dropped == np.count_nonzero(reported & ~stays)


def among_nearest(pairs: Pairs, one_side: bool, max_pairs: int) -> np.ndarray:  # type: ignore[type-arg]
    """Tell which pairs have fewer than so many nearer ones at either end."""
    ends = pairs.a, pairs.b if one_side else pairs.b + 1_000
    every, distance = np.concatenate(ends), np.tile(pairs.distance, 2)
    nearer = [
        [np.count_nonzero((every == end) & (distance < own)) for end in both]
        for *both, own in zip(*ends, pairs.distance, strict=True)
    ]
    stays: np.ndarray = np.min(nearer, axis=1) < max_pairs  # type: ignore[type-arg]
    return stays


def shared(levels: Levels) -> Side:
    """Every third row is in an earlier bucket too, which reports the pairs of these."""
    here = side(levels, 3, KEY)
    here.keyed.keys[np.arange(len(levels)) % 3 > 0, 0] = REMOVED
    return here


def every_pair_that_meets_here(left: Side, right: Side | None, cutoff: float, reach: int) -> Pairs:
    """Those that other buckets report, too."""
    other = left if right is None else right
    apart = distances(left.levels, other.levels)
    costs = left.costs.astype(int)[:, None] + other.costs.astype(int)
    meets = (apart < cutoff) & (costs <= reach)
    a, b = np.nonzero(np.triu(meets, 1) if right is None else meets)
    return Pairs(a, b, apart[a, b])


def reported_here(left: Side, right: Side | None, pairs: Pairs) -> np.ndarray:  # type: ignore[type-arg]
    other = left if right is None else right
    return meet_first_under(KEY, left.keyed, other.keyed, pairs.a, pairs.b, reaches(184, {}))


@pytest.mark.parametrize("room", [100, ALL])
def test_of_very_many_dropped_pairs_some_stand_for_all(
    monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """Those that blocks leave out, and those that go later."""
    search = Search(0.95, reaches(184, {}), 5)
    exact = compare_bucket(side(LEVELS), None, KEY, 184, search)
    monkeypatch.setattr(compare, "_PAIRS_AT_ONCE", room)
    for module in (compare, kernel):
        monkeypatch.setattr(module, "VERY_MANY", 200)
        monkeypatch.setattr(module, "EACH", 8)
    set_blocks(monkeypatch, 20)
    about = compare_bucket(side(LEVELS), None, KEY, 184, search)
    assert as_dict(about) == as_dict(exact)
    assert exact.dropped > 2_000
    assert about.dropped != exact.dropped
    assert about.dropped == pytest.approx(exact.dropped, rel=0.1)


def test_a_crowded_bucket_is_not_looked_through_for_every_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_through = []
    keep = Limits.keep

    def counted(limits: Limits, pairs: Pairs) -> np.ndarray:  # type: ignore[type-arg]
        looked_through.append(len(pairs.a))
        return keep(limits, pairs)

    monkeypatch.setattr(Limits, "keep", counted)
    monkeypatch.setattr(compare, "_PAIRS_AT_ONCE", 100)
    set_blocks(monkeypatch, 1)
    search = Search(0.95, reaches(184, {}), 60)
    compared = compare_bucket(side(LEVELS), None, KEY, 184, search)
    every = len(compared.pairs.a) + compared.dropped
    assert every > 5_000
    # More stay than may be held at once; still, all looking is a few times all pairs.
    assert len(compared.pairs.a) > 2_000
    assert len(looked_through) > 3
    assert sum(looked_through) < 4 * every
