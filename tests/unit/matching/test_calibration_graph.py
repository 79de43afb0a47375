"""What is known of the graph: each pair once, and fates that are right where they can be."""

import numpy as np
import pytest

from matching.calibration.graph import (
    Graph,
    decoys,
    known_graph,
    removed_at,
    rivals_to_ask,
)
from matching.calibration.groups import groups_of_like
from matching.calibration.matches import FAR, Matches, concatenated, no_matches
from matching.decoys import FLIP, MIRROR

from .matching_graphs import both_ways, false_pairs, matches_of

FREE = MIRROR | FLIP


def edges(graph: Graph) -> list[tuple[int, int, float]]:
    columns = graph.better.tolist(), graph.worse.tolist(), graph.real.tolist()
    return list(zip(*columns, strict=True))


def test_a_pair_found_from_both_ends_is_one_edge() -> None:
    found = both_ways(matches_of((7, 2, 0.1, 0.5, 0.6, 3), (9, 7, 0.2, 0.5, 0.6, 3)))
    graph = known_graph(np.array([9, 2, 7]), 3, found)
    assert edges(graph) == [(0, 1, 0.1), (1, 2, 0.2)]
    assert graph.sampled.tolist() == [True, True, True]
    assert graph.scale == 1


def test_images_that_the_sample_met_are_nodes_but_not_of_the_sample() -> None:
    graph = known_graph(np.array([5, 8]), 20, matches_of((5, 3, 0.1, 0.5, 0.6, 3)))
    assert graph.sampled.tolist() == [False, True, True]
    assert edges(graph) == [(0, 1, 0.1)]
    assert graph.scale == 10


def test_a_pair_keeps_its_decoys_when_a_rival_finds_it_too() -> None:
    rival = matches_of((5, 3, 0.1, FAR, FAR, 0))
    own = matches_of((3, 5, 0.1, 0.4, 0.6, 3))
    for parts in ([rival, own], [own, rival]):
        graph = known_graph(np.array([3]), 9, concatenated(parts))
        assert graph.mirror.tolist() == [0.4]
        assert graph.usable.tolist() == [3]


def test_edges_ascend_by_their_better_end() -> None:
    found, _ = false_pairs(np.random.default_rng(1), 50, 200)
    shuffled = found.where(np.random.default_rng(2).permutation(len(found.asked)))
    graph = known_graph(np.arange(50), 50, shuffled)
    assert (np.diff(graph.better) >= 0).all()
    assert (graph.better < graph.worse).all()
    assert len(graph.better) == len(found.asked)


def test_no_matches_give_a_graph_without_edges() -> None:
    graph = known_graph(np.array([4, 2]), 2, no_matches())
    assert edges(graph) == []
    assert removed_at(graph, 0.45).tolist() == [False, False]
    assert groups_of_like(graph).tolist() == [0, 1]


def test_rivals_are_better_ranked_neighbours_out_of_the_sample() -> None:
    found = matches_of(
        (5, 1, 0.3, 0.9, 0.9, 3),  # better, real
        (5, 2, 0.9, 0.3, 0.9, 3),  # better, by a mirrored decoy
        (5, 3, 0.9, 0.9, 0.3, 3),  # better, by a flipped one
        (5, 4, 0.3, 0.9, 0.9, 3),  # of the sample
        (5, 0, 0.4, 0.9, 0.9, 3),  # not below the cutoff
        (5, 6, 0.1, 0.9, 0.9, 3),  # worse
    )
    assert rivals_to_ask(np.array([4, 5]), found, 0.4).tolist() == [1, 2, 3]


def test_a_neighbour_of_unknown_fate_is_a_keeper_until_its_rivals_are_known() -> None:
    # A chain 0 - 1 - 2: image 0 removes 1, so that 2 stays.
    sample = np.array([2])
    own = matches_of((2, 1, 0.2, FAR, FAR, 3))
    assert removed_at(known_graph(sample, 3, own), 0.4)[-1]
    rival = matches_of((1, 0, 0.2, FAR, FAR, 0))
    assert rivals_to_ask(sample, own, 0.4).tolist() == [1]
    known = known_graph(sample, 3, concatenated([own, rival]))
    assert not removed_at(known, 0.4)[-1]


@pytest.mark.parametrize("seed", range(5))
def test_removals_of_a_sample_with_rivals_are_nearly_those_of_the_whole(seed: int) -> None:
    generator = np.random.default_rng(seed)
    every, _ = false_pairs(generator, 4_000, 6_000)
    cutoff = 0.45
    whole = removed_at(known_graph(np.arange(4_000), 4_000, every), cutoff)
    sample = np.sort(generator.choice(4_000, 1_000, replace=False))
    twice = both_ways(every)
    own = twice.where(np.isin(twice.asked, sample))
    asked = rivals_to_ask(sample, own, cutoff)
    rivals = twice.where(np.isin(twice.asked, asked) & (twice.other < twice.asked))
    counts = []
    for found in (own, concatenated([own, rivals])):
        graph = known_graph(sample, 4_000, found)
        counts.append(np.count_nonzero(removed_at(graph, cutoff)[graph.sampled]))
    truth = np.count_nonzero(whole[sample])
    assert counts[0] > 1.05 * truth
    assert counts[1] == pytest.approx(truth, rel=0.03)


def known(found: Matches) -> Graph:
    return known_graph(np.arange(10), 10, found)


def test_the_decoy_is_the_mirror_then_the_flip_then_none() -> None:
    far = (0.1, 0.2, 0.3)
    graph = known(matches_of(*((i + 1, i, *far, usable) for i, usable in enumerate((3, 1, 2, 0)))))
    mirrors, flips = decoys(graph), decoys(graph, FLIP)
    assert mirrors.distance.tolist() == [0.2, 0.2, 0.3, FAR]
    assert flips.distance.tolist() == [0.3, 0.2, 0.3, FAR]
    assert mirrors.undecided.tolist() == flips.undecided.tolist() == [False, False, False, True]


def test_groups_are_connected_by_chains_of_near_pairs() -> None:
    links = [(4, 2, 0.1), (7, 4, 0.2), (9, 7, 0.25), (8, 9, 0.1), (3, 0, 0.24)]
    graph = known(matches_of(*((a, b, d, FAR, FAR, FREE) for a, b, d in links)))
    assert groups_of_like(graph).tolist() == [0, 1, 2, 0, 2, 5, 6, 2, 8, 8]


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_components(seed: int) -> None:
    generator = np.random.default_rng(seed)
    found, _ = false_pairs(generator, 60, 80)
    graph = known_graph(np.arange(60), 60, found)
    near = np.eye(60, dtype=bool)
    linked = graph.real < 0.4
    near[graph.better[linked], graph.worse[linked]] = True
    near |= near.T
    for _ in range(60):
        near = near @ near
    expected = near.argmax(axis=1)
    assert len(np.unique(expected)) < 50
    np.testing.assert_array_equal(groups_of_like(graph, 0.4), expected)
