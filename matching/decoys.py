"""Decoys: signatures of pictures that nobody has, whose matches are false by construction.

A picture mirrored left to right is another picture with the same texture, contrast and layout.
What matches it by chance is as much as what matches the picture itself by chance. Where a picture
is nearly its own mirror, its mirror finds its true copies; its upside-down flip then stands in.
"""

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from signature.compiled import compiled
from signature.orientations import Orientation, oriented
from signature.parameters import DEFAULT_PARAMETERS

Levels = npt.NDArray[np.int8]
Distances = npt.NDArray[np.float64]
Usable = npt.NDArray[np.uint8]

SYMMETRIC_BELOW: Final = 0.25
"""A picture nearer than this to its own decoy is symmetric: the decoy would find true copies.

Measured in section 7 of the design: 0.25 agreed best with clean truth.
"""

MIRROR: Final = 1
FLIP: Final = 2
"""Bits of what `usable_decoys` returns."""


class SelfDistances(NamedTuple):
    """How far each of ``n`` pictures is from its own decoys.

    Attributes
    ----------
    mirror, flip : (n,) float64
        Distance to the own left-right mirror, and to the own upside-down flip. 0 for an
        all-zero signature.
    """

    mirror: Distances
    flip: Distances


def mirrored(
    levels: Levels,
    n: int = DEFAULT_PARAMETERS.n,
    diagonal_neighbors: bool = DEFAULT_PARAMETERS.diagonal_neighbors,
) -> Levels:
    """Signatures of the pictures with left and right changed.

    Parameters
    ----------
    levels : (m, 272) int8
        Compact signatures.
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.

    Returns
    -------
    (m, 272) int8
        A new array. Mirroring is an isometry and its own inverse, so that the distance from a
        mirrored ``w`` to ``k`` is that from ``w`` to a mirrored ``k``.
    """
    return oriented(levels, Orientation.MIRRORED, n, diagonal_neighbors)


def flipped(
    levels: Levels,
    n: int = DEFAULT_PARAMETERS.n,
    diagonal_neighbors: bool = DEFAULT_PARAMETERS.diagonal_neighbors,
) -> Levels:
    """Signatures of the pictures with top and bottom changed.

    Parameters
    ----------
    levels : (m, 272) int8
        Compact signatures.
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.

    Returns
    -------
    (m, 272) int8
        A new array; an isometry and its own inverse, as `mirrored`.
    """
    return oriented(levels, Orientation.FLIPPED, n, diagonal_neighbors)


def self_distances(
    levels: Levels,
    n: int = DEFAULT_PARAMETERS.n,
    diagonal_neighbors: bool = DEFAULT_PARAMETERS.diagonal_neighbors,
) -> SelfDistances:
    """Return how far each picture is from its own mirror and its own flip.

    Parameters
    ----------
    levels : (m, 272) int8
        Compact signatures.
    n : int
        Grid points in each direction.
    diagonal_neighbors : bool
        Whether diagonal neighbours are compared.

    Returns
    -------
    SelfDistances
        Image-match's distance, to the last bit.
    """
    # Contiguous and read-only, always: numba compiles once more for each other kind of array.
    rows = np.ascontiguousarray(levels).view()
    rows.flags.writeable = False
    return SelfDistances(
        _rowwise(rows, mirrored(levels, n, diagonal_neighbors)),
        _rowwise(rows, flipped(levels, n, diagonal_neighbors)),
    )


def usable_decoys(own: SelfDistances) -> Usable:
    """Return which decoys of each picture are far enough from the picture itself.

    Parameters
    ----------
    own : SelfDistances
        Of the pictures.

    Returns
    -------
    (n,) uint8
        `MIRROR` and `FLIP` as bits. A pair can use what both its ends can (bitwise and), because
        the least of two distances is far enough only if both are.
    """
    mirror = np.where(own.mirror >= SYMMETRIC_BELOW, MIRROR, 0)
    flip = np.where(own.flip >= SYMMETRIC_BELOW, FLIP, 0)
    return (mirror | flip).astype(np.uint8)


@compiled
def _rowwise(a: Levels, b: Levels) -> Distances:
    """Distance of each row of one array from the same row of the other."""
    result = np.zeros(len(a), np.float64)
    for k in range(len(a)):
        difference = np.int64(0)
        left = np.int64(0)
        right = np.int64(0)
        for i in range(a.shape[1]):
            p = np.int64(a[k, i])
            q = np.int64(b[k, i])
            difference += (p - q) * (p - q)
            left += p * p
            right += q * q
        if left + right > 0:
            result[k] = math.sqrt(2.0 * difference) / (
                math.sqrt(2.0 * left) + math.sqrt(2.0 * right)
            )
    return result
