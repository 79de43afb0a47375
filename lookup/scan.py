"""Exact distances of one picture, in one form or several, from signatures in memory."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from signature.compiled import compiled, read_only
from signature.levels import Levels

Rows = npt.NDArray[np.int32]


class Near(NamedTuple):
    """Signatures below a cutoff: their rows, the nearest form of the picture, the distance."""

    rows: npt.NDArray[np.int64]
    forms: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float64]


def near(levels: Levels, squares: Rows, forms: Levels, rows: Rows | None, cutoff: float) -> Near:
    """Find the signatures that are near a picture.

    Parameters
    ----------
    levels : (n, c) int8
        Compact signatures.
    squares : (n,) int32
        Sum of the squares of each.
    forms : (f, c) int8
        Compact signatures of the picture.
    rows : (m,) int32 or None
        Which signatures to compare; None for all.
    cutoff : float
        Strict upper bound of the distance.

    Returns
    -------
    Near
        Distances are image-match's to the last bit; signatures of norm 0 are not near anything.
    """
    chosen = np.arange(len(levels), dtype=np.int32) if rows is None else rows
    distances = np.empty(len(chosen))
    nearest = np.empty(len(chosen), np.int64)
    stored = read_only(levels), read_only(squares)
    _nearest_forms(*stored, read_only(forms), read_only(chosen), distances, nearest)
    below = np.flatnonzero(distances < cutoff)
    return Near(chosen[below].astype(np.int64), nearest[below], distances[below])


@compiled
def _nearest_forms(
    levels: Levels,
    squares: Rows,
    forms: Levels,
    rows: Rows,
    distances: npt.NDArray[np.float64],
    nearest: npt.NDArray[np.int64],
) -> None:
    norms = np.zeros(len(forms), np.int64)
    for f in range(len(forms)):
        for value in forms[f]:
            norms[f] += np.int64(value) * np.int64(value)
    for k in range(len(rows)):
        row = levels[rows[k]]
        other = np.int64(squares[rows[k]])
        best = 2.0  # beyond every distance: nothing is near nothing
        form = 0
        for f in range(len(forms)):
            query = forms[f]
            product = np.int32(0)
            for i in range(len(row)):
                product += np.int32(row[i]) * np.int32(query[i])
            if other == 0 or norms[f] == 0:
                continue
            apart = math.sqrt(2.0 * (norms[f] + other - 2 * np.int64(product)))
            distance = apart / (math.sqrt(2.0 * norms[f]) + math.sqrt(2.0 * other))
            if distance < best:
                best = distance
                form = f
        distances[k] = best
        nearest[k] = form
