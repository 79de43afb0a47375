"""From signatures to pairs: exploded, sent to partitions, sorted, cut anywhere, compared."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Model
from matching.buckets import BucketLimits, BucketPlan, plan_bucket
from matching.rules import FIRST_WORD, REMOVED, keys_of, word_keys
from tests.unit.matching.examples import Levels, brute_force, random_levels, signatures
from udfs.comparing import FOUND_ROWS, comparer
from udfs.keys import Plans
from udfs.rows import assigned_signatures

from .buckets import (
    Comparison,
    Ids,
    Pair,
    Reference,
    all_plans,
    assigned_rows,
    compared,
    cut,
    fitted,
    gathered,
    ids_of,
    in_order,
    keyed_rows,
    model_of,
    partitions,
    shuffled,
    with_hot_words,
)

LEVELS = signatures(50)
IDS = ids_of(LEVELS)
RULES = ("cells", "words", "cells,words", "exhaustive")


@cache
def case(rule: str) -> tuple[Model, pa.RecordBatch]:
    """A model of this rule, some words hot, and the signatures with its cells."""
    names = rule.split(",")
    model = with_hot_words(model_of(*names, cutoff=0.6), LEVELS, 2)
    model = fitted(model, LEVELS) if "cells" in names else model
    return model, assigned_rows(LEVELS, IDS, model)


@cache
def reference(rule: str) -> Reference:
    model, assigned = case(rule)
    return Reference(assigned, model)


@cache
def keys_with_members(rule: str) -> list[int]:
    """Keys that two signatures have."""
    model, assigned = case(rule)
    given = assigned_signatures(assigned, model)
    keys, counts = np.unique(keys_of(given.levels, given.cells, model).keys, return_counts=True)
    return [int(key) for key in keys[(counts > 1) & (keys != REMOVED)]]


def plan(reach: int, groups: int) -> BucketPlan:
    return BucketPlan(reach, groups, 0, 0)


def check(found: Comparison, rule: str, plans: Plans) -> None:
    """Exactly the pairs that meet, each where it meets first, and counts that are possible."""
    assert found.pairs == reference(rule).pairs(plans)
    least, most = reference(rule).comparisons(plans)
    assert least <= found.comparisons <= most
    assert found.dropped == 0


def test_the_rules_bound_some_pairs_away_and_find_others() -> None:
    every = len(brute_force(LEVELS, 0.6))
    found = {rule: len(reference(rule).pairs({})) for rule in RULES}
    assert found["exhaustive"] == every
    assert 10 < found["words"] < every
    assert 10 < found["cells"] < every
    assert max(found["words"], found["cells"]) < found["cells,words"] < every


def test_pairs_come_from_cells_and_from_words() -> None:
    keys = [pair.key for pair in reference("cells,words").pairs({}).values()]
    assert min(sum(key < FIRST_WORD for key in keys), sum(key >= FIRST_WORD for key in keys)) > 3


@settings(deadline=None, max_examples=60)
@given(
    data=st.data(),
    rule=st.sampled_from(RULES),
    count=st.integers(1, 5),
    seed=st.integers(0, 999),
    caps=st.booleans(),
)
def test_every_pair_comes_out_once_whatever_is_split_capped_and_cut(
    data: st.DataObject, rule: str, count: int, seed: int, caps: bool
) -> None:
    model, assigned = case(rule)
    reach = st.integers(-1, model.reach) if caps else st.just(model.reach)
    plans = data.draw(
        st.dictionaries(
            st.sampled_from(keys_with_members(rule)),
            st.builds(plan, reach, st.integers(1, 4)),
            max_size=8,
        )
    )
    plans = {
        key: plan(min(0, one.reach), one.groups) if key >= FIRST_WORD else one
        for key, one in plans.items()
    }
    cuts = st.lists(st.integers(0, 1500), max_size=8)
    rows = keyed_rows(cut(assigned, data.draw(cuts)), model, plans)
    parts = [cut(part, data.draw(cuts)) for part in partitions(shuffled(rows, seed), count)]
    check(gathered(parts, model, plans), rule, plans)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "limits", [BucketLimits(10**9, 10**9), BucketLimits(5, 10**9), BucketLimits(4, 12)]
)
def test_what_planning_makes_of_the_buckets_loses_what_it_says(
    rule: str, limits: BucketLimits
) -> None:
    model, assigned = case(rule)
    plans = all_plans(assigned, model, limits)
    capped = sum(one.comparisons_bounded > 0 for one in plans.values())
    split = sum(one.groups > 1 for one in plans.values())
    assert (capped > 0) == (limits.comparisons == 12 and rule != "words")
    assert (split > 0) == (limits.rows < 10**9 and rule not in ("words", "exhaustive")) or rule in (
        "words",
        "exhaustive",
    )
    rows = keyed_rows([assigned], model, plans)
    for count in (1, 3):
        found = gathered([cut(p, [50]) for p in partitions(rows, count)], model, plans)
        check(found, rule, plans)
        # A split bucket compares as many as its plan says: all pairs within reach, or a few more.
        assert found.comparisons >= sum(one.comparisons for one in plans.values())


@pytest.mark.parametrize("step", [1, 2, 5])
@pytest.mark.parametrize(
    ("rule", "plans"), [("words", {}), ("cells", {}), ("exhaustive", {0: plan(0, 3)})]
)
def test_a_bucket_may_span_many_batches(rule: str, plans: Plans, step: int) -> None:
    model, assigned = case(rule)
    rows = in_order(keyed_rows([assigned], model, plans))
    places = range(0, rows.num_rows, step)
    check(compared(cut(rows, places), model, plans), rule, plans)


def test_a_bucket_is_done_when_the_next_one_begins() -> None:
    model, assigned = case("exhaustive")
    plans = {0: plan(0, 2)}
    ordered = in_order(keyed_rows([assigned], model, plans))
    parts = ordered["part"].to_numpy()
    pulled: list[pa.RecordBatch] = []

    def one_bucket_a_batch() -> Iterator[pa.RecordBatch]:
        for batch in cut(ordered, (np.flatnonzero(np.diff(parts)) + 1).tolist()):
            pulled.append(batch)
            yield batch

    # Group 0 alone, 0 with 1, 1 alone: each comes once the batch after it was looked at.
    out = comparer(model, plans)(one_bucket_a_batch())
    held = [len(pulled) for batch in out if batch["comparisons"][0].is_valid]
    assert held == [2, 3, 3]


def test_groups_may_be_empty() -> None:
    # All ids in one of the 3 groups, whatever the others would hold.
    ids = IDS.copy()
    ids[:, :4] = 0
    model, _ = case("exhaustive")
    assigned = assigned_rows(LEVELS, ids, model)
    plans = {0: plan(0, 3)}
    rows = in_order(keyed_rows([assigned], model, plans))
    found = compared(cut(rows, [3, 50]), model, plans)
    assert found.pairs == Reference(assigned, model).pairs(plans)
    assert found.comparisons == 50 * 49 // 2


def test_a_pair_under_a_hot_and_an_open_word_is_found_once() -> None:
    two, ids = np.stack([LEVELS[1], LEVELS[1]]), IDS[1:3]
    shared = word_keys(two)[0]
    pair = min(map(bytes, ids)), max(map(bytes, ids))
    for hot in (shared[:1], shared[:-1], shared[1:], shared[::2]):
        left = np.setdiff1d(shared, hot)
        model = hot_model(hot)
        rows = keyed_rows([assigned_rows(two, ids, model)], model, {})
        found = compared(cut(in_order(rows), []), model, {})
        assert found.pairs == {pair: Pair(0.0, int(left[0]))}
        assert found.comparisons == len(left)
    deaf = hot_model(shared)
    rows = keyed_rows([assigned_rows(two, ids, deaf)], deaf, {})
    assert compared(cut(rows, []), deaf, {}) == ({}, 0, 0)


def hot_model(hot: np.ndarray) -> Model:
    model = with_hot_words(model_of("words"), LEVELS[:0], 0)
    words = replace(model.words, keys=np.sort(hot), frequencies=np.ones(len(hot), np.int64))
    return replace(model, words=words)


@pytest.mark.parametrize("rule", ["cells", "cells,words"])
def test_a_pair_moves_on_to_the_next_key_if_one_is_capped(rule: str) -> None:
    model, assigned = case(rule)
    before = reference(rule).pairs({})
    closed: dict[int, BucketPlan] = {}
    moved = set()
    # Close one bucket after the other, from the largest.
    keys = [pair.key for pair in before.values()]
    for key in sorted(set(keys), key=lambda key: (-keys.count(key), key))[:5]:
        closed[key] = plan(-1, 1)
        rows = in_order(keyed_rows([assigned], model, closed))
        found = compared(cut(rows, [9]), model, closed)
        check(found, rule, closed)
        for pair, (distance, at) in found.pairs.items():
            assert distance == before[pair].distance
            assert at >= before[pair].key
            moved |= {pair} if at > before[pair].key else set()
    assert moved


def test_pairs_beyond_the_nearest_of_both_ends_go_and_are_counted() -> None:
    model, assigned = case("exhaustive")
    few = replace(model, max_pairs_per_image=1, cutoff=0.7)
    every = replace(few, max_pairs_per_image=10**6)
    rows = in_order(keyed_rows([assigned], model, {}))
    kept, whole = (compared(cut(rows, [9]), one, {}) for one in (few, every))
    assert kept.dropped == len(whole.pairs) - len(kept.pairs) > 100
    nearest: dict[bytes, float] = {}
    for pair, found in whole.pairs.items():
        for end in pair:
            nearest[end] = min(found.distance, nearest.get(end, 1))
    assert kept.pairs == {
        pair: found
        for pair, found in whole.pairs.items()
        if found.distance <= max(nearest[end] for end in pair)
    }
    # Split over parts, more may stay, and never fewer.
    plans = {0: plan(0, 3)}
    split = compared(cut(in_order(keyed_rows([assigned], model, plans)), []), few, plans)
    assert kept.pairs.items() <= split.pairs.items() <= whole.pairs.items()
    assert split.dropped == len(whole.pairs) - len(split.pairs)


def ids_from(*starts: bytes) -> Ids:
    padded = [start.ljust(16, b"\0") for start in starts]
    return np.frombuffer(b"".join(padded), np.uint8).reshape(-1, 16)


@pytest.mark.parametrize(
    ("rule", "plans"),
    [("words", {}), ("cells", {}), ("exhaustive", {}), ("exhaustive", {0: plan(0, 3)})],
)
def test_the_smaller_id_comes_first_as_bytes(rule: str, plans: Plans) -> None:
    ids = ids_from(
        b"",
        b"\x00\x01",
        b"\x01",
        b"\x01\x00\x00\x00\x00\x00\x00\x00\x01",
        b"\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01",
        b"\x7f",
        b"\x80",
        b"\x80\xff",
        b"\xff" * 15,
        b"\xff" * 16,
    )
    order = np.random.default_rng(3).permutation(len(ids))
    levels: Levels = np.tile(LEVELS[1], (len(ids), 1))
    model = model_of(rule) if rule != "cells" else case("cells")[0]
    rows = keyed_rows([assigned_rows(levels, ids[order], model)], model, plans)
    found = compared(cut(in_order(rows), [5]), model, plans).pairs
    named = [one.tobytes() for one in ids]
    assert found.keys() == {(a, b) for i, a in enumerate(named) for b in named[i + 1 :]}
    assert {pair.distance for pair in found.values()} == {0.0}


@pytest.mark.parametrize("rule", ["cells", "exhaustive"])
def test_signatures_of_another_size(rule: str) -> None:
    levels = random_levels(np.random.default_rng(5), 40, 110)
    levels[20:] = levels[:20]
    levels[20:, ::7] = 0
    ids = ids_of(levels)
    model = model_of(rule, n=6, cutoff=0.4)
    model = fitted(model, levels) if rule == "cells" else model
    found = compared(
        cut(in_order(keyed_rows([assigned_rows(levels, ids, model)], model, {})), [9]), model, {}
    ).pairs
    full = np.concatenate([levels, -levels], axis=1)
    named = [one.tobytes() for one in ids]
    expected = {
        (min(named[a], named[b]), max(named[a], named[b])): d
        for (a, b), d in brute_force(full, 0.4).items()
    }
    distances = {pair: one.distance for pair, one in found.items()}
    assert len(expected) >= 20
    if rule == "exhaustive":
        assert distances == expected
    else:
        assert len(distances) >= 10
        assert distances.items() <= expected.items()


def test_without_rows_there_are_no_pairs() -> None:
    model, assigned = case("words")
    rows = keyed_rows([assigned], model, {})
    assert compared([], model, {}) == ({}, 0, 0)
    assert compared(cut(rows.slice(0, 0), [0]), model, {}) == ({}, 0, 0)
    assert compared(cut(rows.slice(0, 1), []), model, {}) == ({}, 0, 0)


def test_what_comes_out_has_one_schema() -> None:
    model, assigned = case("cells,words")
    rows = in_order(keyed_rows([assigned], model, {}))
    batches = list(comparer(model, {})(cut(rows, [20, 400])))
    assert len(batches) > 3
    assert {str(batch.schema) for batch in batches} == {str(FOUND_ROWS)}


def test_planning_and_comparing_agree_on_an_uncapped_bucket() -> None:
    members = np.bincount([0, 0, 0])
    assert plan_bucket(members, 0, BucketLimits(2, 3)) == (0, 2, 3, 0)
