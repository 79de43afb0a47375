"""What is known of the graph of pairs when only a sample was compared with the whole corpus.

Whether an image is removed depends on its better-ranked neighbours being keepers, which depends on
theirs, and so on. Three answers, each on the part of the graph that was looked at:

- the sample is the whole corpus: exact;
- matches of the sample alone: a neighbour of unknown fate counts as a keeper. Samples of 1,000 to
  5,000 of 15,000 to 73,000 images gave 1.00 to 1.17 times the removals up to a cutoff of 0.40 (1.32
  at 0.45), and 1.0 to 1.7 times the false ones: on the safe side;
- with the rivals of these neighbours (`rivals_to_ask`), asked for real matches only: removals
  within 0.2 % up to 0.40 and 3 % at 0.45, false ones within 3 and 5 %. To ask for the rivals'
  rivals too gave the whole graph's numbers.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.calibration.matches import FAR, Matches
from matching.decoys import FLIP, MIRROR
from matching.greedy import greedy_removals

Nodes = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float64]


class Graph(NamedTuple):
    """Ranked images as nodes, in the order of their ranks, and what is known of their pairs.

    Attributes
    ----------
    rank : (n,) int64
        Rank of each node, ascending.
    sampled : (n,) bool
        Whether a node is of the sample, that is, whether all its pairs are known.
    corpus : int
        Images in the corpus.
    better, worse : (e,) int64
        The two ends of each edge; ``better`` ascends, and is the smaller number.
    real, mirror, flip : (e,) float64
        Distance of the two, and of a mirrored and a flipped one to the other.
    usable : (e,) uint8
        Which decoys the pair can use.
    """

    rank: Nodes
    sampled: npt.NDArray[np.bool_]
    corpus: int
    better: Nodes
    worse: Nodes
    real: Distances
    mirror: Distances
    flip: Distances
    usable: npt.NDArray[np.uint8]

    @property
    def scale(self) -> float:
        """The images of the corpus for each of the sample."""
        return self.corpus / max(1, int(np.count_nonzero(self.sampled)))


class Decoys(NamedTuple):
    """The decoy of each edge, by one order of preference.

    Attributes
    ----------
    distance : (e,) float64
        Of the decoy; `FAR` where the pair can use none.
    undecided : (e,) bool
        Where it can use none: both pictures look like their own decoys.
    """

    distance: Distances
    undecided: npt.NDArray[np.bool_]


def known_graph(sample: Nodes, corpus: int, matches: Matches) -> Graph:
    """Make the graph of what was found.

    Parameters
    ----------
    sample : (s,) int64
        Ranks of the sample; all of the corpus, or a random part of it.
    corpus : int
        Images in the corpus, at least ``s``.
    matches : Matches
        All matches of the sample, and perhaps those of rivals, in any order. A pair may occur
        more than once.

    Returns
    -------
    Graph
        Of the sample and of whatever it met.
    """
    sample = np.unique(sample)
    of_sample = np.isin(matches.asked, sample)
    better = np.minimum(matches.asked, matches.other)
    worse = np.maximum(matches.asked, matches.other)
    order = np.lexsort((~of_sample, worse, better))
    better, worse = better[order], worse[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (better[1:] != better[:-1]) | (worse[1:] != worse[:-1])
    better, worse, once = better[first], worse[first], matches.where(order[first])
    nodes = np.unique(np.concatenate([sample, better, worse]))
    return Graph(
        nodes,
        np.isin(nodes, sample),
        corpus,
        np.searchsorted(nodes, better),
        np.searchsorted(nodes, worse),
        *once[2:],
    )


def rivals_to_ask(sample: Nodes, matches: Matches, cutoff: float) -> Nodes:
    """Name the images whose own better-ranked neighbours decide the fate of the sample.

    Parameters
    ----------
    sample : (s,) int64
        Ranks of the sample.
    matches : Matches
        All matches of the sample.
    cutoff : float
        Only neighbours below it, real or decoy: the highest cutoff of interest.

    Returns
    -------
    (r,) int64
        Ranks to ask `matching.calibration.scan.rivals_in_block` about, ascending.
    """
    least = np.minimum(np.minimum(matches.real, matches.mirror), matches.flip)
    near = (matches.other < matches.asked) & (least < cutoff)
    return np.setdiff1d(matches.other[near], sample)


def decoys(graph: Graph, first: int = MIRROR) -> Decoys:
    """Choose the decoy of each edge.

    Parameters
    ----------
    graph : Graph
        What is known.
    first : int
        `MIRROR` or ``FLIP``: the one to use where both can be.

    Returns
    -------
    Decoys
        The other one where the first cannot be used, none where neither can.
    """
    by_preference = [(MIRROR, graph.mirror), (FLIP, graph.flip)]
    if first == FLIP:
        by_preference.reverse()
    (bit, distance), (other_bit, other) = by_preference
    spare = np.where(graph.usable & other_bit, other, FAR)
    return Decoys(np.where(graph.usable & bit, distance, spare), graph.usable == 0)


def removed_at(graph: Graph, cutoff: float) -> npt.NDArray[np.bool_]:
    """Return which nodes the greedy rule removes, as far as the graph is known.

    Parameters
    ----------
    graph : Graph
        What is known.
    cutoff : float
        Pairs are those with a real distance below it.

    Returns
    -------
    (n,) bool
        True for a removed node. Right for the sample's, see the module; a guess for others.
    """
    pair = graph.real < cutoff
    return greedy_removals(graph.better[pair], graph.worse[pair], len(graph.sampled))
