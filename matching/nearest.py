"""Bounding the output: a pair stays if it is among the nearest of either of its ends."""

import numpy as np
import numpy.typing as npt

from matching.kernel import Indices, Pairs
from signature.compiled import compiled


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
    rows = int(max(pairs.a.max(), columns.max())) + 1
    counts = np.bincount(pairs.a, minlength=rows) + np.bincount(columns, minlength=rows)
    if counts.max() <= max_pairs:
        return pairs, 0
    farthest = _farthest_kept(pairs.a, columns, pairs.distance, counts, max_pairs)
    stays = (pairs.distance <= farthest[pairs.a]) | (pairs.distance <= farthest[columns])
    return pairs.where(stays), int(len(stays) - np.count_nonzero(stays))


@compiled
def _farthest_kept(
    a: Indices,
    b: Indices,
    distances: npt.NDArray[np.float64],
    counts: Indices,
    max_pairs: int,
) -> npt.NDArray[np.float64]:
    """Distance of each end's last pair that stays; infinite where all do."""
    starts = np.zeros(len(counts) + 1, np.int64)
    starts[1:] = np.cumsum(counts)
    filled = starts[:-1].copy()
    grouped = np.empty(2 * len(a), np.float64)
    for k in range(len(a)):
        grouped[filled[a[k]]] = distances[k]
        filled[a[k]] += 1
        grouped[filled[b[k]]] = distances[k]
        filled[b[k]] += 1
    farthest = np.full(len(counts), np.inf)
    for end in range(len(counts)):
        if counts[end] > max_pairs:
            own = grouped[starts[end] : starts[end + 1]]
            farthest[end] = np.partition(own, max_pairs - 1)[max_pairs - 1]
    return farthest
