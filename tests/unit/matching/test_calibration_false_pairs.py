"""False pairs by competition: each term, its bins, and its bounds where decoys are fair."""

import numpy as np
import pytest

from matching.calibration.false_pairs import EDGES, FalsePairs, estimate_false_pairs, false_signs
from matching.calibration.graph import Graph, decoys, known_graph
from matching.calibration.matches import FAR, concatenated

from .matching_graphs import both_ways, false_pairs, matches_of, true_pairs


def graph_of(*pairs: tuple[int, int, float, float, int]) -> Graph:
    found = matches_of(*((a, b, real, mirror, FAR, usable) for a, b, real, mirror, usable in pairs))
    return known_graph(np.arange(10), 10, found)


def estimated(graph: Graph, edges: tuple[float, ...] = EDGES) -> FalsePairs:
    return estimate_false_pairs(graph, decoys(graph), 0, edges)


@pytest.mark.parametrize(
    ("real", "mirror", "usable", "below"),
    [
        (0.30, 0.9, 1, [0, 0, 0, 0]),  # nothing disputes it
        (0.90, 0.30, 1, [0, 1, 1, 1]),  # only the decoy is near
        (0.36, 0.30, 1, [0, 1, 2, 2]),  # both are, the decoy nearer
        (0.30, 0.36, 1, [0, 0, 0, 0]),  # both are, the picture nearer
        (0.30, 0.30, 1, [0, 1, 1, 1]),  # a tie
        (0.30, 0.90, 0, [0, 1, 1, 1]),  # undecided
    ],
)
def test_each_term_of_the_formula(
    real: float, mirror: float, usable: int, below: list[int]
) -> None:
    graph = graph_of((1, 0, real, mirror, usable))
    found = estimated(graph, (0.0, 0.3, 0.35, 0.4, 0.45))
    assert found.false_below.tolist() == below
    signs = [int(false_signs(graph, decoys(graph), c).sum()) for c in (0.3, 0.35, 0.4, 0.45)]
    assert signs == below


def test_bins_hold_their_lower_end() -> None:
    graph = graph_of((1, 0, 0.25, 0.9, 1), (2, 1, 0.2499, 0.275, 1), (3, 2, 0.4499, 0.45, 1))
    found = estimated(graph)
    assert found.real.tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 1]
    assert found.decoy.tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert found.real_below.tolist() == [1, 2, 2, 2, 2, 2, 2, 2, 3]
    assert found.images_real.tolist() == [2, 3, 3, 3, 3, 3, 3, 3, 4]


def test_a_pair_within_the_sample_counts_whole_and_one_out_of_it_half() -> None:
    found = matches_of((5, 3, 0.1, 0.9, 0.9, 3), (5, 8, 0.3, 0.26, 0.9, 3))
    graph = known_graph(np.array([3, 5]), 20, both_ways(found))
    estimate = estimated(graph)
    assert estimate.real_below[-1] == 10 * 1.5
    assert estimate.false_below[-1] == 10 * 2 * 0.5
    assert estimate.images_real[-1] == 10 * 2
    assert estimate.images_false[-1] == 10 * 2


@pytest.mark.parametrize(("link", "false"), [(0.249, 0), (0.25, 2)])
def test_a_decoy_says_nothing_of_pictures_that_near_pairs_connect(link: float, false: int) -> None:
    graph = graph_of((1, 0, link, 0.9, 3), (2, 1, 0.2, 0.9, 3), (2, 0, 0.38, 0.36, 3))
    estimate = estimated(graph)
    assert estimate.false_below[-1] == false
    assert estimate.images_false[-1] == 2 * false
    assert false_signs(graph, decoys(graph), 0.4).sum() == false


@pytest.mark.parametrize(
    ("pairs", "images"),
    [
        ([(1, 0, 0.9, 0.3, 1)], 2),  # one decoy: both its images
        ([(1, 0, 0.9, 0.3, 1), (2, 0, 0.9, 0.3, 1)], 3),
        ([(1, 0, 0.35, 0.3, 1)], 4),  # both near: stands for the pair that went the other way
        ([(1, 0, 0.35, 0.3, 1), (2, 0, 0.35, 0.3, 1)], 4),  # image 0 twice: it cancels
        ([(1, 0, 0.35, 0.3, 1), (2, 0, 0.9, 0.3, 1)], 4),
        ([(1, 0, 0.35, 0.9, 0)], 2),  # undecided: certain
        ([(1, 0, 0.35, 0.9, 0), (2, 0, 0.35, 0.3, 1)], 4),
    ],
)
def test_images_in_false_pairs(
    pairs: list[tuple[int, int, float, float, int]], images: int
) -> None:
    assert estimated(graph_of(*pairs)).images_false[-1] == images


def test_the_bounds_cover_the_truth_where_decoys_are_fair() -> None:
    covered, totals, images = [], [], []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        found, _ = false_pairs(generator, 3_000, 1_500)
        copies = true_pairs(generator, 3_000, 500)
        graph = known_graph(np.arange(3_000), 3_000, concatenated([copies, found]))
        estimate = estimate_false_pairs(graph, decoys(graph), seed)
        for i, end in enumerate(EDGES[1:]):
            near = found.real < end
            real = int(np.count_nonzero(near))
            covered.append(estimate.false_low[i] <= real <= estimate.false_high[i])
            ends = np.unique(np.concatenate([found.asked[near], found.other[near]]))
            totals.append((estimate.false_below[i], real))
            images.append((estimate.images_false[i], len(ends)))
    assert np.mean(covered) >= 0.9
    for sums in (totals, images):
        estimated_sum, real_sum = np.sum(sums, axis=0)
        assert estimated_sum == pytest.approx(real_sum, rel=0.04)


def test_a_sample_estimates_the_corpus() -> None:
    generator = np.random.default_rng(5)
    found, _ = false_pairs(generator, 5_000, 8_000)
    twice = both_ways(found)
    sample = generator.choice(5_000, 2_000, replace=False)
    graph = known_graph(sample, 5_000, twice.where(np.isin(twice.asked, sample)))
    estimate = estimate_false_pairs(graph, decoys(graph), 0)
    real = np.count_nonzero(found.real < 0.45)
    assert estimate.real_below[-1] == pytest.approx(real, rel=0.06)
    assert estimate.false_low[-1] < real < estimate.false_high[-1]


def test_pairs_of_one_picture_widen_the_bounds() -> None:
    """A hub with 40 false pairs says less than 40 pairs of different pictures."""
    best = [(i, 0, 0.9, 0.3, 1) for i in range(1, 41)]
    worst = [(40, i, 0.9, 0.3, 1) for i in range(40)]
    apart = [(2 * i + 1, 2 * i, 0.9, 0.3, 1) for i in range(40)]
    highs = []
    for pairs in (best, worst, apart):
        found = matches_of(*((a, b, real, mirror, FAR, use) for a, b, real, mirror, use in pairs))
        graph = known_graph(np.arange(80), 80, found)
        highs.append(estimate_false_pairs(graph, decoys(graph), 0).false_high[-1])
    assert highs[0] > 1.4 * highs[2]
    assert highs[1] > 1.4 * highs[2]


def test_copies_of_a_picture_count_as_one_in_the_bounds() -> None:
    """Twenty copies that all match one picture stand or fall together."""
    copies = [(i, 1, 0.05, FAR, 3) for i in range(2, 21)]
    hits = [(i, 0, 0.9, 0.3, 3) for i in range(1, 21)]
    graph = known_graph(
        np.arange(21),
        21,
        matches_of(*((a, b, real, mirror, FAR, use) for a, b, real, mirror, use in copies + hits)),
    )
    assert estimated(graph).false_high[-1] >= 3 * 20


def test_no_pairs_leave_room_for_a_few() -> None:
    estimate = estimated(graph_of((1, 0, 0.3, 0.9, 1)))
    assert estimate.false_below.tolist() == [0] * 9
    np.testing.assert_allclose(estimate.false_high, 2.64)
