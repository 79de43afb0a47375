"""image-match's interface to signatures."""

import os
import re
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from signature.arrays import pixels_of_array
from signature.decode import decode
from signature.distance import normalized_distance
from signature.errors import LocationError, ParameterError
from signature.grey import Pixels
from signature.levels import Levels
from signature.parameters import DEFAULT_POLICY, DecodePolicy, SignatureParameters
from signature.sign import sign_pixels

ImageSource: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | NDArray[Any]

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class ImageSignature:
    """Maker of signatures, with the constructor of image-match's class of this name.

    Parameters
    ----------
    n : int
        Grid points in each direction. `signature.parameters.SignatureParameters` tells more of
        this and the next six.
    crop_percentiles : (float, float) or None
        Percentiles between which the picture is looked at.
    P : int or None
        Side in pixels of the square around a grid point.
    diagonal_neighbors : bool
        Whether a grid point is compared with its diagonal neighbours as well.
    identical_tolerance : float
        Means closer than this are the same; in grey levels, [0, 1].
    n_levels : int
        Levels on each side of zero.
    fix_ratio : bool
        Crop both axes to the same range.
    policy : DecodePolicy
        How files are decoded; image-match has no such choice.

    Raises
    ------
    ParameterError
        If a value is not allowed.

    Examples
    --------
    >>> maker = ImageSignature()
    >>> flat = maker.generate_signature(np.zeros((20, 20), np.uint8))
    >>> len(flat), flat.any()
    (648, np.False_)
    """

    def __init__(  # noqa: PLR0913 - the parameters are image-match's
        self,
        n: int = 9,
        crop_percentiles: tuple[float, float] | None = (5, 95),
        P: int | None = None,  # noqa: N803
        diagonal_neighbors: bool = True,
        identical_tolerance: float = 2 / 255,
        n_levels: int = 2,
        fix_ratio: bool = False,
        *,
        policy: DecodePolicy = DEFAULT_POLICY,
    ) -> None:
        self.parameters = SignatureParameters(
            n,
            crop_percentiles,
            P,
            diagonal_neighbors,
            identical_tolerance,
            n_levels,
            fix_ratio,
        )
        self.policy = policy

    def generate_signature(self, path_or_image: ImageSource, bytestream: bool = False) -> Levels:
        """Signature of a file, of its bytes, or of an array.

        The three routes give the same signature; image-match's differ on transparency, 16 bits
        and other kinds of pixels.

        Parameters
        ----------
        path_or_image : str, PathLike, bytes or array
            A path; or the bytes of a file; or an array, see `signature.arrays.pixels_of_array`.
        bytestream : bool
            Says that ``path_or_image`` is bytes. Bytes are taken as such in any case.

        Returns
        -------
        (648,) int8
            Full signature; n * n * 8 levels, or n * n * 4 without diagonals.

        Raises
        ------
        SignatureError
            If the picture cannot be signed; LocationError for a URL.
        OSError
            If the path cannot be read.
        """
        return sign_pixels(self._pixels(path_or_image, bytestream), self.parameters)

    def _pixels(self, source: ImageSource, bytestream: bool) -> Pixels:
        if isinstance(source, bytes | bytearray | memoryview):
            return decode(bytes(source), self.policy).pixels
        if bytestream:
            raise ParameterError(
                f"With bytestream=True the image must be bytes, not {type(source).__name__}."
            )
        if isinstance(source, np.ndarray):
            return pixels_of_array(source, self.policy.background)
        if isinstance(source, str) and _ADDRESS.match(source):
            raise LocationError(
                f"Signing opens local files only, not {source.split('://')[0]} addresses; "
                "get the bytes first and pass them."
            )
        if isinstance(source, str | os.PathLike):
            return decode(Path(source).read_bytes(), self.policy).pixels
        raise ParameterError(
            f"A picture is a path, bytes or an array, not {type(source).__name__}."
        )

    @staticmethod
    def normalized_distance(a: Levels, b: Levels) -> float:
        """Distance of two signatures, see `signature.distance.normalized_distance`.

        Parameters
        ----------
        a, b : (648,) int8
            Signatures of one length.

        Returns
        -------
        float
            In [0, 1], or NaN if both are all zero.

        Raises
        ------
        ArrayError
            If the arrays are not signatures of one length.
        """
        return normalized_distance(a, b)
