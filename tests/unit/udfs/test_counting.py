"""How many signatures stand under each key, as numpy counts them."""

import pickle
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Model, keys_of
from matching.rules import REMOVED, Keyed, word_keys
from tests.unit.matching.examples import signatures
from udfs import counting as module
from udfs.arrow import BatchFunction
from udfs.counting import (
    ANY_COST,
    KEY_COUNTS,
    KEYLESS_ROWS,
    MEMBER_ROWS,
    EveryKey,
    TheseKeys,
    cell_counter,
    key_counter,
    key_members,
    keyless_counter,
)
from udfs.rows import assigned_signatures

from .buckets import assigned_rows, cut, fitted, ids_of, model_of, with_hot_words

LEVELS = signatures(90)
IDS = ids_of(LEVELS)
MODELS = {
    "cells": fitted(model_of("cells"), LEVELS),
    "words": with_hot_words(model_of("words"), LEVELS, 4),
    "cells,words": with_hot_words(fitted(model_of("cells", "words"), LEVELS), LEVELS, 4),
    "exhaustive": model_of("exhaustive"),
}
ROWS = {rule: assigned_rows(LEVELS, IDS, model) for rule, model in MODELS.items()}

Counts = dict[tuple[int, int], int]


def keyed(rule: str) -> Keyed:
    signatures = assigned_signatures(ROWS[rule], MODELS[rule])
    return keys_of(signatures.levels, signatures.cells, MODELS[rule])


def by_numpy(rule: str, detailed: Iterable[int]) -> Counts:
    """Rows by key and cost, or ``ANY_COST``, as numpy counts them."""
    keys, costs = keyed(rule)
    there = keys != REMOVED
    shown = np.where(np.isin(keys, list(detailed)), costs.astype(int), ANY_COST)
    pairs = np.stack([keys[there], shown[there]], axis=1)
    values, counts = np.unique(pairs, axis=0, return_counts=True)
    return {(key, cost): n for (key, cost), n in zip(values.tolist(), counts.tolist(), strict=True)}


def counted(function: BatchFunction, batches: Iterable[pa.RecordBatch]) -> Counts:
    (batch,) = function(batches)
    assert batch.schema == KEY_COUNTS
    columns = [batch[name].to_pylist() for name in ("key", "cost", "rows")]
    rows = list(zip(*columns, strict=True))
    counts = {(key, cost): count for key, cost, count in rows}
    assert len(counts) == len(rows), "a key and cost came twice"
    return counts


def all_keys(rule: str) -> list[int]:
    return sorted(set(keyed(rule).keys.ravel().tolist()) - {REMOVED})


@pytest.mark.parametrize("rule", MODELS)
def test_without_details_keys_are_counted(rule: str) -> None:
    counter = key_counter(MODELS[rule].light(), EveryKey(0))
    assert counted(counter, [ROWS[rule]]) == by_numpy(rule, [])


@pytest.mark.parametrize("rule", MODELS)
def test_in_detail_keys_and_costs_are_counted(rule: str) -> None:
    counter = key_counter(MODELS[rule].light(), EveryKey(1))
    expected = by_numpy(rule, all_keys(rule))
    assert counted(counter, [ROWS[rule]]) == expected
    assert (len(expected) > len(all_keys(rule))) == ("cells" in rule)


@settings(deadline=None, max_examples=40)
@given(
    data=st.data(),
    rule=st.sampled_from(list(MODELS)),
    places=st.lists(st.integers(0, 90), max_size=5),
    held=st.sampled_from([0, 100, 10**9]),
    chunk=st.sampled_from([1, 13, 512]),
    only=st.booleans(),
)
def test_of_chosen_keys_the_costs_are_counted_in_any_cut(
    data: st.DataObject, rule: str, places: list[int], held: int, chunk: int, only: bool
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(all_keys(rule)), max_size=9))
    expected = by_numpy(rule, chosen)
    if only:
        expected = {(key, cost): n for (key, cost), n in expected.items() if key in set(chosen)}
    counter = key_counter(MODELS[rule].light(), TheseKeys(tuple(chosen)), only)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_HELD", held)
        patch.setattr("udfs.keys._SIGNATURES_AT_ONCE", chunk)
        assert counted(counter, cut(ROWS[rule], places)) == expected


def test_counts_of_partitions_add_up() -> None:
    counter = key_counter(MODELS["cells,words"].light(), EveryKey(3))
    whole = Counter(counted(counter, [ROWS["cells,words"]]))
    parts: Counter[tuple[int, int]] = Counter()
    for part in cut(ROWS["cells,words"], [20, 50]):
        parts.update(counted(counter, [part]))
    assert parts == whole


def test_hot_words_are_not_counted() -> None:
    words = keyed("words").keys
    assert np.count_nonzero(words == REMOVED) > 0
    keys = {key for key, _ in counted(key_counter(MODELS["words"], EveryKey(0)), [ROWS["words"]])}
    hot = set(MODELS["words"].words.above(4).tolist())
    assert hot
    assert keys == set(np.unique(word_keys(LEVELS)).tolist()) - hot


@pytest.mark.parametrize("batches", [[], [ROWS["cells"].slice(0, 0)]])
def test_no_rows_have_no_counts(batches: list[pa.RecordBatch]) -> None:
    model = MODELS["cells"].light()
    assert counted(key_counter(model, EveryKey(1)), batches) == {}
    for function in (key_members(model, EveryKey(1)), keyless_counter(model)):
        assert [row for batch in function(batches) for row in batch.to_pylist()] == []


@pytest.mark.parametrize("rule", MODELS)
@pytest.mark.parametrize("chunk", [7, 512])
def test_members_of_chosen_keys_are_listed(
    monkeypatch: pytest.MonkeyPatch, rule: str, chunk: int
) -> None:
    monkeypatch.setattr("udfs.keys._SIGNATURES_AT_ONCE", chunk)
    keys, costs = keyed(rule)
    chosen = all_keys(rule)[:: max(1, len(all_keys(rule)) // 5)]
    expected = Counter(
        (int(keys[row, column]), int(costs[row, column]), IDS[row].tobytes())
        for row, column in zip(*np.nonzero(np.isin(keys, chosen)), strict=True)
    )
    listed = key_members(MODELS[rule].light(), TheseKeys(tuple(chosen)))
    batches = list(listed(cut(ROWS[rule], [20])))
    assert all(batch.schema == MEMBER_ROWS for batch in batches)
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert Counter((row["key"], row["cost"], row["signature_id"]) for row in rows) == expected
    assert len(expected) > 1


def keyless(model: Model, batches: Iterable[pa.RecordBatch]) -> int:
    counted = list(keyless_counter(model.light())(batches))
    assert all(batch.schema == KEYLESS_ROWS for batch in counted)
    return sum(row["keyless"] for batch in counted for row in batch.to_pylist())


@pytest.mark.parametrize("chunk", [7, 512])
def test_signatures_without_a_key_are_counted(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr("udfs.keys._SIGNATURES_AT_ONCE", chunk)
    # Every word of two signatures is hot.
    model = with_hot_words(model_of("words"), LEVELS[[3, 60]], 0)
    expected = int(np.isin(word_keys(LEVELS), model.words.keys).all(axis=1).sum())
    assert expected >= 2
    rows = assigned_rows(LEVELS, IDS, model)
    assert keyless(model, cut(rows, [0, 20, 20])) == expected
    # With cells as well, nobody is left without a key.
    both = replace(fitted(model, LEVELS), rules=("cells", "words"))
    assert keyless(both, [assigned_rows(LEVELS, IDS, both)]) == 0


def test_cells_that_cost_more_than_the_reach_are_no_keys() -> None:
    model = fitted(model_of("cells", reach=0), LEVELS)
    rows = assigned_rows(LEVELS, IDS, model)
    far = sum(min(costs) > 0 for costs in rows["costs"].to_pylist())
    assert 0 < keyless(model, [rows]) == far


def test_keys_are_chosen_by_step_or_by_name() -> None:
    keys = np.array([0, 5, 6, 7, 2**32 + 3, 12], np.int64)
    assert EveryKey(6)(keys).tolist() == [True, False, True, False, False, True]
    assert EveryKey(1)(keys).all()
    assert not EveryKey(0)(keys).any()
    assert TheseKeys((7, 2**32 + 3, 99))(keys).tolist() == [False, False, False, True, True, False]
    assert not TheseKeys(())(keys).any()
    for chosen in (EveryKey(6), TheseKeys((7,)), EveryKey(0)):
        assert chosen(keys).dtype == chosen(keys[:0]).dtype == np.bool_
        assert pickle.loads(pickle.dumps(chosen)) == chosen  # noqa: S301 - its own


def test_cells_are_counted_without_signatures() -> None:
    model = MODELS["cells"]
    rows = assigned_rows(LEVELS, ids_of(LEVELS), model)
    alone = pa.RecordBatch.from_arrays([rows["cells"], rows["costs"]], ["cells", "costs"])
    found = counted(cell_counter(model), cut(alone, [0, 7, 7, 50]))
    assert found == counted(key_counter(model, EveryKey(0)), [rows])
    assert len(found) > 10
    assert counted(cell_counter(model), []) == counted(cell_counter(model), [alone.slice(0, 0)])
