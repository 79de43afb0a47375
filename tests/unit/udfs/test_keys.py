"""The join table: which rows a signature gets."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Model, keys_of
from matching.buckets import BucketPlan
from matching.rules import REMOVED, Keyed, word_keys
from tests.unit.matching.examples import signatures
from udfs import keys as module
from udfs.keys import EACH_OTHER, KEYED_ROWS, LEFT, RIGHT, Plans, exploder, in_chunks, open_keys
from udfs.rows import assigned_signatures, packed_rows

from .buckets import assigned_rows, cut, fitted, ids_of, keyed_rows, model_of, with_hot_words

LEVELS = signatures(90)
IDS = ids_of(LEVELS)
CELLS = fitted(model_of("cells"), LEVELS)
WORDS = with_hot_words(model_of("words"), LEVELS, 4)
BOTH = with_hot_words(fitted(model_of("cells", "words"), LEVELS), LEVELS, 4)
ALL = model_of("exhaustive")


def rows_of(model: Model) -> pa.RecordBatch:
    return assigned_rows(LEVELS, IDS, model)


def joined(model: Model, plans: Plans) -> pa.Table:
    return keyed_rows([rows_of(model)], model, plans)


def keys_and_costs(model: Model) -> Keyed:
    given = assigned_signatures(rows_of(model), model)
    return keys_of(given.levels, given.cells, model)


def plan(reach: int, groups: int) -> BucketPlan:
    return BucketPlan(reach, groups, 0, 0)


def ids(rows: pa.Table) -> list[bytes]:
    return [row[:16] for row in rows["row"].to_pylist()]


@pytest.mark.parametrize("model", [CELLS, WORDS, BOTH, ALL], ids=lambda model: model.rule)
def test_a_signature_has_one_row_under_each_of_its_keys(model: Model) -> None:
    keys, costs = keys_and_costs(model)
    expected = Counter(
        (IDS[row].tobytes(), int(keys[row, column]), int(costs[row, column]))
        for row, column in zip(*np.nonzero(keys != REMOVED), strict=True)
    )
    rows = joined(model, {})
    found = zip(ids(rows), rows["key"].to_pylist(), rows["cost"].to_pylist(), strict=True)
    assert Counter(found) == expected
    assert set(rows["part"].to_pylist()) == {0}
    assert set(rows["side"].to_pylist()) == {EACH_OTHER}


def test_hot_words_have_no_rows() -> None:
    keys = word_keys(LEVELS)
    hot = WORDS.words.above(4)
    expected = Counter(keys[~np.isin(keys, hot)].tolist())
    assert Counter(joined(WORDS, {})["key"].to_pylist()) == expected
    assert max(expected.values()) <= 4
    assert len(hot) > 0


@pytest.mark.parametrize("model", [CELLS, WORDS, BOTH, ALL], ids=lambda model: model.rule)
def test_every_row_brings_its_own_signature(model: Model) -> None:
    packed = packed_rows(assigned_signatures(rows_of(model), model))
    own = {row[:16].tobytes(): row.tobytes() for row in packed}
    rows = joined(model, {})["row"].to_pylist()
    assert {own[row[:16]] == row for row in rows} == {True}


@pytest.mark.parametrize("groups", [2, 3, 9])
def test_each_two_signatures_meet_in_one_part_of_a_split_key(groups: int) -> None:
    rows = joined(ALL, {0: plan(0, groups)})
    assert rows.num_rows == 90 * groups
    members: dict[int, dict[int, list[bytes]]] = {}
    for part, side, name in zip(
        rows["part"].to_pylist(), rows["side"].to_pylist(), ids(rows), strict=True
    ):
        sides = members.setdefault(part, {EACH_OTHER: [], LEFT: [], RIGHT: []})
        sides[side].append(name)
    assert len(members) == groups * (groups + 1) // 2
    meetings: Counter[frozenset[bytes]] = Counter()
    for sides in members.values():
        assert not (sides[EACH_OTHER] and (sides[LEFT] or sides[RIGHT]))
        alone = sides[EACH_OTHER]
        meetings.update(frozenset({a, b}) for i, a in enumerate(alone) for b in alone[:i])
        meetings.update(frozenset({a, b}) for a in sides[LEFT] for b in sides[RIGHT])
    assert len(meetings) == 90 * 89 // 2
    assert set(meetings.values()) == {1}


def test_groups_are_about_as_large() -> None:
    rows = joined(ALL, {0: plan(0, 3)})
    alone = rows.filter(pa.array(rows["side"].to_numpy() == EACH_OTHER))
    sizes = Counter(alone["part"].to_pylist())
    assert sum(sizes.values()) == 90
    assert min(sizes.values()) > 15


def test_only_planned_keys_are_split_or_capped() -> None:
    keys, costs = keys_and_costs(CELLS)
    there = keys[keys != REMOVED]
    split, capped, closed = np.unique(there)[:3].tolist()
    half = int(np.median(costs[keys == capped]))
    plans = {split: plan(150, 2), capped: plan(half, 1), closed: plan(-1, 1), 10**9: plan(9, 3)}
    found = Counter(joined(CELLS, plans)["key"].to_pylist())
    members = Counter(there.tolist())
    within = int(np.count_nonzero(costs[keys == capped] <= half))
    assert 0 < within < members[capped]
    members |= Counter({split: 2 * members[split]})
    members[capped], members[closed] = within, 0
    assert found == members


@settings(deadline=None, max_examples=40)
@given(st.data(), st.sampled_from([CELLS, BOTH, ALL]), st.lists(st.integers(0, 90), max_size=5))
def test_batches_and_chunks_change_nothing(
    data: st.DataObject, model: Model, places: list[int]
) -> None:
    keys = np.unique(keys_and_costs(model).keys).tolist()
    plans = data.draw(
        st.dictionaries(
            st.sampled_from(keys),
            st.builds(plan, st.integers(-1, model.reach), st.integers(1, 4)),
            max_size=5,
        )
    )
    chunk = data.draw(st.sampled_from([1, 11, 512]))
    whole = joined(model, plans)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SIGNATURES_AT_ONCE", chunk)
        batches = list(exploder(model.light(), plans)(cut(rows_of(model), places)))
    assert all(batch.schema == KEYED_ROWS for batch in batches)
    parts = pa.Table.from_batches(batches, KEYED_ROWS)
    order = [(name, "ascending") for name in KEYED_ROWS.names]
    assert parts.sort_by(order).equals(whole.sort_by(order))


def test_chunks_hold_every_row_once_in_order() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array(range(1300))], ["n"])
    chunks = list(in_chunks([batch.slice(0, 0), batch, batch.slice(1290)]))
    assert [chunk.num_rows for chunk in chunks] == [512, 512, 276, 10]
    assert [n for chunk in chunks for n in chunk["n"].to_pylist()] == [
        *range(1300),
        *range(1290, 1300),
    ]


def test_removed_keys_are_not_listed() -> None:
    keys = np.array([[REMOVED, 4], [REMOVED, REMOVED], [0, 2**33]], np.int64)
    rows, listed, costs = open_keys(Keyed(keys, np.array([[1, 2], [3, 4], [5, 255]], np.uint8)))
    assert (rows.tolist(), listed.tolist(), costs.tolist()) == (
        [0, 2, 2],
        [4, 0, 2**33],
        [2, 5, 255],
    )
    assert costs.dtype == np.int16


def test_no_rows_in_no_rows_out() -> None:
    for model in (CELLS, WORDS, ALL):
        empty = rows_of(model).slice(0, 0)
        for batches in ([], [empty]):
            out = exploder(model.light(), {})(batches)
            assert [row for batch in out for row in batch.to_pylist()] == []


def test_signatures_of_another_size() -> None:
    levels = LEVELS[:, :110]
    model = fitted(model_of("cells", n=6), levels)
    rows = keyed_rows([assigned_rows(levels, IDS, model)], model, {})
    assert {len(value) for value in rows["row"].to_pylist()} == {16 + 37 + 5 * 5}
