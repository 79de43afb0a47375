"""Pairs of rows of a bucket."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


class Pairs(NamedTuple):
    """Pairs: row numbers on either side, and distances."""

    a: Indices
    b: Indices
    distance: npt.NDArray[np.float64]

    def where(self, chosen: npt.NDArray[np.bool_] | Indices) -> "Pairs":
        """Return some of the pairs.

        Parameters
        ----------
        chosen : (p,) bool, or (k,) int64
            Which; or their places.

        Returns
        -------
        Pairs
            Copies.
        """
        return Pairs(self.a[chosen], self.b[chosen], self.distance[chosen])


def no_pairs() -> Pairs:
    """Return no pairs.

    Returns
    -------
    Pairs
        Empty.
    """
    return Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))


def together(parts: list[Pairs]) -> Pairs:
    """Return the pairs of several lots as one.

    Parameters
    ----------
    parts : list of Pairs
        Perhaps none.

    Returns
    -------
    Pairs
        In the same order.
    """
    if not parts:
        return no_pairs()
    return Pairs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
