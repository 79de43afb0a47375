"""Where two signatures meet: the first key that both have, at costs within that key's reach."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.rules import FIRST_WORD, Keyed
from signature.compiled import compiled

Indices = npt.NDArray[np.int64]


class Reaches(NamedTuple):
    """Up to which sum of costs two signatures meet under a key.

    Attributes
    ----------
    cells : int
        Under a key of a cell that is not capped. Under a word it is 0.
    capped_keys : (c,) int64
        Ascending.
    capped : (c,) int64
        The reach of each capped key; -1 for one under which none meet.
    """

    cells: int
    capped_keys: Indices
    capped: Indices


def reaches(cells: int, capped: Mapping[int, int]) -> Reaches:
    """Make the reaches of all keys.

    Parameters
    ----------
    cells : int
        Of cells that are not capped.
    capped : mapping of int to int
        Key to reach, of the capped ones.

    Returns
    -------
    Reaches
        The same for equal arguments.
    """
    keys = np.array(sorted(capped), np.int64)
    return Reaches(cells, keys, np.array([capped[int(key)] for key in keys], np.int64))


def meet_first_under(
    key: int, left: Keyed, right: Keyed, a: Indices, b: Indices, limits: Reaches
) -> npt.NDArray[np.bool_]:
    """Tell which pairs of rows meet under a key and under none before it.

    Parameters
    ----------
    key : int
        The bucket's.
    left, right : Keyed
        The rows on either side.
    a, b : (p,) int64
        Row numbers of each pair.
    limits : Reaches
        Of all keys.

    Returns
    -------
    (p,) bool
        True where this bucket is the one that reports the pair.
    """
    return _meet(key, left, right, a, b, limits)


@compiled
def _meet(
    key: int, left: Keyed, right: Keyed, a: Indices, b: Indices, limits: Reaches
) -> npt.NDArray[np.bool_]:
    left_keys, left_costs = left
    right_keys, right_costs = right
    cells, capped_keys, capped = limits
    here = np.zeros(len(a), np.bool_)
    for k in range(len(a)):
        x, y = a[k], b[k]
        i = j = 0
        while i < left_keys.shape[1] and j < right_keys.shape[1]:
            p, q = left_keys[x, i], right_keys[y, j]
            if p < q or p < 0:  # below 0 are the removed ones
                i += 1
            elif q < p:
                j += 1
            else:
                reach = cells if p < FIRST_WORD else 0
                if len(capped_keys):
                    at = np.searchsorted(capped_keys, p)
                    if at < len(capped_keys) and capped_keys[at] == p:
                        reach = capped[at]
                if np.int64(left_costs[x, i]) + np.int64(right_costs[y, j]) <= reach:
                    here[k] = p == key
                    break
                i += 1
                j += 1
    return here
