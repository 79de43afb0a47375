"""The eight orientations of a picture, and its negative, from its signature alone.

A turned or mirrored picture has the same grid of means, turned or mirrored: each comparison of two
grid points stands at another place of the signature, and has the other sign where the two points
change roles. No second decoding is needed.

The result equals the signature of the transformed pixels where the grid falls on the same pixels.
It always does for `Orientation.TRANSPOSED` and for the negative. Mirrors and turns reverse an
axis, and the grid is its own mirror image along an axis only if its points need no rounding and
its squares have an even side; elsewhere the squares lie up to two pixels aside.
docs/orientations.md derives this, and says how far apart the signatures then are.
"""

from enum import Enum
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from signature.compacting import compact_length, full_from_compact, independent_positions
from signature.errors import ArrayError
from signature.levels import Levels
from signature.parameters import DEFAULT_PARAMETERS

Scalar = TypeVar("Scalar", bound=np.generic)
Positions: TypeAlias = NDArray[np.intp]

#: A point and its eight neighbours in reading order, of which the odd ones are beside it.
_AROUND: Final = 3
_CENTRE: Final = 4


class Orientation(Enum):
    """What is done to a picture: one of the eight ways to lay it on its sides.

    The value is the EXIF orientation whose pictures need this to stand upright. Clockwise is as
    the eye sees it, with row 0 at the top.

    Attributes
    ----------
    UPRIGHT : 1
        Nothing.
    MIRRORED : 2
        Left and right change places. Pillow's ``FLIP_LEFT_RIGHT``.
    TURNED_180 : 3
        Half a turn. Pillow's ``ROTATE_180``.
    FLIPPED : 4
        Top and bottom change places. Pillow's ``FLIP_TOP_BOTTOM``.
    TRANSPOSED : 5
        Rows become columns. Pillow's ``TRANSPOSE``.
    TURNED_RIGHT : 6
        A quarter turn clockwise. Pillow's ``ROTATE_270``, which counts the other way round.
    TRANSVERSED : 7
        The upper right and the lower left corner stay, the others change places: mirrored about
        the rising diagonal. Pillow's ``TRANSVERSE``.
    TURNED_LEFT : 8
        A quarter turn counterclockwise. Pillow's ``ROTATE_90``.
    """

    UPRIGHT = 1
    MIRRORED = 2
    TURNED_180 = 3
    FLIPPED = 4
    TRANSPOSED = 5
    TURNED_RIGHT = 6
    TRANSVERSED = 7
    TURNED_LEFT = 8

    def then(self, other: "Orientation") -> "Orientation":
        """Both in one, this one first.

        Parameters
        ----------
        other : Orientation
            What is done after this one.

        Returns
        -------
        Orientation
            The product in the group of the square's symmetries.

        Examples
        --------
        >>> Orientation.TURNED_RIGHT.then(Orientation.TURNED_RIGHT)
        <Orientation.TURNED_180: 3>
        """
        first, second = _STEPS[self], _STEPS[other]
        rows, columns = first.rows, first.columns
        if second.transposed:
            rows, columns = columns, rows
        return _OF_STEPS[
            _Steps(
                first.transposed ^ second.transposed, rows ^ second.rows, columns ^ second.columns
            )
        ]

    @property
    def inverse(self) -> "Orientation":
        """The orientation that undoes this one."""
        return next(other for other in Orientation if self.then(other) is Orientation.UPRIGHT)

    def of_array(self, array: NDArray[Scalar]) -> NDArray[Scalar]:
        """Transform a picture, or anything else that has rows and columns.

        Parameters
        ----------
        array : (h, w, ...) array
            Pixels, or values of a grid; axes after the second stay as they are.

        Returns
        -------
        (h, w, ...) or (w, h, ...) array
            A view of the same memory.

        Raises
        ------
        ArrayError
            If there are less than two axes.

        Examples
        --------
        >>> Orientation.TURNED_RIGHT.of_array(np.array([[1, 2], [3, 4]]))
        array([[3, 1],
               [4, 2]])
        """
        if array.ndim <= 1:
            raise ArrayError(f"Rows and columns are needed, not an array of shape {array.shape}.")
        steps = _STEPS[self]
        turned = array.swapaxes(0, 1) if steps.transposed else array
        return turned[:: -1 if steps.rows else 1, :: -1 if steps.columns else 1]


class _Steps(NamedTuple):
    """An orientation as three steps, made in this order."""

    transposed: bool
    rows: bool
    columns: bool


_STEPS: Final = {
    Orientation.UPRIGHT: _Steps(transposed=False, rows=False, columns=False),
    Orientation.MIRRORED: _Steps(transposed=False, rows=False, columns=True),
    Orientation.TURNED_180: _Steps(transposed=False, rows=True, columns=True),
    Orientation.FLIPPED: _Steps(transposed=False, rows=True, columns=False),
    Orientation.TRANSPOSED: _Steps(transposed=True, rows=False, columns=False),
    Orientation.TURNED_RIGHT: _Steps(transposed=True, rows=False, columns=True),
    Orientation.TRANSVERSED: _Steps(transposed=True, rows=True, columns=True),
    Orientation.TURNED_LEFT: _Steps(transposed=True, rows=True, columns=False),
}
_OF_STEPS: Final = {steps: orientation for orientation, steps in _STEPS.items()}


def oriented(
    signatures: Levels,
    orientation: Orientation,
    n: int = DEFAULT_PARAMETERS.n,
    diagonal_neighbors: bool = DEFAULT_PARAMETERS.diagonal_neighbors,
) -> Levels:
    """Signatures of the transformed pictures.

    Parameters
    ----------
    signatures : (..., 272) int8
        Compact signatures of `signature.compacting.compact`.
    orientation : Orientation
        What is done to the pictures.
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.

    Returns
    -------
    (..., 272) int8
        A new array. Equal to signing the transformed pixels up to the grid's rounding, see the
        module.

    Raises
    ------
    ArrayError
        If the signatures are not int8 or of another length.

    Examples
    --------
    >>> brighter_to_the_right = np.array([-1, -1, 0, 0], np.int8)
    >>> oriented(brighter_to_the_right, Orientation.TURNED_RIGHT, 2, False)
    array([ 0,  0, -1, -1], dtype=int8)
    """
    _check(signatures, compact_length(n, diagonal_neighbors))
    source, sign = _moves(orientation, n, diagonal_neighbors)
    result: Levels = np.take(signatures, source, axis=-1)
    result *= sign
    return result


def inverted(signatures: Levels) -> Levels:
    """Signatures of the photographic negatives.

    Every comparison has the other sign. The grid is the same for every picture, because the crop
    looks at absolute differences.

    Parameters
    ----------
    signatures : (..., c) int8
        Compact or full signatures.

    Returns
    -------
    (..., c) int8
        A new array.

    Raises
    ------
    ArrayError
        If the signatures are not int8.
    """
    _check(signatures, None)
    return -signatures


def all_orientations(
    signatures: Levels,
    n: int = DEFAULT_PARAMETERS.n,
    diagonal_neighbors: bool = DEFAULT_PARAMETERS.diagonal_neighbors,
    *,
    negatives: bool = False,
) -> Levels:
    """Signatures of the pictures in every orientation.

    Parameters
    ----------
    signatures : (..., 272) int8
        Compact signatures.
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.
    negatives : bool
        Whether the negatives of all eight follow.

    Returns
    -------
    (8, ..., 272) or (16, ..., 272) int8
        In the order of `Orientation`, the pictures themselves first.

    Raises
    ------
    ArrayError
        If the signatures are not int8 or of another length.
    """
    turned = np.stack([oriented(signatures, way, n, diagonal_neighbors) for way in Orientation])
    return np.concatenate([turned, -turned]) if negatives else turned


@lru_cache(maxsize=8 * 16)
def _moves(orientation: Orientation, n: int, diagonal_neighbors: bool) -> tuple[Positions, Levels]:
    """Where each compact level comes from, and the sign that it gets.

    The neighbourhood of a point turns as the grid does.
    """
    around = orientation.of_array(np.arange(_AROUND**2).reshape(_AROUND, _AROUND)).ravel()
    beside = np.arange(_AROUND**2)
    used = (beside != _CENTRE) if diagonal_neighbors else (beside % 2 == 1)
    neighbours = (np.cumsum(used) - 1)[around[used]]
    place = np.arange(n * n * len(neighbours)).reshape(n, n, -1)
    kept, _ = independent_positions(n, diagonal_neighbors)
    origin = orientation.of_array(place)[..., neighbours].ravel()[kept]
    source, sign = full_from_compact(n, diagonal_neighbors)
    return source[origin], sign[origin]


def _check(signatures: NDArray[Any], length: int | None) -> None:
    shaped = signatures.ndim and length in (None, signatures.shape[-1])
    if signatures.dtype != np.int8 or not shaped:
        raise ArrayError(
            f"Signatures are int8 of shape (..., {length or 'levels'}), "
            f"not {signatures.dtype} {signatures.shape}."
        )
