"""Blocking rules: two signatures are compared only if they meet under a key.

A rule gives a signature its keys, each at a cost; two signatures meet under a key that both have
if their costs add up to no more than the key's *reach*. What follows (buckets, comparison, the
test for the first key under which two meet) is the same for every rule.

Keys are 63-bit integers in one order: cells, then words. They ascend along a row, so that the
first key under which two rows meet is found by merging them; ``REMOVED`` stands where a key was
taken away, before any such test.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.cells import Cells
from matching.model import CELLS, EXHAUSTIVE, WORDS, Model
from signature.words import words_of_compact

REMOVED = -1
"""In place of a key that may not be used."""

WORD_BASE = 3**16
"""Words of 16 levels, each reduced to three values."""

FIRST_WORD = 2**32
"""Keys of cells are below, those of words start here."""

WORDS_OF_A_SIGNATURE = 63

_CHUNK = 16_384

Keys = npt.NDArray[np.int64]
Costs = npt.NDArray[np.uint8]


class Keyed(NamedTuple):
    """The keys of ``n`` signatures, and what each costs.

    Attributes
    ----------
    keys : (n, m) int64
        Ascending along a row but for ``REMOVED`` ones.
    costs : (n, m) uint8
        Cost of each key.
    """

    keys: Keys
    costs: Costs


def keys_of(levels: npt.NDArray[np.int8], cells: Cells | None, model: Model) -> Keyed:
    """Return the keys that a model's rules give to signatures.

    Parameters
    ----------
    levels : (n, w) int8
        Compact signatures.
    cells : Cells or None
        Their cells, in any order; None where ``cells`` is none of the rules.
    model : Model
        Brings the rules and what they need.

    Returns
    -------
    Keyed
        Of all rules together.
    """
    parts = []
    if EXHAUSTIVE in model.rules:
        parts.append(_free(np.zeros((len(levels), 1), np.int64)))
    if CELLS in model.rules and cells is not None:
        parts.append(cell_keys(cells, model.reach))
    if WORDS in model.rules:
        parts.append(_free(open_word_keys(levels, model)))
    return Keyed(*(np.concatenate(columns, axis=1) for columns in zip(*parts, strict=True)))


def _free(keys: Keys) -> Keyed:
    return Keyed(keys, np.zeros(keys.shape, np.uint8))


def cell_keys(cells: Cells, reach: int) -> Keyed:
    """Return cells as keys; what costs more than the reach is removed.

    Parameters
    ----------
    cells : Cells
        In any order.
    reach : int
        The model's.

    Returns
    -------
    Keyed
        Ascending along a row.
    """
    order = np.argsort(cells.cells, axis=1, kind="stable")
    keys = np.take_along_axis(cells.cells, order, axis=1).astype(np.int64)
    costs = np.take_along_axis(cells.costs, order, axis=1)
    keys[costs > reach] = REMOVED  # `matching.cells.NO_CELL` is REMOVED already
    return Keyed(keys, costs)


def open_word_keys(levels: npt.NDArray[np.int8], model: Model) -> Keys:
    """Return the words of each signature as keys, hot ones removed.

    Parameters
    ----------
    levels : (n, w) int8
        Compact signatures.
    model : Model
        Says which words are hot.

    Returns
    -------
    (n, 63) int64
        Ascending along a row but for ``REMOVED`` ones.
    """
    keys = word_keys(levels, model.n, model.diagonal_neighbors)
    hot = model.words.above(model.max_document_frequency)
    if len(hot):
        for start in range(0, len(keys), _CHUNK):  # bounds searchsorted's temporaries
            part = keys[start : start + _CHUNK]
            at = np.searchsorted(hot, part)
            at[at == len(hot)] = 0
            part[hot[at] == part] = REMOVED
    return keys


def word_keys(levels: npt.NDArray[np.int8], n: int = 9, diagonal_neighbors: bool = True) -> Keys:
    """Return the words of each signature as keys: `FIRST_WORD` + position * 3**16 + word.

    Parameters
    ----------
    levels : (m, w) int8
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
    return words + FIRST_WORD + np.arange(words.shape[1], dtype=np.int64) * WORD_BASE


def keys_of_a_signature(model: Model) -> int:
    """Return how many keys a signature has at most.

    Parameters
    ----------
    model : Model
        Names the rules.

    Returns
    -------
    int
        Of all rules together.
    """
    counts = {CELLS: model.nearest, WORDS: WORDS_OF_A_SIGNATURE, EXHAUSTIVE: 1}
    return sum(counts[rule] for rule in model.rules)


def reach_of(key: int, model: Model) -> int:
    """Return up to which sum of costs two signatures meet under a key.

    Parameters
    ----------
    key : int
        Any.
    model : Model
        Brings the reach of cells.

    Returns
    -------
    int
        0 for keys without costs.
    """
    return model.reach if CELLS in model.rules and key < FIRST_WORD else 0
