"""From pixels or bytes to a signature, all steps in order."""

from dataclasses import dataclass

from signature.compacting import independent_positions
from signature.crop import crop_window
from signature.decode import decode
from signature.grey import Pixels, check_pixels, grey_of_checked
from signature.grid import grid_means, grid_points
from signature.levels import Levels, neighbour_differences, quantised
from signature.parameters import (
    DEFAULT_PARAMETERS,
    DEFAULT_POLICY,
    DecodePolicy,
    SignatureParameters,
)


@dataclass(frozen=True)
class Signed:
    """What signing a file gives.

    Attributes
    ----------
    levels : (272,) int8
        The compact signature.
    width, height : int
        Of the picture in pixels, after turning.
    format : str
        Pillow's name of the kind of file.
    """

    levels: Levels
    width: int
    height: int
    format: str


def sign_pixels(pixels: Pixels, parameters: SignatureParameters = DEFAULT_PARAMETERS) -> Levels:
    """Signature of a picture.

    Implements Wong, Bern & Goldberg (ICIP 2002), section 3, as image-match does.

    Parameters
    ----------
    pixels : (h, w) or (h, w, 3) uint8
        Grey, or red, green and blue.
    parameters : SignatureParameters
        Of the signature.

    Returns
    -------
    (n * n * 8,) or (n * n * 4,) int8
        Rows of grid points, points of a row, neighbours of a point in reading order.

    Raises
    ------
    ArrayError
        If the pixels have another shape or type.
    FeaturelessError
        If the picture is flat and ``identical_tolerance`` is 0.
    GridOutsideError
        If ``fix_ratio`` puts a grid point outside the picture.

    Examples
    --------
    >>> import numpy as np
    >>> half = np.zeros((100, 100), np.uint8)
    >>> half[:, 50:] = 255
    >>> sign_pixels(half).reshape(9, 9, 8)[4, :, 4]
    array([ 0,  0,  0, -1, -2,  0,  0,  0,  0], dtype=int8)
    """
    check_pixels(pixels)
    return _sign_checked(pixels, parameters)


def _sign_checked(pixels: Pixels, parameters: SignatureParameters) -> Levels:
    grey = grey_of_checked(pixels)
    window = crop_window(grey, parameters.crop_percentiles, parameters.fix_ratio)
    rows, columns = grid_points(window, parameters.n)
    means = grid_means(grey, rows, columns, parameters.P)
    differences = neighbour_differences(means, parameters.diagonal_neighbors)
    return quantised(differences, parameters.identical_tolerance, parameters.n_levels).ravel()


def sign_bytes(
    data: bytes,
    parameters: SignatureParameters = DEFAULT_PARAMETERS,
    policy: DecodePolicy = DEFAULT_POLICY,
) -> Signed:
    """Compact signature of a file.

    Parameters
    ----------
    data : bytes
        A whole file.
    parameters : SignatureParameters
        Of the signature.
    policy : DecodePolicy
        Of decoding.

    Returns
    -------
    Signed
        Whatever the levels say; `signature.featureless` tells whether that is enough.

    Raises
    ------
    SignatureError
        Whatever is wrong with the file, as one of its subclasses.
    """
    picture = decode(data, policy)
    full = _sign_checked(picture.memory, parameters)
    kept, _ = independent_positions(parameters.n, parameters.diagonal_neighbors)
    return Signed(full[kept], picture.width, picture.height, picture.format)
