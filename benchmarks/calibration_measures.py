"""What a calibration says of a world, beside the truth."""

from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.labelled_worlds import World
from matching.calibration import (
    CEILING,
    Calibration,
    Graph,
    Matches,
    Ranked,
    calibrate,
    choose_cutoff,
    concatenated,
    known_graph,
    matches_in_block,
    predict,
    rivals_to_ask,
)
from matching.calibration.graph import decoys
from matching.calibration.matches import FAR
from matching.calibration.removals import count_removals
from signature.featureless import are_featureless

Row: TypeAlias = dict[str, Any]
Nodes: TypeAlias = NDArray[np.int64]

CUTOFFS: Final = (0.30, 0.35, 0.40, 0.45)
ALPHAS: Final = (0.01, 0.05)
#: The smaller corpus from which the larger one is predicted.
TENTH: Final = 10
ALIGNED: Final = "debian-games/wesnoth"


def against_truth(world: World, estimate: Calibration) -> list[Row]:
    """Return estimates beside the truth, one row a cutoff; the graph is that of the world."""
    rows = []
    for cutoff in CUTOFFS:
        i = int(np.searchsorted(estimate.removals.cutoffs, cutoff - 1e-9))
        j = int(np.searchsorted(estimate.pairs.edges, cutoff - 1e-9)) - 1
        removed, false, assigned = world.removals(cutoff)
        rows.append(
            {
                "cutoff": cutoff,
                "pairs": float(estimate.pairs.false_below[j]),
                "true pairs": world.false_pairs(cutoff),
                "pairs high": float(estimate.pairs.false_high[j]),
                "removed": removed,
                "removals": int(estimate.removals.false[i]),
                "true removals": false,
                "true assigned": assigned,
                "assigned": int(estimate.removals.false[i]),
                "assigned high": float(estimate.removals.high[i]),
                "removals high": float(estimate.removals.high[i]),
            }
        )
    return rows


def promises(world: World, estimate: Calibration) -> list[Row]:
    """Return what ``fdr:alpha`` chose, and the false share in the whole world."""
    rows = []
    for alpha in ALPHAS:
        choice = choose_cutoff(estimate.removals, alpha)
        removed, *false = world.removals(choice.cutoff)
        share, assigned = (count / removed if removed else 0.0 for count in false)
        rows.append(
            {
                "alpha": alpha,
                "cutoff": choice.cutoff,
                "verdict": choice.verdict.value,
                "removed": removed,
                "true share": share,
                "kept": share <= alpha,
                "assigned kept": assigned <= alpha,
            }
        )
    return rows


def sampled(world: World, size: int, seed: int, rivals: bool = True) -> Graph:
    """Return what is known of a world when only a sample was compared with it."""
    graph = world.graph
    sample = np.random.default_rng(seed).choice(graph.corpus, size, replace=False)
    matches = matches_of(graph, sample)
    if rivals:
        asked = rivals_to_ask(sample, matches, CEILING)
        found = matches_of(graph, asked)
        found = found.where((found.other < found.asked) & (found.real < CEILING))
        far, none = np.full(len(found.asked), FAR), np.zeros(len(found.asked), np.uint8)
        matches = concatenated([matches, found._replace(mirror=far, flip=far, usable=none)])
    return known_graph(sample, graph.corpus, matches)


def fates(world: World, size: int, seed: int) -> list[Row]:
    """Return removals of a sample by what is known in one pass and in two, beside the whole's."""
    whole = count_removals(world.graph, decoys(world.graph), CUTOFFS)
    rows = []
    for rivals in (False, True):
        known = sampled(world, size, seed, rivals)
        counts = count_removals(known, decoys(known), CUTOFFS)
        chosen = np.sort(np.random.default_rng(seed).choice(known.corpus, size, replace=False))
        for i, cutoff in enumerate(CUTOFFS):
            rows.append(
                {
                    "passes": 1 + rivals,
                    "cutoff": cutoff,
                    "removed": int(counts.removed[i].sum()),
                    "whole removed": int(whole.removed[i, chosen].sum()),
                    "false": int(counts.false[i].sum()),
                    "whole false": int(whole.false[i, chosen].sum()),
                }
            )
    return rows


def aligned(signatures: Path) -> Row:
    """Calibrate on sprites that face one way, of which no pair is known to be true or false."""
    with np.load(signatures, allow_pickle=True) as file:
        levels, paths = file["sig"], [str(path) for path in file["path"]]
    chosen = levels[[path.startswith(ALIGNED) for path in paths]]
    chosen = np.unique(chosen[~are_featureless(chosen)], axis=0)
    ranks = np.random.default_rng(1).permutation(len(chosen))
    every = Ranked(chosen, ranks)
    estimate = calibrate(known_graph(ranks, len(ranks), matches_in_block(every, every)), 1)
    return {"images": len(chosen)} | estimate.findings._asdict()


def matches_of(graph: Graph, some: Nodes) -> Matches:
    """Return what a scan would find for some images of a world whose graph is whole."""
    inside = np.zeros(len(graph.sampled), np.bool_)
    inside[some] = True
    columns = graph.real, graph.mirror, graph.flip, graph.usable
    one = Matches(graph.worse, graph.better, *columns)
    other = Matches(graph.better, graph.worse, *columns)
    return concatenated([one.where(inside[one.asked]), other.where(inside[other.asked])])


def predicted(world: World, seed: int) -> list[Row]:
    """Return what a tenth of a world, known alone, says of the whole."""
    graph = world.graph
    size = graph.corpus // TENTH
    part = np.random.default_rng(seed).choice(graph.corpus, size, replace=False)
    matches = matches_of(graph, part)
    tenth = known_graph(part, size, matches.where(np.isin(matches.other, part)))
    chosen = calibrate(tenth, seed).decoys
    rows = []
    for cutoff in CUTOFFS:
        told = predict(tenth, chosen, cutoff, TENTH, seed)
        if told.certain:
            row = {"cutoff": cutoff, "true pairs": world.false_pairs(cutoff)}
            rows.append(row | {"true removals": world.removals(cutoff)[1]} | told._asdict())
    return rows
