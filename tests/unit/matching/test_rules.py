"""Blocking rules turn signatures into keys: cells, then words, in one order."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Model, WordStatistics, assign_cells, keys_of
from matching import rules as module
from matching.cells import NO_CELL, Cells
from matching.model import RULES
from matching.rules import (
    FIRST_WORD,
    REMOVED,
    cell_keys,
    keys_of_a_signature,
    open_word_keys,
    reach_of,
    word_keys,
)
from signature import expand, words

from .examples import codebook_of, random_levels, signatures

LEVELS = signatures(80)
CODEBOOK = codebook_of(LEVELS, (20,))
CELLS = assign_cells(LEVELS, CODEBOOK, 12, 1)
MODEL = Model("v", 9, True, ("cells", "words"), 0.4, codebook=CODEBOOK)


def with_hot(frequencies: dict[int, int], limit: int, model: Model = MODEL) -> Model:
    keys = np.array(sorted(frequencies), np.int64)
    counts = np.array([frequencies[int(key)] for key in keys], np.int64)
    statistics = WordStatistics(1000, keys, counts)
    return replace(model, words=statistics, max_document_frequency=limit)


def test_a_word_key_is_a_word_and_its_position() -> None:
    literal = [
        [2**32 + place * 43_046_721 + int(word) for place, word in enumerate(row)]
        for row in words(expand(LEVELS))
    ]
    assert word_keys(LEVELS).tolist() == literal
    assert open_word_keys(LEVELS, MODEL).tolist() == literal


def test_word_keys_ascend_above_all_cells() -> None:
    extremes = np.stack([np.full(272, level, np.int8) for level in (-2, 0, 2)])
    keys = word_keys(np.concatenate([signatures(300), extremes]))
    assert keys.shape == (303, 63)
    assert np.all(np.diff(keys, axis=1) > 0)
    assert keys.min() >= FIRST_WORD > np.iinfo(np.int32).max


def test_word_keys_of_signatures_of_another_size() -> None:
    levels = random_levels(np.random.default_rng(4), 5, 60)
    expected = words(expand(levels, 6, False)) + 2**32 + np.arange(63) * 3**16
    model = replace(MODEL, n=6, diagonal_neighbors=False, rules=("words",))
    assert np.array_equal(open_word_keys(levels, model), expected)
    assert np.array_equal(keys_of(levels, None, model).keys, expected)


@pytest.mark.parametrize("chunk", [1, 7, 16_384])
def test_hot_words_are_removed_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(module, "_CHUNK", chunk)
    keys = word_keys(LEVELS)
    present, counts = np.unique(keys, return_counts=True)
    frequencies = dict(zip(present.tolist(), counts.tolist(), strict=True))
    # Some that are in no signature, the first and the last there are, those of a row's ends.
    extremes = [*keys[0, :2], *keys[-1, -2:], present[0], present[-1], 17, 2**62]
    model = with_hot(frequencies | {int(key): 6 for key in extremes}, 5)
    hot = np.union1d(present[counts > 5], extremes)
    kept = open_word_keys(LEVELS, model)
    assert np.array_equal(kept == REMOVED, np.isin(keys, hot))
    assert np.array_equal(kept[kept != REMOVED], keys[~np.isin(keys, hot)])
    assert 0 < np.count_nonzero(kept == REMOVED) < kept.size


def test_a_word_as_frequent_as_the_limit_is_not_hot() -> None:
    first = int(word_keys(LEVELS[1:2])[0, 0])
    assert open_word_keys(LEVELS[1:2], with_hot({first: 500}, 500))[0, 0] == first
    assert open_word_keys(LEVELS[1:2], with_hot({first: 501}, 500))[0, 0] == REMOVED


@settings(deadline=None)
@given(st.data(), st.integers(0, 254))
def test_cells_become_keys_in_ascending_order_with_their_costs(
    data: st.DataObject, reach: int
) -> None:
    cells = [data.draw(st.permutations([0, 3, 4, 70, 2**31 - 1])) for _ in range(3)]
    cost = st.integers(0, 255)
    costs = [data.draw(st.lists(cost, min_size=5, max_size=5)) for _ in range(3)]
    keyed = cell_keys(Cells(np.array(cells, np.int32), np.array(costs, np.uint8)), reach)
    assert keyed.keys.dtype == np.int64
    assert keyed.costs.dtype == np.uint8
    for row in range(3):
        own = sorted(zip(cells[row], costs[row], strict=True))
        assert keyed.costs[row].tolist() == [cost for _, cost in own]
        assert keyed.keys[row].tolist() == [
            cell if cost <= reach else REMOVED for cell, cost in own
        ]


def test_no_cell_is_no_key() -> None:
    assert NO_CELL == REMOVED == -1
    cells = np.array([[7, 2, NO_CELL], [NO_CELL, NO_CELL, NO_CELL]], np.int32)
    costs = np.array([[0, 9, 255], [0, 0, 0]], np.uint8)
    keyed = cell_keys(Cells(cells, costs), 254)
    assert keyed.keys.tolist() == [[REMOVED, 2, 7], [REMOVED] * 3]


def test_cells_are_left_as_they_were() -> None:
    before = CELLS.cells.copy(), CELLS.costs.copy()
    cell_keys(CELLS, 100)
    assert np.array_equal(CELLS.cells, before[0])
    assert np.array_equal(CELLS.costs, before[1])


def test_cells_come_before_words() -> None:
    keyed = keys_of(LEVELS, CELLS, MODEL)
    cells = cell_keys(CELLS, MODEL.reach)
    assert keyed.keys.shape == keyed.costs.shape == (80, 12 + 63)
    assert np.array_equal(keyed.keys[:, :12], cells.keys)
    assert np.array_equal(keyed.costs[:, :12], cells.costs)
    assert np.array_equal(keyed.keys[:, 12:], word_keys(LEVELS))
    assert not keyed.costs[:, 12:].any()
    for row in keyed.keys:
        left = row[row != REMOVED]
        assert np.all(np.diff(left) > 0)
    # However the rules are written down.
    turned = keys_of(LEVELS, CELLS, replace(MODEL, rules=("words", "cells")))
    assert np.array_equal(turned.keys, keyed.keys)


def test_each_rule_alone() -> None:
    words_only = keys_of(LEVELS, None, replace(MODEL, rules=("words",)))
    assert np.array_equal(words_only.keys, word_keys(LEVELS))
    cells_only = keys_of(LEVELS, CELLS, replace(MODEL, rules=("cells",)))
    assert np.array_equal(cells_only.keys, cell_keys(CELLS, MODEL.reach).keys)
    every = keys_of(LEVELS, None, replace(MODEL, rules=("exhaustive",)))
    assert every.keys.tolist() == every.costs.tolist() == [[0]] * 80


@pytest.mark.parametrize(
    "rules", [chosen for count in (1, 2, 3) for chosen in combinations(RULES, count)]
)
def test_as_many_keys_as_were_said(rules: tuple[str, ...]) -> None:
    model = replace(MODEL, rules=rules)
    keyed = keys_of(LEVELS, CELLS, model)
    assert keyed.keys.shape == keyed.costs.shape == (80, keys_of_a_signature(model))
    assert keyed.keys.dtype == np.int64
    assert keyed.costs.dtype == np.uint8


def test_no_signatures_have_no_keys() -> None:
    none = Cells(CELLS.cells[:0], CELLS.costs[:0])
    assert keys_of(LEVELS[:0], none, MODEL).keys.shape == (0, 75)


def test_cells_have_a_reach_and_other_keys_none() -> None:
    model = replace(MODEL, reach=77)
    keys = (0, 5, FIRST_WORD - 1, FIRST_WORD, FIRST_WORD + 63 * 3**16 - 1)
    assert [reach_of(key, model) for key in keys] == [77, 77, 77, 0, 0]
    assert reach_of(FIRST_WORD, replace(model, rules=("words",))) == 0
    assert reach_of(0, replace(model, rules=("exhaustive",))) == 0


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 79), max_size=9))
def test_the_keys_of_a_signature_do_not_depend_on_others(rows: list[int]) -> None:
    every = keys_of(LEVELS, CELLS, MODEL)
    some = keys_of(LEVELS[rows], Cells(CELLS.cells[rows], CELLS.costs[rows]), MODEL)
    assert np.array_equal(some.keys, every.keys[rows])
    assert np.array_equal(some.costs, every.costs[rows])
