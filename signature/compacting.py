"""A signature without its redundancy: 272 levels of 648.

A level says how a grid point differs from a neighbour; the neighbour says the same with the other
sign, and at the grid's edge half of the neighbours are missing. The compact form keeps each
comparison once: each point against its right neighbour, the one below, the one to the lower right
and the one to the lower left, in this order, row by row.
"""

from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from signature.errors import ArrayError, ParameterError
from signature.levels import Levels
from signature.parameters import DEFAULT_PARAMETERS

Positions: TypeAlias = NDArray[np.intp]


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
    check_levels(levels, n * n * neighbours)
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
    check_levels(levels, compact_length(n, diagonal_neighbors))
    source, sign = full_from_compact(n, diagonal_neighbors)
    full: Levels = np.take(levels, source, axis=-1)
    full *= sign
    return full


def check_levels(levels: NDArray[Any], length: int | None = None) -> None:
    """Refuse an array that does not hold signatures.

    Parameters
    ----------
    levels : array
        To be (..., length) int8.
    length : int or None
        Levels of a signature; None for any number.

    Raises
    ------
    ArrayError
        If it is anything else.
    """
    if levels.dtype != np.int8 or not levels.ndim:
        raise ArrayError(f"Levels are an array of int8, not {levels.dtype} {levels.shape}.")
    if length is not None and levels.shape[-1] != length:
        raise ArrayError(f"{length} levels are needed, not {levels.shape[-1]}.")
