"""From signatures to pairs: exploded, sorted, cut anywhere, compared."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Model
from matching.rules import word_keys
from tests.unit.matching.examples import Levels, brute_force, random_levels, signatures
from udfs.comparing import comparer

from .buckets import (
    Ids,
    Pairs,
    compared,
    cut,
    expected_pairs,
    hot_words,
    ids_of,
    in_order,
    keyed_rows,
    model_of,
    sharing_an_open_word,
)

LEVELS = signatures(70)
IDS = ids_of(LEVELS)
CUTOFF = 0.45


@cache
def words_case() -> tuple[Model, pa.Table, Pairs]:
    """Words, some of them hot, with what must be found of them."""
    model = model_of("words", CUTOFF, hot_words=hot_words(LEVELS, 4))
    pairs = sharing_an_open_word(expected_pairs(LEVELS, IDS, CUTOFF), LEVELS, IDS, model)
    return model, keyed_rows(LEVELS, IDS, model), pairs


@cache
def exhaustive_case(group_size: int) -> tuple[Model, pa.Table, Pairs]:
    """All with all, in groups of about this size."""
    model = model_of("exhaustive", CUTOFF, group_size=group_size)
    return model, keyed_rows(LEVELS, IDS, model), expected_pairs(LEVELS, IDS, CUTOFF)


def shuffled(rows: pa.Table, seed: int) -> pa.Table:
    return rows.take(np.random.default_rng(seed).permutation(rows.num_rows))


def test_the_words_case_bounds_some_pairs_away_and_finds_others() -> None:
    every = expected_pairs(LEVELS, IDS, CUTOFF)
    assert 10 < len(words_case()[2]) < len(every)


@settings(deadline=None, max_examples=40)
@given(data=st.data(), seed=st.integers(0, 999))
def test_words_find_the_pairs_that_share_an_open_word(data: st.DataObject, seed: int) -> None:
    model, rows, expected = words_case()
    cuts = data.draw(st.lists(st.integers(0, rows.num_rows), max_size=60))
    assert compared(cut(in_order(shuffled(rows, seed)), cuts), model) == expected


@settings(deadline=None, max_examples=40)
@given(data=st.data(), seed=st.integers(0, 999), size=st.sampled_from([2, 3, 10, 35, 69, 70]))
def test_the_exhaustive_rule_is_brute_force(data: st.DataObject, seed: int, size: int) -> None:
    model, rows, expected = exhaustive_case(size)
    cuts = data.draw(st.lists(st.integers(0, rows.num_rows), max_size=60))
    assert compared(cut(in_order(shuffled(rows, seed)), cuts), model) == expected


@pytest.mark.parametrize("step", [1, 2, 5])
def test_a_bucket_may_span_many_batches(step: int) -> None:
    for model, rows, expected in (words_case(), exhaustive_case(70), exhaustive_case(3)):
        places = range(0, rows.num_rows, step)
        assert compared(cut(in_order(rows), places), model) == expected


def test_a_bucket_is_done_when_the_next_one_begins() -> None:
    model, rows, _ = exhaustive_case(35)
    ordered = in_order(rows)
    parts = ordered["part"].to_numpy()
    pulled: list[pa.RecordBatch] = []

    def one_bucket_a_batch() -> Iterator[pa.RecordBatch]:
        for batch in cut(ordered, (np.flatnonzero(np.diff(parts)) + 1).tolist()):
            pulled.append(batch)
            yield batch

    # Group 0 alone, 0 with 1, 1 alone: each comes once the batch after it was looked at.
    held = [len(pulled) for _ in comparer(model)(one_bucket_a_batch())]
    assert held == [2, 3, 3]


def test_groups_may_be_empty() -> None:
    # All ids in one of the 35 groups, whatever the others would hold.
    ids = IDS.copy()
    ids[:, :4] = 0
    model = model_of("exhaustive", CUTOFF, group_size=2)
    rows = in_order(keyed_rows(LEVELS, ids, model))
    assert compared(cut(rows, [3, 50]), model) == expected_pairs(LEVELS, ids, CUTOFF)


def test_a_pair_under_a_hot_and_an_open_word_is_found_once() -> None:
    two, ids = np.stack([LEVELS[1], LEVELS[1]]), IDS[1:3]
    shared = word_keys(two)[0]
    expected = {(min(map(bytes, ids)), max(map(bytes, ids))): 0.0}
    for hot in (shared[:1], shared[:-1], shared[1:], shared[::2]):
        model = model_of("words", CUTOFF, hot_words=np.sort(hot))
        assert compared(cut(in_order(keyed_rows(two, ids, model)), []), model) == expected
    deaf = model_of("words", CUTOFF, hot_words=shared)
    assert compared(cut(keyed_rows(two, ids, deaf), []), deaf) == {}


def ids_from(*starts: bytes) -> Ids:
    padded = [start.ljust(16, b"\0") for start in starts]
    return np.frombuffer(b"".join(padded), np.uint8).reshape(-1, 16)


@pytest.mark.parametrize("rule", ["words", "exhaustive"])
def test_the_smaller_id_comes_first_as_bytes(rule: str) -> None:
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
    model = model_of(rule, CUTOFF, group_size=3)
    found = compared(cut(in_order(keyed_rows(levels, ids[order], model)), [5]), model)
    named = [one.tobytes() for one in ids]
    assert found == {(a, b): 0.0 for i, a in enumerate(named) for b in named[i + 1 :]}


def test_signatures_of_another_size() -> None:
    levels = random_levels(np.random.default_rng(5), 40, 110)
    levels[20:] = levels[:20]
    levels[20:, ::7] = 0
    ids = ids_of(levels)
    full = np.concatenate([levels, -levels], axis=1)
    named = [one.tobytes() for one in ids]
    expected = {
        (min(named[a], named[b]), max(named[a], named[b])): d
        for (a, b), d in brute_force(full, 0.4).items()
    }
    assert len(expected) >= 20
    model = model_of("exhaustive", 0.4, n=6)
    assert compared(cut(in_order(keyed_rows(levels, ids, model)), [9]), model) == expected


def test_without_rows_there_are_no_pairs() -> None:
    model, rows, _ = words_case()
    assert compared([], model) == {}
    assert compared(cut(rows.slice(0, 0), [0]), model) == {}
    assert compared(cut(rows.slice(0, 1), []), model) == {}
