"""Signatures of the documents that a search brought back, and which of them are near."""

import base64
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lookup.errors import RejectedError
from signature import SignatureParameters, compact, distances, unpack_levels
from signature.compacting import compact_length
from signature.errors import ArrayError
from signature.levels import Levels

Hit = dict[str, Any]


class Nearest(NamedTuple):
    """The distance of each hit from the nearest form of a picture, and which form that is."""

    distances: npt.NDArray[np.float64]
    forms: npt.NDArray[np.intp]


def packed_levels(hits: Sequence[Hit], parameters: SignatureParameters) -> Levels:
    """Read signatures from doc values.

    Parameters
    ----------
    hits : sequence of dict
        Each with ``sig`` among its fields.
    parameters : SignatureParameters
        Of the signatures.

    Returns
    -------
    (h, c) int8
        Compact signatures.

    Raises
    ------
    RejectedError
        If one is none.
    """
    width = compact_length(parameters.n, parameters.diagonal_neighbors)
    raw = b"".join(base64.b64decode(hit["fields"]["sig"][0]) for hit in hits)
    try:
        packed = np.frombuffer(raw, np.uint8).reshape(len(hits), -(-width // 3))
        return unpack_levels(packed, width)
    except (ArrayError, ValueError) as error:
        raise RejectedError(f"The index holds signatures of another kind: {error}") from error


def source_levels(hits: Sequence[Hit], parameters: SignatureParameters) -> Levels:
    """Read signatures from ``_source``, as image-match keeps them.

    Parameters
    ----------
    hits : sequence of dict
        Each with ``signature`` in its source.
    parameters : SignatureParameters
        Of the signatures.

    Returns
    -------
    (h, c) int8
        Compact signatures.

    Raises
    ------
    RejectedError
        If one is none.
    """
    try:
        full = np.array([hit["_source"]["signature"] for hit in hits], np.int8)
        return compact(full, parameters.n, parameters.diagonal_neighbors)
    except (KeyError, TypeError, ValueError, ArrayError) as error:
        raise RejectedError(f"The index holds signatures of another kind: {error}") from error


def nearest_forms(levels: Levels, forms: Levels) -> Nearest:
    """Compare hits with a picture.

    Parameters
    ----------
    levels : (h, c) int8
        Compact signatures of the hits.
    forms : (f, c) int8
        Of the picture.

    Returns
    -------
    Nearest
        Distances are image-match's; 1 where both are all zero.
    """
    found = distances(levels, forms)
    found[np.isnan(found)] = 1.0
    forms_of_hits = found.argmin(axis=1)
    return Nearest(found[np.arange(len(found)), forms_of_hits], forms_of_hits)
