"""How many pairs below each distance are false, by competition of pictures and decoys.

Let d be the distance of a pair and d' that of its decoy. For a false pair d' < d is as likely as
d < d'; for a true pair d' < d hardly ever happens. So below a cutoff c

    false pairs  =  #{d' < d, d' < c} + #{d' < d, d < c} + #{d' = d < c} + #{undecided, d < c}

Every term counts distances below c, so that the estimate is a histogram of such *signs*. Where a
chain of near pairs connects the two, they are alike beyond doubt (`groups_of_like`), and a decoy
that is nearer says nothing: photographs with 30 % altered copies have as many such pairs, of half
symmetric pictures one of which was turned by a few degrees, as false ones below 0.40.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.calibration.graph import Decoys, Graph
from matching.calibration.groups import groups_of_like
from matching.calibration.resampling import REPLICATES, bound, group_weights

EDGES: Final = (0.0, 0.25, 0.275, 0.3, 0.325, 0.35, 0.375, 0.4, 0.425, 0.45)
"""Ends of the bins of distance; the first bin holds all that is near."""

Values = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


class FalsePairs(NamedTuple):
    """Pairs of the corpus by distance; all but ``edges`` are (b,), one value a bin.

    Attributes
    ----------
    edges : (b + 1,) float64
        Ends of the bins, the lower one inside.
    real, decoy : float64
        Pairs in the bin, and pairs whose decoy's distance is in it.
    false : float64
        Estimate of the false ones among the real.
    real_below, false_below : float64
        The same from 0 to the upper end of the bin.
    false_low, false_high : float64
        Bounds of ``false_below``, each with 95 % confidence.
    images_real, images_false : float64
        Images in a real pair below the upper end, and estimate of those in a false one.
    """

    edges: Values
    real: Values
    decoy: Values
    false: Values
    real_below: Values
    false_below: Values
    false_low: Values
    false_high: Values
    images_real: Values
    images_false: Values


class _Signs(NamedTuple):
    """Distances below which an edge counts as one more false pair."""

    edge: Whole
    distance: Values


def estimate_false_pairs(
    graph: Graph, decoys: Decoys, seed: int, edges: tuple[float, ...] = EDGES
) -> FalsePairs:
    """Count real, decoy and false pairs by distance.

    Parameters
    ----------
    graph : Graph
        What is known.
    decoys : Decoys
        Of its edges.
    seed : int
        Of the resampling.
    edges : tuple of float
        Ends of the bins, from 0 to at most the ceiling of the scan.

    Returns
    -------
    FalsePairs
        Of the whole corpus: what was found for the sample, times the corpus over the sample.
    """
    weight = _ends_in_sample(graph) / 2
    wins = _decoy_wins(graph, decoys)
    signs = _signs(graph, decoys, wins)
    false = _histogram(signs.distance, weight[signs.edge], edges)
    drawn = _resampled(graph, signs, weight, edges, seed)
    low, high = bound(np.cumsum(false), np.cumsum(drawn, axis=1))
    real = _histogram(graph.real, weight, edges)
    scale = graph.scale
    return FalsePairs(
        np.array(edges),
        real * scale,
        _histogram(decoys.distance, weight, edges) * scale,
        false * scale,
        np.cumsum(real) * scale,
        np.cumsum(false) * scale,
        low * scale,
        high * scale,
        _images_in_real_pairs(graph, edges) * scale,
        np.array([_images_in_false_pairs(graph, decoys, wins, end) for end in edges[1:]]) * scale,
    )


def false_signs(graph: Graph, decoys: Decoys, cutoff: float) -> Whole:
    """Count for each edge how many false pairs below a cutoff it stands for.

    Parameters
    ----------
    graph : Graph
        What is known.
    decoys : Decoys
        Of its edges.
    cutoff : float
        Strict upper bound of the distance.

    Returns
    -------
    (e,) int64
        0, 1 or 2.
    """
    signs = _signs(graph, decoys, _decoy_wins(graph, decoys))
    return np.bincount(signs.edge[signs.distance < cutoff], minlength=len(graph.real))


def _signs(graph: Graph, decoys: Decoys, decoy_wins: npt.NDArray[np.bool_]) -> _Signs:
    wins = np.flatnonzero(decoy_wins)
    once = np.flatnonzero((decoys.distance == graph.real) | decoys.undecided)
    edge = np.concatenate([wins, wins, once])
    distance = np.concatenate([decoys.distance[wins], graph.real[wins], graph.real[once]])
    return _Signs(edge, distance)


def _decoy_wins(graph: Graph, decoys: Decoys) -> npt.NDArray[np.bool_]:
    """Whether the decoy is nearer, and the two are not alike beyond doubt."""
    group = groups_of_like(graph)
    doubtful: npt.NDArray[np.bool_] = group[graph.better] != group[graph.worse]
    doubtful &= decoys.distance < graph.real
    return doubtful


def _ends_in_sample(graph: Graph) -> Whole:
    return graph.sampled[graph.better].astype(np.int64) + graph.sampled[graph.worse]


def _histogram(distance: Values, weight: Values, edges: tuple[float, ...]) -> Values:
    """Weight in each bin; the upper end is outside, also of the last."""
    place = np.searchsorted(edges, distance, "right") - 1
    inside = place < len(edges) - 1
    counted = np.bincount(place[inside], weight[inside], len(edges) - 1)
    return counted.astype(np.float64)


def _resampled(
    graph: Graph, signs: _Signs, weight: Values, edges: tuple[float, ...], seed: int
) -> Values:
    """(r, b) histograms in which both ends of a pair bring their group's weight."""
    some = weight[signs.edge] > 0
    edge, distance = signs.edge[some], signs.distance[some]
    ends = np.concatenate([graph.better[edge], graph.worse[edge]])
    group = groups_of_like(graph)[ends]
    inside = group[: len(edge)] == group[len(edge) :]
    place = np.searchsorted(edges, distance, "right") - 1
    in_bin = (place[:, np.newaxis] == np.arange(len(edges) - 1)) * weight[edge, np.newaxis]
    drawn: list[Values] = []
    for weights in group_weights(group, REPLICATES, seed):
        one, other = weights[:, : len(edge)], weights[:, len(edge) :]
        drawn.append(np.where(inside, one, one * other) @ in_bin)
    return np.concatenate(drawn)


def _images_in_real_pairs(graph: Graph, edges: tuple[float, ...]) -> Values:
    """Images of the sample that are in a real pair below the upper end of each bin."""
    least = np.full(len(graph.sampled), np.inf)
    for ends in (graph.better, graph.worse):
        np.minimum.at(least, ends, graph.real)
    return np.searchsorted(np.sort(least[graph.sampled]), edges[1:]).astype(np.float64)


def _images_in_false_pairs(
    graph: Graph, decoys: Decoys, wins: npt.NDArray[np.bool_], cutoff: float
) -> int:
    """Estimate the images of the sample that are in a false pair below a cutoff.

    An image with b false pairs of which picture and decoy are both below the cutoff is in one for
    certain if b > 0; with a pairs of which one is below, if one of these a fell to the picture.
    We see the decoys' part of both, each pair with probability 1/2. The mean of 1 - (-1) ** B for
    B of b is 1 if b > 0 and else 0. So 1 - (-1) ** B + (-1) ** B [A > 0] has the right mean.
    """
    nodes = len(graph.sampled)
    both = _per_node(graph, wins & (graph.real < cutoff), nodes)
    one = _per_node(graph, wins & (decoys.distance < cutoff) & (graph.real >= cutoff), nodes)
    ties = (decoys.distance == graph.real) | decoys.undecided
    certain = _per_node(graph, ties & (graph.real < cutoff), nodes) > 0
    seen = np.where(both % 2 == 1, 2 - (one > 0), one > 0)
    return int(np.where(certain, 1, seen)[graph.sampled].sum())


def _per_node(graph: Graph, chosen: npt.NDArray[np.bool_], nodes: int) -> Whole:
    ends = np.concatenate([graph.better[chosen], graph.worse[chosen]])
    return np.bincount(ends, minlength=nodes)
