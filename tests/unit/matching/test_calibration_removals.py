"""Removals held against decoys, as in a slow reading of the formula."""

import numpy as np
import pytest

from matching.calibration.false_removals import FalseRemovals, estimate_removals, larger
from matching.calibration.graph import Decoys, Graph, decoys, known_graph, removed_at
from matching.calibration.matches import FAR, concatenated
from matching.calibration.removals import CUTOFFS, count_removals

from .matching_graphs import false_pairs, matches_of, true_pairs

Case = tuple[list[tuple[int, int, float, float, int]], int, int]


def graph_of(*pairs: tuple[int, int, float, float, int]) -> Graph:
    found = matches_of(*((a, b, real, mirror, FAR, usable) for a, b, real, mirror, usable in pairs))
    return known_graph(np.arange(6), 6, found)


@pytest.mark.parametrize(
    ("pairs", "removed", "false"),
    [
        ([(1, 0, 0.3, 0.9, 1)], 1, 0),  # a match that no decoy disputes
        ([(1, 0, 0.9, 0.3, 1)], 0, 1),  # kept, but for its decoy
        ([(1, 0, 0.3, 0.2, 1)], 1, 2),  # removed, with a nearer decoy
        ([(1, 0, 0.3, 0.3, 1)], 1, 1),  # a tie
        ([(1, 0, 0.3, 0.9, 0)], 1, 1),  # undecided
        ([(2, 0, 0.3, 0.9, 1), (2, 1, 0.9, 0.2, 1)], 1, 2),  # the nearer decoy is another's
        ([(2, 0, 0.3, 0.9, 0), (2, 1, 0.2, 0.9, 1)], 1, 0),  # the nearest one decides
        ([(1, 0, 0.1, 0.9, 1), (2, 1, 0.9, 0.2, 1)], 1, 0),  # no decoys of removed images
        ([(1, 0, 0.4, 0.9, 1)], 0, 0),  # not below the cutoff
        ([(1, 0, 0.9, 0.4, 1)], 0, 0),
    ],
)
def test_each_term_of_the_formula(
    pairs: list[tuple[int, int, float, float, int]], removed: int, false: int
) -> None:
    graph = graph_of(*pairs)
    counts = count_removals(graph, decoys(graph), (0.4,))
    assert counts.removed.sum() == removed
    assert counts.false.sum() == false


def slow(graph: Graph, chosen: Decoys, cutoff: float) -> tuple[list[bool], list[int]]:
    gone = removed_at(graph, cutoff)
    false = []
    for node in range(len(gone)):
        real, decoy = [(FAR, False)], [FAR]
        for edge in np.flatnonzero(graph.worse == node):
            if not gone[graph.better[edge]]:
                real.append((graph.real[edge], bool(chosen.undecided[edge])))
                decoy.append(chosen.distance[edge])
        (least, undecided), least_decoy = min(real), min(decoy)
        if not gone[node]:
            false.append(int(least_decoy < cutoff))
        elif undecided:
            false.append(1)
        else:
            false.append(2 * (least_decoy < least) + (least_decoy == least))
    return gone.tolist(), false


@pytest.mark.parametrize("seed", range(5))
def test_random_graphs_equal_a_slow_reading(seed: int) -> None:
    generator = np.random.default_rng(seed)
    found, _ = false_pairs(generator, 80, 200)
    found = found._replace(usable=generator.integers(0, 4, len(found.asked)).astype(np.uint8))
    graph = known_graph(np.arange(80), 80, found)
    chosen = decoys(graph)
    cutoffs = (0.3, 0.4, 0.45)
    counts = count_removals(graph, chosen, cutoffs)
    for i, cutoff in enumerate(cutoffs):
        removed, false = slow(graph, chosen, cutoff)
        assert counts.removed[i].tolist() == removed
        assert counts.false[i].tolist() == false
    assert counts.false.sum() > 10


def test_only_the_sample_counts() -> None:
    found = matches_of(
        (5, 3, 0.1, 0.9, 0.9, 3), (9, 8, 0.1, 0.05, 0.9, 3), (7, 5, 0.1, 0.9, 0.9, 3)
    )
    graph = known_graph(np.array([5, 9]), 100, found)
    counts = count_removals(graph, decoys(graph), (0.4,))
    assert counts.removed.tolist() == [[True, True]]
    assert counts.false.tolist() == [[0, 2]]


def truth(graph: Graph, false: set[tuple[int, int]], cutoff: float) -> int:
    """Count removed images whose nearest keeper is a false match."""
    gone = removed_at(graph, cutoff)
    nearest: dict[int, tuple[float, bool]] = {}
    for a, b, real in zip(graph.better, graph.worse, graph.real, strict=True):
        if real < cutoff and not gone[a]:
            mine = (float(real), (int(a), int(b)) in false)
            nearest[int(b)] = min(nearest.get(int(b), (FAR, False)), mine)
    return sum(is_false for _, is_false in nearest.values())


def test_the_bounds_cover_the_truth_where_decoys_are_fair() -> None:
    below, above, ratios = [], [], []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        found, _ = false_pairs(generator, 3_000, 1_200)
        copies = true_pairs(generator, 3_000, 500)
        graph = known_graph(np.arange(3_000), 3_000, concatenated([copies, found]))
        false = set(zip(found.other.tolist(), found.asked.tolist(), strict=True))
        counts = count_removals(graph, decoys(graph), (0.35, 0.4, 0.45))
        estimate = estimate_removals(counts, seed)
        for i, cutoff in enumerate(estimate.cutoffs):
            real = truth(graph, false, float(cutoff))
            below.append(real <= estimate.high[i])
            above.append(real >= estimate.low[i])
            ratios.append((estimate.false[i], real))
    estimated, real_ones = np.sum(ratios, axis=0)
    assert real_ones > 5_000
    assert estimated == pytest.approx(real_ones, rel=0.05)
    assert np.mean(below) >= 0.95
    assert np.mean(above) >= 0.9


def estimate_of(false: list[int], removed: list[int], high: list[float]) -> FalseRemovals:
    cutoffs = np.linspace(0.1, 0.45, len(false))
    zeros = np.zeros(len(false))
    return FalseRemovals(
        cutoffs,
        np.array(removed),
        np.array(false),
        zeros,
        np.array(high),
        zeros.astype(np.int64),
    )


def test_shares() -> None:
    estimate = estimate_of([0, 3, 20], [0, 100, 10], [2.64, 9.0, 40.0])
    assert estimate.share.tolist() == [0, 0.03, 1]
    assert estimate.share_high.tolist() == [1, 0.09, 1]


def test_the_larger_estimate_is_taken_where_it_is_clearly_larger() -> None:
    first = estimate_of([0, 3, 20], [50, 100, 200], [2.64, 9.0, 40.0])
    second = estimate_of([1, 10, 30], [50, 100, 200], [5.0, 19.0, 50.0])
    merged = larger(first, second)
    assert merged.false.tolist() == [0, 10, 20]
    assert merged.high.tolist() == [2.64, 19, 40]


def test_cutoffs_ascend_to_the_ceiling() -> None:
    assert CUTOFFS[0] == 0.05
    assert CUTOFFS[-1] == 0.45
    assert len(CUTOFFS) == 81
