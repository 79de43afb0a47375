"""Bounding the output: a pair stays if it is among the nearest of either of its ends."""

import numpy as np
import numpy.typing as npt

from matching.kernel import Farthest, Indices, Pairs
from signature.compiled import compiled


def farthest_kept(pairs: Pairs, sizes: tuple[int, int], one_side: bool, max_pairs: int) -> Farthest:
    """Find how far the nearest pairs of each end reach.

    Applied to parts of a corpus it never drops what the whole would keep: among the nearest of
    all pairs of a signature is also among the nearest of some of them.

    Parameters
    ----------
    pairs : Pairs
        Any.
    sizes : tuple of int and int
        Rows that a and b number.
    one_side : bool
        Whether these are the same.
    max_pairs : int
        How many are the nearest.

    Returns
    -------
    Farthest
        Of all rows.
    """
    offset = 0 if one_side else sizes[0]
    rows = sizes[0] if one_side else sum(sizes)
    columns = pairs.b + offset
    counts = np.bincount(pairs.a, minlength=rows) + np.bincount(columns, minlength=rows)
    if counts.max(initial=0) > max_pairs:
        every = _farthest_kept(pairs.a, columns, pairs.distance, counts, max_pairs)
    else:
        every = np.full(rows, np.inf)
    return Farthest(every[: sizes[0]], every[offset : offset + sizes[1]])


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
