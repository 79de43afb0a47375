"""Which matches are false: a sample and its decoys against the corpus, before the search.

`matches_in_block` compares the sample with one block of the corpus; `concatenated` merges the
blocks. `rivals_to_ask` names what to compare once more with `rivals_in_block`, and `known_graph`
makes a graph of both. `calibrate` estimates, `choose_cutoff` decides, `predict` looks ahead.
"""

from matching.calibration.cutoff import NOTHING, Choice, Verdict, choose_cutoff
from matching.calibration.estimates import Calibration, calibrate
from matching.calibration.extrapolation import Prediction, predict
from matching.calibration.false_pairs import FalsePairs
from matching.calibration.false_removals import FalseRemovals
from matching.calibration.findings import Findings, turned_copies
from matching.calibration.graph import Graph, known_graph, rivals_to_ask
from matching.calibration.matches import Matches, concatenated, nearest_of_each, no_matches
from matching.calibration.scan import CEILING, Ranked, matches_in_block, rivals_in_block

__all__ = [
    "CEILING",
    "NOTHING",
    "Calibration",
    "Choice",
    "FalsePairs",
    "FalseRemovals",
    "Findings",
    "Graph",
    "Matches",
    "Prediction",
    "Ranked",
    "Verdict",
    "calibrate",
    "choose_cutoff",
    "concatenated",
    "known_graph",
    "matches_in_block",
    "nearest_of_each",
    "no_matches",
    "predict",
    "rivals_in_block",
    "rivals_to_ask",
    "turned_copies",
]
