"""Words: short runs of a signature, coarse enough that near-duplicates share some of them."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from signature.compacting import compact_length, full_from_compact
from signature.compiled import compiled, read_only
from signature.errors import ArrayError
from signature.levels import Levels
from signature.parameters import DEFAULT_WORDS, WordParameters

Words: TypeAlias = NDArray[np.int64]
Positions: TypeAlias = NDArray[np.intp]


def words(levels: Levels, parameters: WordParameters = DEFAULT_WORDS) -> Words:
    """Words of full signatures, as image-match's index holds them.

    Parameters
    ----------
    levels : (..., m) int8
        Full signatures, m = 648 by default.
    parameters : WordParameters
        Length k and number N of words.

    Returns
    -------
    (..., N) int64
        Each word's levels reduced to their signs and read as base-3 digits, the first the lowest,
        with -1, 0, 1 as 0, 1, 2. A word that runs past the end is filled with zeros.

    Raises
    ------
    ArrayError
        If the levels are not int8, or fewer than k or N.

    Examples
    --------
    >>> words(np.array([-1, -2, 0, 2], np.int8), WordParameters(k=2, N=2))
    array([0, 7])
    """
    if levels.dtype != np.int8 or not levels.ndim:
        raise ArrayError(f"Levels are an array of int8, not {levels.dtype} {levels.shape}.")
    starts = _starts(levels.shape[-1], parameters)
    rows = read_only(levels).reshape(-1, levels.shape[-1])
    table = np.arange(rows.shape[1], dtype=np.intp)
    found = _words(rows, table, np.ones(len(table), np.int8), starts, parameters.k)
    return found.reshape(*levels.shape[:-1], parameters.N)


def words_of_compact(
    levels: Levels,
    parameters: WordParameters = DEFAULT_WORDS,
    *,
    n: int = 9,
    diagonal_neighbors: bool = True,
) -> Words:
    """Words of compact signatures, the same as of their full forms.

    Parameters
    ----------
    levels : (..., 272) int8
        Compact signatures of `signature.compacting.compact`.
    parameters : WordParameters
        Length k and number N of words.
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.

    Returns
    -------
    (..., N) int64
        See `words`.

    Raises
    ------
    ArrayError
        If the levels are not int8, of another length, or fewer than k or N.
    """
    length = compact_length(n, diagonal_neighbors)
    if levels.dtype != np.int8 or not levels.ndim or levels.shape[-1] != length:
        raise ArrayError(
            f"Compact signatures are int8 of shape (..., {length}), "
            f"not {levels.dtype} {levels.shape}."
        )
    table, signs = full_from_compact(n, diagonal_neighbors)
    rows = read_only(levels).reshape(-1, length)
    found = _words(rows, table, signs, _starts(len(table), parameters), parameters.k)
    return found.reshape(*levels.shape[:-1], parameters.N)


def _starts(length: int, parameters: WordParameters) -> Positions:
    if parameters.k > length or length < parameters.N:
        raise ArrayError(
            f"A signature of {length} levels has no {parameters.N} words of {parameters.k} levels."
        )
    return np.linspace(0, length, parameters.N, endpoint=False).astype(np.intp)


@compiled
def _words(rows: Levels, table: Positions, signs: Levels, starts: Positions, k: int) -> Words:
    """Words of each row, where level i of a full signature is signs[i] * row[table[i]]."""
    found = np.empty((len(rows), len(starts)), np.int64)
    for row in range(len(rows)):
        for word in range(len(starts)):
            value = np.int64(0)
            weight = np.int64(1)
            for i in range(starts[word], starts[word] + k):
                digit = 1
                if i < len(table):
                    level = signs[i] * rows[row, table[i]]
                    digit += (level > 0) - (level < 0)
                value += digit * weight
                weight *= 3
            found[row, word] = value
    return found
