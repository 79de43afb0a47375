"""How far apart two signatures are: 0 for equal ones, 1 for opposite or unrelated to zero."""

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from signature.compacting import compact_length
from signature.errors import ArrayError
from signature.levels import Levels

Distances: TypeAlias = NDArray[np.float64]

#: Levels of a compact signature with the default parameters.
COMPACT: Final = compact_length()


def normalized_distance(a: Levels, b: Levels) -> float:
    """Distance of two signatures, in image-match's measure.

    Parameters
    ----------
    a, b : (648,) or (272,) integers
        Two full signatures of any length, or two compact ones of 272 levels. The result is the
        same double for both forms.

    Returns
    -------
    float
        ``|a - b| / (|a| + |b|)`` in [0, 1]. NaN if both are all zero, as in image-match: two
        featureless pictures are neither alike nor different.

    Raises
    ------
    ArrayError
        If the arrays are not whole numbers, or not of one length.

    Examples
    --------
    >>> normalized_distance(np.array([1, 2, 0]), np.array([1, 0, 0]))
    0.6180339887498948
    """
    _check(a, b, 1)
    left, right = a.astype(np.int64), b.astype(np.int64)
    # A compact level stands for two, it and its negative: doubling the sums before the square
    # root gives the very sums, and so the very double, of the full form.
    times = 2 if len(a) == COMPACT else 1
    apart = times * int(((right - left) ** 2).sum())
    lengths = np.sqrt(times * int((right**2).sum())) + np.sqrt(times * int((left**2).sum()))
    return float(np.sqrt(apart) / lengths) if lengths else float("nan")


def distances(a: Levels, b: Levels) -> Distances:
    """Distances of many signatures from many others.

    Parameters
    ----------
    a : (m, 272) int8
        Compact or full signatures.
    b : (n, 272) int8
        Signatures of the same form.

    Returns
    -------
    (m, n) float64
        Each equal to `normalized_distance` to the last bit.

    Raises
    ------
    ArrayError
        If the arrays are not two tables of whole numbers of one width.
    """
    _check(a, b, 2)
    times = 2 if a.shape[1] == COMPACT else 1
    # Whole numbers far below 2**53: the products are exact in doubles.
    left, right = a.astype(np.float64), b.astype(np.float64)
    squares_left = np.einsum("ij,ij->i", left, left) * times
    squares_right = np.einsum("ij,ij->i", right, right) * times
    apart = squares_left[:, np.newaxis] + squares_right - (2 * times) * (left @ right.T)
    with np.errstate(invalid="ignore"):
        result: Distances = np.sqrt(apart) / (
            np.sqrt(squares_right) + np.sqrt(squares_left)[:, np.newaxis]
        )
    return result


def _check(a: NDArray[Any], b: NDArray[Any], dimensions: int) -> None:
    whole = np.issubdtype(a.dtype, np.signedinteger) and np.issubdtype(b.dtype, np.signedinteger)
    shaped = a.ndim == b.ndim == dimensions and a.shape[-1] == b.shape[-1]
    if not whole or not shaped:
        raise ArrayError(
            "Two signatures of one length in signed whole numbers are needed, "
            f"not {a.dtype} {a.shape} and {b.dtype} {b.shape}."
        )
