"""Pictures that come as arrays, reduced to eight bits as decoding reduces files."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from signature.alpha import over_ground
from signature.errors import ArrayError
from signature.grey import Pixels
from signature.parameters import DEFAULT_POLICY, Colour


def pixels_of_array(array: NDArray[Any], ground: Colour = DEFAULT_POLICY.background) -> Pixels:
    """Pixels of a picture given as an array.

    image-match takes such an array in its own precision, and drops an alpha channel by laying it
    on white in floating point; here an array gives the same signature as the file it came from.

    Parameters
    ----------
    array : (h, w), (h, w, 1), (h, w, 3) or (h, w, 4) uint8, uint16, bool or float
        Grey, colours, or colours with alpha. Floats must lie in [0, 1].
    ground : (int, int, int)
        What transparent pixels are laid on.

    Returns
    -------
    (h, w) or (h, w, 3) uint8
        The upper half of 16 bits; floats rounded to the nearest of 256 levels.

    Raises
    ------
    ArrayError
        If the shape, the type or the range is another one.

    Examples
    --------
    >>> pixels_of_array(np.array([[0.0, 0.5, 1.0]]))
    array([[  0, 128, 255]], dtype=uint8)
    """
    match array.shape if array.size else ():
        case (_, _) | (_, _, 3):
            return _eight_bits(array)
        case (_, _, 1):
            return _eight_bits(array[:, :, 0])
        case (_, _, 4):
            return over_ground(_eight_bits(array), ground)
        case _:
            raise ArrayError(
                "A picture is an array of shape (h, w), (h, w, 1), (h, w, 3) or (h, w, 4) that is "
                f"not empty, not of shape {array.shape}."
            )


def _eight_bits(array: NDArray[Any]) -> Pixels:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.uint16:
        return (array >> 8).astype(np.uint8)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if not np.issubdtype(array.dtype, np.floating):
        raise ArrayError(
            f"A picture is an array of uint8, uint16, bool or float, not {array.dtype}."
        )
    if not (array.min() >= 0 and array.max() <= 1):  # NaN fails it too
        raise ArrayError("A picture in floating point has values in [0, 1].")
    return np.floor(array * 255 + 0.5).astype(np.uint8)
