"""How much of what brute force finds a search has found, by distance.

The share of pairs alone says little: one image in a hundred can hold most of the pairs. So there
is also the share per image, averaged over images, and the share of merges: how many of the steps
that join images to groups are still made.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from benchmarks.blocks import Rows
from benchmarks.brute_force import NearPairs
from jobs.summary import table_lines

Mask: TypeAlias = NDArray[np.bool_]
Shares: TypeAlias = dict[str, float | None]

#: Edges of the bins of distance: each from its lower edge to below the upper one.
EDGES: Final = (0.0, 0.2, 0.3, 0.4, 0.45)
#: Bounds below which pairs make groups.
GROUPING: Final = {"<.40": 0.40, "<.45": 0.45}
BINS: Final = ("<.2", ".2-.3", ".3-.4", ".4-.45")


@dataclass(frozen=True)
class Quality:
    """Shares in [0, 1] by bin or bound; None where brute force finds nothing.

    Attributes
    ----------
    pairs : dict of str to int
        What brute force finds, by bin.
    recall_pairs, recall_per_image : dict of str to float or None
        By bin.
    merges : dict of str to float or None
        By bound.
    """

    pairs: dict[str, int]
    recall_pairs: Shares
    recall_per_image: Shares
    merges: Shares


def are_found(true: NearPairs, a: Rows, b: Rows) -> Mask:
    """Tell which of the true pairs are among those that a search gave.

    Parameters
    ----------
    true : NearPairs
        What brute force finds.
    a, b : (p,) int
        What the search gave, ``a < b``; others than true pairs change nothing.

    Returns
    -------
    (len(true.a),) bool
        A verdict for each true pair.
    """
    return np.isin(_keys(true.a, true.b), _keys(a, b))


def quality(
    true: NearPairs, found: Mask, counted: Mask, images: NDArray[np.integer] | None = None
) -> Quality:
    """Measure a search by the pairs that it should have found.

    Parameters
    ----------
    true : NearPairs
        What brute force finds: all pairs, or all that have one of ``images`` in them.
    found : (len(true.a),) bool
        Which of them the search gave.
    counted : (n,) bool
        Images that count in ``recall_per_image``. Only pairs of two of them count there: if an
        image that is left out were the neighbour of one that is not, its pairs, which may be
        many, would still decide the latter's share.
    images : (m,) int or None
        Of which images shares are averaged, if not of all that count. Then ``merges`` is of the
        graph of these pairs alone.

    Returns
    -------
    Quality
        See there.
    """
    averaged = counted
    if images is not None:
        averaged = np.zeros_like(counted)
        averaged[images] = True
    inside = counted[true.a] & counted[true.b]
    pairs: dict[str, int] = {}
    of_pairs: Shares = {}
    per_image: Shares = {}
    for name, (low, high) in zip(BINS, pairwise(EDGES), strict=True):
        chosen = (true.distance >= low) & (true.distance < high)
        pairs[name] = int(chosen.sum())
        of_pairs[name] = _mean(found[chosen])
        per_image[name] = _mean(_shares(true, found, chosen & inside, averaged))
    merges = {name: _merges(true, found, bound, len(counted)) for name, bound in GROUPING.items()}
    return Quality(pairs, of_pairs, per_image, merges)


def quality_lines(measured: Quality) -> list[str]:
    """Lay out what `quality` gives.

    Parameters
    ----------
    measured : Quality
        Of one search.

    Returns
    -------
    list of str
        Two tables without line ends.
    """
    bins = [
        (
            name,
            f"{measured.pairs[name]:,}",
            _percent(measured.recall_pairs[name]),
            _percent(measured.recall_per_image[name]),
        )
        for name in BINS
    ]
    merges = [(bound, _percent(share)) for bound, share in measured.merges.items()]
    return [
        *table_lines(("distance", "pairs", "recall_pairs", "recall_per_image"), bins),
        *table_lines(("pairs", "merges"), merges),
    ]


def _keys(a: Rows, b: Rows) -> NDArray[np.int64]:
    keys: NDArray[np.int64] = a.astype(np.int64) << 32 | b
    return keys


def _shares(true: NearPairs, found: Mask, chosen: Mask, averaged: Mask) -> NDArray[np.float64]:
    """Of each image that has one of the chosen pairs, the share that was found."""
    total = _ends(true, chosen, len(averaged))
    some = averaged & (total > 0)
    shares: NDArray[np.float64] = _ends(true, chosen & found, len(averaged))[some] / total[some]
    return shares


def _ends(true: NearPairs, chosen: Mask, count: int) -> NDArray[np.intp]:
    """Count how many of the chosen pairs each image is in."""
    ends = np.bincount(true.a[chosen], minlength=count)
    return ends + np.bincount(true.b[chosen], minlength=count)


def _merges(true: NearPairs, found: Mask, bound: float, alone: int) -> float | None:
    near = true.distance < bound
    wanted = alone - _components(true, near, alone)
    return (alone - _components(true, near & found, alone)) / wanted if wanted else None


def _components(true: NearPairs, chosen: Mask, count: int) -> int:
    ends = true.a[chosen], true.b[chosen]
    graph = coo_array((np.ones(len(ends[0]), np.bool_), ends), shape=(count, count))
    return int(connected_components(graph, directed=False, return_labels=False))


def _mean(values: NDArray[np.bool_] | NDArray[np.float64]) -> float | None:
    return float(values.mean()) if len(values) else None


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"
