"""Signatures that say too little: too few of their levels differ from zero.

The paper and image-match have no such limit. Pictures with few levels look alike to the signature
whatever they show, and changed copies of them lie far apart: docs/adr/0012 has the figures.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from signature.compacting import compact_length
from signature.errors import ArrayError
from signature.levels import Levels
from signature.parameters import DEFAULT_PARAMETERS, SignatureParameters

Verdicts: TypeAlias = NDArray[np.bool_]


def are_featureless(
    levels: Levels, parameters: SignatureParameters = DEFAULT_PARAMETERS
) -> Verdicts:
    """Which signatures say too little about their pictures to be compared.

    What counts is the share of comparisons between neighbouring grid points whose level is not 0.
    A share, not a number, so that the setting means something for other grids: 0.09 are 25 of 272
    comparisons of the 9 x 9 grid, 13 of 144 without diagonals, 54 of 600 of a 13 x 13 grid.

    Parameters
    ----------
    levels : (..., m) int8
        Signatures, full or compact: m = 648 or 272 by default. The verdict is the same for both.
    parameters : SignatureParameters
        Of these signatures. ``n`` and ``diagonal_neighbors`` tell m, ``min_nonzero_share`` the
        limit.

    Returns
    -------
    (...) bool
        True where all levels are 0, or a smaller share of them than the limit is not 0.

    Raises
    ------
    ArrayError
        If the shape or type is not that of signatures with these parameters.

    Examples
    --------
    >>> levels = np.zeros((2, 272), np.int8)
    >>> levels[0, :24], levels[1, :25] = 1, 1
    >>> are_featureless(levels)
    array([ True, False])
    """
    comparisons = compact_length(parameters.n, parameters.diagonal_neighbors)
    if levels.dtype != np.int8 or levels.shape[-1:] not in {(comparisons,), (parameters.length,)}:
        raise ArrayError(
            f"Signatures are int8 of shape (..., {comparisons}) or (..., {parameters.length}), "
            f"not {levels.dtype} {levels.shape}."
        )
    # The full form holds each comparison twice, seen from either point.
    times = 1 if levels.shape[-1] == comparisons else 2
    nonzero = np.count_nonzero(levels, axis=-1)
    # A quotient, not a product: k / m is the very double that a user's decimal of it is.
    verdicts: Verdicts = (nonzero == 0) | (
        nonzero / (times * comparisons) < parameters.min_nonzero_share
    )
    return verdicts


def is_featureless(levels: Levels, parameters: SignatureParameters = DEFAULT_PARAMETERS) -> bool:
    """Whether a signature says too little about its picture to be compared.

    Parameters
    ----------
    levels : (m,) int8
        A signature, full or compact: m = 648 or 272 by default.
    parameters : SignatureParameters
        Of this signature; see `are_featureless`.

    Returns
    -------
    bool
        True if all levels are 0, or a smaller share of them than ``min_nonzero_share`` is not 0.

    Raises
    ------
    ArrayError
        If the shape or type is not that of a signature with these parameters.

    Examples
    --------
    >>> is_featureless(np.zeros(648, np.int8))
    True
    """
    if levels.ndim != 1:
        raise ArrayError(f"One signature is needed, not an array of shape {levels.shape}.")
    return bool(are_featureless(levels, parameters))
