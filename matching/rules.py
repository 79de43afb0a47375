"""Blocking rules: two signatures are compared only if they share a key.

A rule turns signatures into keys. What follows (buckets, comparison, the test for the first
shared key) is the same for every rule. Keys are 63-bit integers, ascending along a row, so that
the first key two rows share is found by merging them; ``REMOVED`` stands where a key was taken
away (a hot word), before any such test.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from matching.model import EXHAUSTIVE, Model
from signature.words import words_of_compact

REMOVED = -1
"""In place of a key that may not be used."""

WORD_BASE = 3**16
"""Words of 16 levels, each reduced to three values."""

_CHUNK = 16_384


class BlockingRule(Protocol):
    """A function from signatures to keys."""

    def keys(self, levels: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
        """Return the keys of each signature.

        Parameters
        ----------
        levels : (n, 272) int8
            Compact signatures.

        Returns
        -------
        (n, m) int64
            Keys, ascending along a row but for ``REMOVED`` ones.
        """

    def groups(self, count: int) -> Mapping[int, int]:
        """Return the keys whose bucket is split, each with its number of groups.

        Parameters
        ----------
        count : int
            Signatures in the corpus.

        Returns
        -------
        mapping of int to int
            Every key that is not in it has one group.
        """


@dataclass(frozen=True)
class WordsRule:
    """Keys are image-match's words, each with its position; hot words are removed.

    Attributes
    ----------
    hot_words : (h,) int64
        Keys that more signatures share than the model allows, ascending.
    n : int
        Grid points in each direction, of the signatures.
    diagonal_neighbors : bool
        Whether they compare diagonal neighbours.
    """

    hot_words: npt.NDArray[np.int64]
    n: int = 9
    diagonal_neighbors: bool = True

    def keys(self, levels: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
        """Return position * 3**16 + word for the 63 words; see `BlockingRule.keys`."""
        keys = word_keys(levels, self.n, self.diagonal_neighbors)
        if len(self.hot_words):
            for start in range(0, len(keys), _CHUNK):  # bounds searchsorted's temporaries
                part = keys[start : start + _CHUNK]
                at = np.searchsorted(self.hot_words, part)
                at[at == len(self.hot_words)] = 0
                part[self.hot_words[at] == part] = REMOVED
        return keys

    def groups(self, count: int) -> Mapping[int, int]:  # noqa: ARG002 - part of the rule's form
        """Return no split key, as words in too many are hot; see `BlockingRule.groups`."""
        return {}


@dataclass(frozen=True)
class ExhaustiveRule:
    """One key for all: every pair is compared. For corpora where that is affordable.

    Attributes
    ----------
    group_size : int
        Signatures in one group of the split bucket. A task holds two groups.
    """

    group_size: int

    def keys(self, levels: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
        """Return key 0 for each signature; see `BlockingRule.keys`."""
        return np.zeros((len(levels), 1), np.int64)

    def groups(self, count: int) -> Mapping[int, int]:
        """Return the one key's number of groups; see `BlockingRule.groups`."""
        return {0: max(1, -(-count // self.group_size))}


def word_keys(
    levels: npt.NDArray[np.int8], n: int = 9, diagonal_neighbors: bool = True
) -> npt.NDArray[np.int64]:
    """Return the words of each signature as keys: position * 3**16 + word.

    Parameters
    ----------
    levels : (m, 272) int8
        Compact signatures.
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether they compare diagonal neighbours.

    Returns
    -------
    (m, 63) int64
        Ascending along a row, because positions are.
    """
    words = words_of_compact(levels, n=n, diagonal_neighbors=diagonal_neighbors)
    return words + np.arange(words.shape[1], dtype=np.int64) * WORD_BASE


def rule_of(model: Model) -> BlockingRule:
    """Return the blocking rule that a model describes.

    Parameters
    ----------
    model : Model
        Names the rule and brings what it needs.

    Returns
    -------
    BlockingRule
        A `WordsRule` or an `ExhaustiveRule`.
    """
    if model.rule == EXHAUSTIVE:
        return ExhaustiveRule(model.group_size)
    return WordsRule(model.hot_words, model.n, model.diagonal_neighbors)
