"""Bounding the output: a pair stays if it is among the nearest of either of its ends."""

import numpy as np
import numpy.typing as npt

from matching.kernel import Pairs


def nearest_pairs(pairs: Pairs, max_pairs: int, one_side: bool) -> tuple[Pairs, int]:
    """Drop the pairs that are not among the nearest of either end.

    Applied to parts of a corpus it never drops what the whole would keep: among the nearest of
    all pairs of a signature is also among the nearest of some of them. Equal distances stay.

    Parameters
    ----------
    pairs : Pairs
        Any.
    max_pairs : int
        How many are the nearest.
    one_side : bool
        Whether a and b number the same rows.

    Returns
    -------
    tuple of Pairs and int
        What stays, and how many went.
    """
    if len(pairs.a) <= max_pairs:
        return pairs, 0
    columns = pairs.b if one_side else pairs.b + int(pairs.a.max()) + 1
    ends = np.concatenate([pairs.a, columns])
    if np.bincount(ends).max() <= max_pairs:
        return pairs, 0
    farthest = _farthest_kept(ends, np.tile(pairs.distance, 2), max_pairs)
    stays = (pairs.distance <= farthest[pairs.a]) | (pairs.distance <= farthest[columns])
    return pairs.where(stays), int(len(stays) - np.count_nonzero(stays))


def _farthest_kept(
    ends: npt.NDArray[np.int64], distances: npt.NDArray[np.float64], max_pairs: int
) -> npt.NDArray[np.float64]:
    """Distance of each end's last pair that stays; infinite where all do."""
    order = np.lexsort((distances, ends))
    starts = np.concatenate([[0], np.cumsum(np.bincount(ends))])
    farthest = np.full(len(starts) - 1, np.inf)
    crowded = np.flatnonzero(np.diff(starts) > max_pairs)
    farthest[crowded] = distances[order[starts[crowded] + max_pairs - 1]]
    return farthest
