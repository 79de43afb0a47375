"""Compact signatures as bytes, three levels in each: 91 bytes for 272 levels."""

import math
from typing import Final, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from signature.compacting import check_levels, compact_length
from signature.compiled import compiled
from signature.errors import ArrayError
from signature.levels import Levels

PackedLevels: TypeAlias = NDArray[np.uint8]
Byte = TypeVar("Byte", np.int8, np.uint8)

#: A byte holds three levels of -2..2 as digits of base 5.
LEVELS_PER_BYTE: Final = 3
_HIGHEST: Final = 2
_BASE: Final = 2 * _HIGHEST + 1

#: Three levels of 0 as a byte.
_ZEROS: Final = _HIGHEST * (1 + _BASE + _BASE**2)


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
    check_levels(levels)
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
