"""All that a sample says of the false matches of its corpus."""

from typing import NamedTuple

from matching.calibration.false_pairs import EDGES, FalsePairs, estimate_false_pairs
from matching.calibration.false_removals import FalseRemovals, estimate_removals, larger
from matching.calibration.findings import Findings, find
from matching.calibration.graph import Decoys, Graph, decoys
from matching.calibration.removals import CUTOFFS, count_removals
from matching.calibration.scan import CEILING
from matching.decoys import FLIP, MIRROR


class Calibration(NamedTuple):
    """Estimates for one corpus.

    Attributes
    ----------
    pairs : FalsePairs
        Pairs by distance, and the false ones among them.
    removals : FalseRemovals
        Removed images by cutoff, and the false ones among them.
    findings : Findings
        When not to believe these.
    decoys : Decoys
        What they rest on, for `matching.calibration.extrapolation.predict`.
    """

    pairs: FalsePairs
    removals: FalseRemovals
    findings: Findings
    decoys: Decoys


def calibrate(graph: Graph, seed: int, ceiling: float = CEILING) -> Calibration:
    """Estimate false pairs and false removals.

    Parameters
    ----------
    graph : Graph
        What `matching.calibration.graph.known_graph` makes of the matches.
    seed : int
        Of the resampling; the same seed gives the same bounds.
    ceiling : float
        Of the scan.

    Returns
    -------
    Calibration
        By mirrored decoys. Where mirrored copies spoil them, by flipped ones. Removals by
        whichever are clearly more, as in pages of text, where neither is spoilt.
    """
    cutoffs = tuple(cutoff for cutoff in CUTOFFS if cutoff <= ceiling)
    edges = tuple(edge for edge in EDGES if edge <= ceiling)
    mirrors, flips = decoys(graph, MIRROR), decoys(graph, FLIP)
    findings = find(graph, mirrors, ceiling)
    chosen = flips if findings.preferred == FLIP else mirrors
    removals = estimate_removals(count_removals(graph, chosen, cutoffs), seed)
    if findings.preferred is None:
        other = estimate_removals(count_removals(graph, flips, cutoffs), seed)
        removals = larger(removals, other)
    pairs = estimate_false_pairs(graph, chosen, seed, edges)
    return Calibration(pairs, removals, findings, chosen)
