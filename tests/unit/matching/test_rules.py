"""Blocking rules turn signatures into keys."""

import numpy as np
import pytest

from matching import ExhaustiveRule, Model, WordsRule, rule_of
from matching import rules as module
from matching.rules import REMOVED, word_keys
from signature import expand, words

from .examples import random_levels, signatures

NO_WORDS = np.empty(0, np.int64)


def test_a_key_is_a_word_and_its_position() -> None:
    levels = signatures(60)
    literal = [
        [place * 43_046_721 + int(word) for place, word in enumerate(row)]
        for row in words(expand(levels))
    ]
    assert word_keys(levels).tolist() == literal
    assert WordsRule(NO_WORDS).keys(levels).tolist() == literal


def test_keys_ascend_along_a_row_and_are_no_removed_ones() -> None:
    extremes = np.stack([np.full(272, level, np.int8) for level in (-2, 0, 2)])
    keys = word_keys(np.concatenate([signatures(300), extremes]))
    assert keys.shape == (303, 63)
    assert np.all(np.diff(keys, axis=1) > 0)
    assert keys.min() >= 0


def test_keys_of_signatures_of_another_size() -> None:
    levels = random_levels(np.random.default_rng(4), 5, 60)
    full = words(expand(levels, 6, False))
    expected = full + np.arange(63) * 3**16
    assert np.array_equal(WordsRule(NO_WORDS, 6, False).keys(levels), expected)


@pytest.mark.parametrize("chunk", [1, 7, 16_384])
def test_hot_words_are_removed_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(module, "_CHUNK", chunk)
    levels = signatures(80)
    keys = word_keys(levels)
    present, counts = np.unique(keys, return_counts=True)
    extremes = [*keys[0, :2], *keys[-1, -2:], present[0], present[-1], 17, 2**62]
    hot = np.union1d(present[counts > 5], extremes)
    kept = WordsRule(hot).keys(levels)
    assert np.array_equal(kept == REMOVED, np.isin(keys, hot))
    assert np.array_equal(kept[kept != REMOVED], keys[~np.isin(keys, hot)])
    assert 0 < np.count_nonzero(kept == REMOVED) < kept.size


def test_words_are_never_split() -> None:
    assert WordsRule(NO_WORDS).groups(10**9) == {}


@pytest.mark.parametrize(
    ("count", "size", "groups"), [(0, 10, 1), (1, 10, 1), (10, 10, 1), (11, 10, 2), (95, 10, 10)]
)
def test_the_exhaustive_key_is_split_into_groups(count: int, size: int, groups: int) -> None:
    assert ExhaustiveRule(size).groups(count) == {0: groups}


def test_the_exhaustive_rule_has_one_key_for_all() -> None:
    keys = ExhaustiveRule(10).keys(signatures(30))
    assert keys.dtype == np.int64
    assert keys.tolist() == [[0]] * 30


def test_a_model_says_which_rule_it_is() -> None:
    hot = np.array([3, 8], np.int64)
    words_model = Model("v", 7, False, "words", 0.4, 500, 64, hot)
    rule = rule_of(words_model)
    assert isinstance(rule, WordsRule)
    assert (rule.hot_words.tolist(), rule.n, rule.diagonal_neighbors) == ([3, 8], 7, False)
    assert rule_of(Model("v", 9, True, "exhaustive", 0.4, 500, 64)) == ExhaustiveRule(64)
