"""Buckets made for a benchmark: random signatures that share one key among many."""

import numpy as np

from matching.compare import Search, Side
from matching.meeting import reaches
from matching.rules import Keyed
from signature.levels import Levels

KEY = 10**6
"""The bucket's; the other keys of its rows are below it."""

REACH = 188
_OTHER_KEYS = 11
_COST = 40


def bucket(levels: Levels) -> Side:
    """Put signatures into one bucket, at a cost at which they all meet.

    Parameters
    ----------
    levels : (n, 272) int8
        Signatures.

    Returns
    -------
    Side
        Each row has 11 keys besides, so that the test for the first one has something to do.
    """
    rng = np.random.default_rng(1)
    keys = np.sort(rng.integers(0, KEY, (len(levels), _OTHER_KEYS)), axis=1)
    keys = np.concatenate([keys, np.full((len(levels), 1), KEY)], axis=1)
    keyed = Keyed(keys, np.full(keys.shape, _COST, np.uint8))
    return Side(levels, keyed, np.full(len(levels), _COST, np.uint8))


def search(cutoff: float) -> Search:
    """Return a search that caps and drops nothing.

    Parameters
    ----------
    cutoff : float
        Strict upper bound of the distance, in (0, 1).

    Returns
    -------
    Search
        With the reach `REACH`.
    """
    return Search(cutoff, reaches(REACH, {}), 2**40)
