"""Signatures as rows whose products say whether two of them are near.

With r the norm of a signature x, c the cutoff and q = -(1 - c^2) r^2 / 2, the product of rows
[x, c r, q, 1] and [y, c r, 1, q] is positive exactly where the distance is below c, as
`matching.compare` explains.
"""

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple, ParamSpec, TypeAlias, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Levels: TypeAlias = NDArray[np.int8]
Floats: TypeAlias = NDArray[np.float32]
Squares: TypeAlias = NDArray[np.int64]

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

#: What an extended row has more than levels.
MORE: Final = 3

# numba's decorator has no types; `kernel` gives the function's own types back.
_njit: Final[Any] = numba.njit(nogil=True)


class Side(NamedTuple):
    """Signatures, and the squares of their norms."""

    levels: Levels
    squares: Squares


def kernel(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Compile to code that runs without Python's lock.

    Parameters
    ----------
    function : callable
        What numba can compile; it may call others of its kind.

    Returns
    -------
    callable
        The same function. Compiled code is kept nowhere: the first call takes a second.
    """
    return cast("Callable[_Arguments, _Result]", _njit(function))


def side(levels: Levels) -> Side:
    """Signatures as `Blocks` takes them.

    Parameters
    ----------
    levels : (n, 272) int8
        Signatures.

    Returns
    -------
    Side
        With the squares of their norms.
    """
    return Side(levels, np.einsum("ij,ij->i", levels, levels, dtype=np.int64))


@kernel
def extended(levels: Levels, squares: Squares, cutoff: float, which: int, out: Floats) -> Floats:
    """Extended rows of signatures.

    Parameters
    ----------
    levels : (m, 272) int8
        Signatures.
    squares : (n,) int64
        Squares of the norms of the first n of them.
    cutoff : float
        Of the distance.
    which : int
        0 for [x, c r, q, 1], 1 for [y, c r, 1, q].
    out : (n or more, 275) float32
        Where to.

    Returns
    -------
    (n, 275) float32
        What was written.
    """
    rows, width = len(squares), levels.shape[1]
    for i in range(rows):
        for k in range(width):
            out[i, k] = levels[i, k]
        out[i, width] = cutoff * math.sqrt(squares[i])
        out[i, width + 1 + which] = -(1 - cutoff * cutoff) / 2 * squares[i]
        out[i, width + 2 - which] = 1
    return out[:rows]
