"""A range of the ranking is decided as far as it can be, however its edges arrive."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import MatchingError, settling
from matching.settling import EDGE, REMOVED, SETTLED, UNDECIDED, Edges, Outcome, Range

Edge = tuple[int, int]
Found = list[tuple[int, int, int]]


def edges_of(edges: list[Edge], kept: frozenset[Edge] = frozenset()) -> Edges:
    """Edges by their worse ends; the distance tells an edge from all others."""
    better, worse = np.array(edges, np.int64).reshape(-1, 2).T
    known = np.array([edge in kept for edge in edges], np.bool_)
    return Edges(better, worse, better / 1000 + worse, known)


def decided(
    edges: list[Edge],
    lowest: bool = True,
    kept: frozenset[Edge] = frozenset(),
    cuts: tuple[int, ...] = (),
) -> tuple[Found, dict[int, int]]:
    """Return (kind, better, worse) of the edges that are told of, and the state of nodes."""
    part, ordered = Range(lowest), sorted(edges, key=lambda edge: edge[1])
    ends = [0, *sorted(min(cut, len(edges)) for cut in cuts), len(edges)]
    told: list[Outcome | None] = [
        part.add(edges_of(ordered[start:end], kept)) for start, end in pairwise(ends)
    ]
    told.append(part.finish())
    found: Found = []
    nodes: dict[int, int] = {}
    for outcome in told:
        if outcome is not None:
            here = outcome.edges
            assert np.array_equal(here.distance, here.better / 1000 + here.worse)
            columns = (outcome.kind.tolist(), here.better.tolist(), here.worse.tolist())
            found += zip(*columns, strict=True)
            nodes |= dict(zip(outcome.nodes.tolist(), outcome.state.tolist(), strict=True))
    return sorted(found), nodes


def sequential(edges: set[Edge]) -> dict[int, int]:
    """Walk down the ranking: the keeper of each removed node."""
    keeper_of: dict[int, int] = {}
    for node in sorted({end for edge in edges for end in edge}):
        if node not in keeper_of:
            for better, worse in sorted(edges):
                if better == node:
                    keeper_of.setdefault(worse, node)
    return keeper_of


graphs = st.sets(
    st.tuples(st.integers(0, 30), st.integers(0, 30))
    .filter(lambda edge: edge[0] != edge[1])
    .map(lambda edge: (min(edge), max(edge))),
    max_size=80,
)


@settings(deadline=None)  # the first call compiles
@given(graphs, st.lists(st.integers(0, 80), max_size=4), st.sampled_from([1, 3, 10**6]))
def test_the_whole_ranking_is_the_sequential_rule(
    edges: set[Edge], cuts: list[int], piece: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settling, "_PIECE", piece)
        found, nodes = decided(list(edges), cuts=tuple(cuts))
    assert found == sorted((SETTLED, keeper, node) for node, keeper in sequential(edges).items())
    assert nodes == {}


@settings(deadline=None)  # the first call compiles
@given(graphs, st.sets(st.integers(1, 30), max_size=4))
def test_ranges_in_rounds_are_the_sequential_rule(edges: set[Edge], bounds: set[int]) -> None:
    """Each range by itself; then edges learn what became of their better ends."""
    ends = [0, *sorted(bounds), 31]
    left, kept, keeper_of = edges, frozenset[Edge](), {}
    for _ in range(len(ends)):
        found: Found = []
        states: dict[int, int] = {}
        for start, end in pairwise(ends):
            inside = [edge for edge in left if start <= edge[1] < end]
            told, nodes = decided(inside, lowest=start == 0, kept=kept)
            found, states = found + told, states | nodes
        settled = {worse: better for kind, better, worse in found if kind == SETTLED}
        assert not keeper_of.keys() & settled
        keeper_of |= settled
        states |= dict.fromkeys(settled, SETTLED)
        waiting = {(better, worse) for kind, better, worse in found if kind == EDGE}
        left = {edge for edge in waiting if states.get(edge[0], UNDECIDED) == UNDECIDED}
        kept = frozenset(edge for edge in left if edge[0] not in states)
        assert not [edge for edge in left if edge[1] < ends[1]]
    assert left == set()
    assert keeper_of == sequential(edges)


def test_who_depends_on_a_better_range_waits() -> None:
    found, nodes = decided([(1, 10), (10, 11), (11, 12)], lowest=False)
    assert found == [(EDGE, 1, 10), (EDGE, 10, 11), (EDGE, 11, 12)]
    assert nodes == {10: UNDECIDED, 11: UNDECIDED, 12: UNDECIDED}


def test_an_edge_may_say_that_its_better_end_is_kept() -> None:
    found, nodes = decided([(1, 10), (10, 11)], lowest=False, kept=frozenset({(1, 10)}))
    assert (found, nodes) == ([(SETTLED, 1, 10)], {})


def test_a_removed_node_may_wait_for_a_better_keeper() -> None:
    edges = [(1, 10), (2, 10), (3, 10), (10, 11)]
    found, nodes = decided(edges, lowest=False, kept=frozenset({(2, 10)}))
    # 3 would be a keeper of lower rank: it decides nothing. 11 is free, whatever 1 becomes.
    assert found == [(EDGE, 1, 10), (EDGE, 2, 10)]
    assert nodes == {10: REMOVED}


def test_a_node_with_very_many_edges_is_decided_once() -> None:
    edges = [(node, 100_000) for node in range(0, 100_000, 2)] + [(0, 2)]
    found, nodes = decided(edges, cuts=tuple(range(0, 50_000, 999)))
    assert found == [(SETTLED, 0, 2), (SETTLED, 0, 100_000)]
    assert nodes == {}


def test_a_long_chain_loses_every_other_link() -> None:
    length = 200_000
    found, nodes = decided([(node, node + 1) for node in range(length)], cuts=(70_000, 70_001))
    assert found == [(SETTLED, node - 1, node) for node in range(1, length + 1, 2)]
    assert nodes == {}


def test_without_edges_nothing_is_decided() -> None:
    assert decided([]) == ([], {})


@pytest.mark.parametrize("edges", [[(0, 2), (0, 1)], [(0, 2)]])
def test_edges_out_of_order_are_refused(edges: list[Edge]) -> None:
    part = Range(True)
    part.add(edges_of([(0, 2)]))
    part.add(edges_of([(0, 3)]))
    with pytest.raises(MatchingError, match="ascend"):
        part.add(edges_of(edges))
