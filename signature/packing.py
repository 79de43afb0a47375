"""A signature without its redundancy: 272 levels of 648, and those in 91 bytes.

A level says how a grid point differs from a neighbour; the neighbour says the same with the other
sign, and at the grid's edge half of the neighbours are missing. The compact form keeps each
comparison once: each point against its right neighbour, the one below, the one to the lower right
and the one to the lower left, in this order, row by row.
"""

import math
from functools import lru_cache
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from signature.compiled import compiled
from signature.errors import ArrayError, ParameterError
from signature.levels import Levels
from signature.parameters import DEFAULT_PARAMETERS

PackedLevels: TypeAlias = NDArray[np.uint8]
Positions: TypeAlias = NDArray[np.intp]
Byte = TypeVar("Byte", np.int8, np.uint8)

#: A byte holds three levels of -2..2 as digits of base 5.
LEVELS_PER_BYTE: Final = 3
_HIGHEST: Final = 2
_BASE: Final = 2 * _HIGHEST + 1

#: Three levels of 0 as a byte.
_ZEROS: Final = _HIGHEST * (1 + _BASE + _BASE**2)


def compact_length(n: int = 9, diagonal_neighbors: bool = True) -> int:
    """Number of levels in the compact form.

    Parameters
    ----------
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.

    Returns
    -------
    int
        272 by default, 144 without diagonals.
    """
    return 2 * n * (n - 1) + (2 * (n - 1) ** 2 if diagonal_neighbors else 0)


@lru_cache(maxsize=16)
def independent_positions(
    n: int = 9, diagonal_neighbors: bool = True
) -> tuple[Positions, Positions]:
    """Where each compact level, and its negative, stand in the full signature.

    Parameters
    ----------
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.

    Returns
    -------
    kept : (c,) intp
        Positions in the full signature, in compact order.
    mirrored : (c,) intp
        Positions of the same comparisons seen from the other point, in the same order.

    Raises
    ------
    ParameterError
        If ``n`` is below 2.
    """
    if n <= 1:
        raise ParameterError(f"n must be a whole number of at least 2, not {n!r}.")
    neighbours = 8 if diagonal_neighbors else 4
    place = np.arange(n * n * neighbours, dtype=np.intp).reshape(n, n, neighbours)
    right, down, left, up = (4, 6, 3, 1) if diagonal_neighbors else (2, 3, 1, 0)
    kept = [place[:, :-1, right], place[:-1, :, down]]
    mirrored = [place[:, 1:, left], place[1:, :, up]]
    if diagonal_neighbors:
        kept += [place[:-1, :-1, 7], place[:-1, 1:, 5]]
        mirrored += [place[1:, 1:, 0], place[1:, :-1, 2]]
    return (
        np.concatenate([part.ravel() for part in kept]),
        np.concatenate([part.ravel() for part in mirrored]),
    )


@lru_cache(maxsize=16)
def full_from_compact(n: int = 9, diagonal_neighbors: bool = True) -> tuple[Positions, Levels]:
    """Which compact level each full one is, and with which sign.

    Parameters
    ----------
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.

    Returns
    -------
    source : (n * n * 8,) intp
        Positions in the compact form; n * n * 4 of them without diagonals.
    sign : (n * n * 8,) int8
        1, -1, or 0 where the neighbour is off the grid.

    Raises
    ------
    ParameterError
        If ``n`` is below 2.
    """
    kept, mirrored = independent_positions(n, diagonal_neighbors)
    total = n * n * (8 if diagonal_neighbors else 4)
    source, sign = np.zeros(total, np.intp), np.zeros(total, np.int8)
    source[kept] = source[mirrored] = np.arange(len(kept))
    sign[kept], sign[mirrored] = 1, -1
    return source, sign


def compact(
    levels: Levels,
    n: int = DEFAULT_PARAMETERS.n,
    diagonal_neighbors: bool = DEFAULT_PARAMETERS.diagonal_neighbors,
) -> Levels:
    """The independent levels of full signatures.

    Parameters
    ----------
    levels : (..., n * n * 8) int8
        Full signatures (n * n * 4 without diagonals).
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.

    Returns
    -------
    (..., 272) int8
        In the order right, down, lower right, lower left.

    Raises
    ------
    ArrayError
        If the shape or type is wrong, or the levels are not each other's negatives.
    """
    neighbours = 8 if diagonal_neighbors else 4
    _check_levels(levels, n * n * neighbours)
    kept, mirrored = independent_positions(n, diagonal_neighbors)
    result: Levels = levels[..., kept]
    opposite = np.array_equal(result, -levels[..., mirrored])
    if not opposite or np.count_nonzero(levels) != 2 * np.count_nonzero(result):
        raise ArrayError(
            "These levels are not a signature: a level and that of the opposite neighbour must be "
            "each other's negative, and those off the grid must be 0."
        )
    return result


def expand(
    levels: Levels,
    n: int = DEFAULT_PARAMETERS.n,
    diagonal_neighbors: bool = DEFAULT_PARAMETERS.diagonal_neighbors,
) -> Levels:
    """Full signatures of compact ones, the inverse of `compact`.

    Parameters
    ----------
    levels : (..., 272) int8
        Compact signatures.
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.

    Returns
    -------
    (..., 648) int8
        As image-match gives them.

    Raises
    ------
    ArrayError
        If the shape or type is wrong.
    """
    _check_levels(levels, compact_length(n, diagonal_neighbors))
    source, sign = full_from_compact(n, diagonal_neighbors)
    full: Levels = np.take(levels, source, axis=-1)
    full *= sign
    return full


def pack_levels(levels: Levels) -> PackedLevels:
    """Levels of -2..2 as bytes, three in each.

    The first of three levels is the lowest digit; what is missing of the last three counts as 0.

    Parameters
    ----------
    levels : (..., c) int8
        Compact signatures, values in -2..2.

    Returns
    -------
    (..., ceil(c / 3)) uint8
        91 bytes for 272 levels.

    Raises
    ------
    ArrayError
        If the type is wrong or a level is outside -2..2.

    Examples
    --------
    >>> pack_levels(np.array([-2, -1, 2, 0], np.int8))
    array([105,  62], dtype=uint8)
    """
    _check_levels(levels, None)
    packed, within = _pack(_table(levels, levels.shape[-1]))
    if not within:
        raise ArrayError(f"Only levels of -{_HIGHEST} to {_HIGHEST} can be packed.")
    return packed.reshape(*levels.shape[:-1], packed.shape[1])


def unpack_levels(packed: PackedLevels, length: int = compact_length()) -> Levels:
    """Levels of packed bytes, the inverse of `pack_levels`.

    Parameters
    ----------
    packed : (..., b) uint8
        Packed levels.
    length : int
        Number of levels, of which b bytes are the third, rounded up.

    Returns
    -------
    (..., length) int8
        Levels of -2..2.

    Raises
    ------
    ArrayError
        If the shape or type is wrong, or a byte cannot come from `pack_levels`.
    """
    if packed.dtype != np.uint8 or not packed.ndim or packed.shape[-1] != -(-length // 3):
        raise ArrayError(
            f"{length} levels are packed in {-(-length // 3)} bytes of uint8, "
            f"not in {packed.dtype} {packed.shape}."
        )
    if packed.size and packed.max() >= _BASE**LEVELS_PER_BYTE:
        raise ArrayError("A packed byte is below 125.")
    levels, plain = _unpack(_table(packed, packed.shape[-1]), length)
    if not plain:
        raise ArrayError(f"The packed bytes hold more than {length} levels.")
    return levels.reshape(*packed.shape[:-1], length)


def _check_levels(levels: NDArray[Any], length: int | None) -> None:
    if levels.dtype != np.int8 or not levels.ndim:
        raise ArrayError(f"Levels are an array of int8, not {levels.dtype} {levels.shape}.")
    if length is not None and levels.shape[-1] != length:
        raise ArrayError(f"{length} levels are needed, not {levels.shape[-1]}.")


def _table(array: NDArray[Byte], width: int) -> NDArray[Byte]:
    # Contiguous and read-only, always: numba compiles once more for each other kind of array.
    rows = np.ascontiguousarray(array).reshape(math.prod(array.shape[:-1]), width)
    rows.flags.writeable = False
    return rows


@compiled
def _pack(rows: Levels) -> tuple[PackedLevels, bool]:
    """Bytes of each row, and whether all levels are within bounds."""
    count, length = rows.shape
    whole = length // LEVELS_PER_BYTE
    packed = np.empty((count, -(-length // LEVELS_PER_BYTE)), np.uint8)
    lowest = highest = np.int8(0)
    for row in range(count):
        levels = rows[row]
        for i in range(length):
            lowest = min(lowest, levels[i])
            highest = max(highest, levels[i])
        for group in range(whole):
            first = LEVELS_PER_BYTE * group
            later = levels[first + 1] * _BASE + levels[first + 2] * _BASE**2
            packed[row, group] = levels[first] + later + _ZEROS
        for group in range(whole, packed.shape[1]):
            value, weight = _ZEROS, 1
            for i in range(LEVELS_PER_BYTE * group, length):
                value += levels[i] * weight
                weight *= _BASE
            packed[row, group] = value
    return packed, bool(lowest >= -_HIGHEST and highest <= _HIGHEST)


@compiled
def _unpack(rows: PackedLevels, length: int) -> tuple[Levels, bool]:
    """Levels of each row, and whether those past the length are 0."""
    count, groups = rows.shape
    whole = length // LEVELS_PER_BYTE
    levels = np.empty((count, length), np.int8)
    plain = True
    for row in range(count):
        for group in range(whole):
            value = rows[row, group]
            first = LEVELS_PER_BYTE * group
            levels[row, first] = value % _BASE - _HIGHEST
            levels[row, first + 1] = value // _BASE % _BASE - _HIGHEST
            levels[row, first + 2] = value // _BASE**2 - _HIGHEST
        for group in range(whole, groups):
            rest = np.int64(rows[row, group])
            for i in range(LEVELS_PER_BYTE * group, LEVELS_PER_BYTE * (group + 1)):
                level = rest % _BASE - _HIGHEST
                rest //= _BASE
                if i < length:
                    levels[row, i] = level
                else:
                    plain = plain and level == 0
    return levels, plain
