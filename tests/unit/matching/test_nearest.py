"""A pair stays if it is among the nearest of either end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import kernel
from matching.nearest import Limits, limits_of, nearest, no_limits
from matching.pairs import Pairs, no_pairs, together

Edge = tuple[int, int, float]


def pairs_of(edges: list[Edge]) -> Pairs:
    a, b, distance = zip(*edges, strict=True) if edges else ((), (), ())
    return Pairs(np.array(a, np.int64), np.array(b, np.int64), np.array(distance, np.float64))


def edges_of(pairs: Pairs) -> list[Edge]:
    return list(zip(*(column.tolist() for column in pairs), strict=True))


def nearest_pairs(pairs: Pairs, max_pairs: int, one_side: bool) -> tuple[Pairs, int]:
    """Return what stays, and how many go; there are a few rows more than are in pairs."""
    sizes = tuple(int(rows.max(initial=0)) + 3 for rows in (pairs.a, pairs.b))
    size = max(sizes), max(sizes) if one_side else sizes[1]
    stays = learnt(pairs, size, one_side, max_pairs).keep(pairs)
    return pairs.where(stays), int(np.count_nonzero(~stays))


def learnt(pairs: Pairs, sizes: tuple[int, int], one_side: bool, max_pairs: int) -> Limits:
    left, right = (nearest(np.zeros(size, np.uint8), max_pairs, 1_000) for size in sizes)
    limits = limits_of(left, left if one_side else right, 0)
    for a, b, distance in zip(*pairs, strict=True):
        kernel._learn(limits.left, a, distance)
        kernel._learn(limits.right, b, distance)
    return limits


def literal(edges: list[Edge], max_pairs: int, one_side: bool) -> list[Edge]:
    """Keep an edge unless each of its ends has so many that are nearer."""
    ends = [((0, a), (0 if one_side else 1, b)) for a, b, _ in edges]

    def nearer(end: tuple[int, int], distance: float) -> int:
        return sum(
            other < distance for (_, _, other), both in zip(edges, ends, strict=True) if end in both
        )

    return [
        edge
        for edge, both in zip(edges, ends, strict=True)
        if any(nearer(end, edge[2]) < max_pairs for end in both)
    ]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Edge], bool]:
    """Edges between few ends, each once, many of one distance."""
    one_side = draw(st.booleans())
    nodes = draw(st.integers(2, 9))
    possible = [(a, b) for a in range(nodes) for b in range(nodes) if a < b or not one_side]
    chosen = draw(st.lists(st.sampled_from(possible), unique=True, max_size=60))
    distances = st.sampled_from([0.0, 0.1, 0.2, 0.25, 0.3, 0.35])
    return [(a, b, draw(distances)) for a, b in chosen], one_side


@settings(deadline=None)
@given(graphs(), st.integers(1, 6))
def test_equals_a_slow_loop(graph: tuple[list[Edge], bool], max_pairs: int) -> None:
    edges, one_side = graph
    kept, gone = nearest_pairs(pairs_of(edges), max_pairs, one_side)
    assert edges_of(kept) == literal(edges, max_pairs, one_side)
    assert gone == len(edges) - len(kept.a)


@settings(deadline=None)
@given(graphs(), st.integers(1, 6), st.data())
def test_applied_to_parts_first_it_gives_the_same(
    graph: tuple[list[Edge], bool], max_pairs: int, data: st.DataObject
) -> None:
    edges, one_side = graph
    places = [data.draw(st.integers(0, 3)) for _ in edges]
    parts = []
    for part in range(4):
        own = [edge for edge, place in zip(edges, places, strict=True) if place == part]
        parts.append(nearest_pairs(pairs_of(own), max_pairs, one_side)[0])
        # A part never drops what the whole would keep.
        assert set(literal(edges, max_pairs, one_side)) & set(own) <= set(edges_of(parts[-1]))
    kept, _ = nearest_pairs(together(parts), max_pairs, one_side)
    assert sorted(edges_of(kept)) == sorted(literal(edges, max_pairs, one_side))


@pytest.mark.parametrize("max_pairs", [1, 3, 5])
def test_equal_distances_stay_together(max_pairs: int) -> None:
    star = [(0, i, 0.2) for i in range(1, 6)]
    assert edges_of(nearest_pairs(pairs_of(star), max_pairs, True)[0]) == star


def test_of_a_crowd_each_keeps_its_nearest() -> None:
    # On a line, neighbours are the nearest: of ten all with all, each keeps one to either side.
    line = [(a, b, (b - a) / 10) for a in range(10) for b in range(a + 1, 10)]
    kept, gone = nearest_pairs(pairs_of(line), 1, True)
    assert edges_of(kept) == [(a, a + 1, 0.1) for a in range(9)]
    assert gone == 45 - 9


def test_the_two_sides_are_told_apart() -> None:
    edges = [(0, 1, 0.1), (1, 2, 0.2), (2, 0, 0.3)]
    # One side: 0, 1 and 2 are in two each, and 2-0 is the farther one of both its ends.
    assert edges_of(nearest_pairs(pairs_of(edges), 1, True)[0]) == edges[:2]
    assert edges_of(nearest_pairs(pairs_of(edges), 1, False)[0]) == edges


def test_limits_of_some_pairs_hold_for_others() -> None:
    line = pairs_of([(0, b, b / 10) for b in range(1, 6)])
    limits = learnt(line, (9, 9), True, 2)
    assert limits.left.last.tolist() == [0.2, *[np.inf] * 8]
    others = pairs_of([(0, 7, 0.1), (0, 8, 0.9), (7, 8, 0.9)])
    assert limits.keep(others).tolist() == [True, True, True]  # of 7 and 8 nothing is known
    crowded = learnt(pairs_of([(0, 1, 0.1), (0, 2, 0.3), (1, 2, 0.2)]), (3, 3), True, 1)
    assert crowded.keep(pairs_of([(0, 2, 0.2), (0, 2, 0.25)])).tolist() == [True, False]


def test_without_limits_all_stay_and_nothing_is_learnt() -> None:
    limits = no_limits(3, 2)
    for distance in (0.3, 0.1):
        kernel._learn(limits.right, 1, distance)
    assert limits.right.last.tolist() == [np.inf] * 2
    assert limits.keep(pairs_of([(2, 1, 0.9)])).tolist() == [True]


@pytest.mark.parametrize(("max_pairs", "partners", "room"), [(3, 4, 3), (4, 4, 0), (9, 4, 0)])
def test_no_more_is_held_than_may_have_to_go(max_pairs: int, partners: int, room: int) -> None:
    assert nearest(np.zeros(5, np.uint8), max_pairs, partners).heaps.shape == (5, room)


def test_parts_teach_the_whole() -> None:
    whole = nearest(np.arange(5, dtype=np.uint8), 1, 9)
    part = whole.part(2, 4)
    assert part.costs.tolist() == [2, 3]
    kernel._learn(part, 1, 0.25)
    assert whole.last.tolist() == [np.inf, np.inf, np.inf, 0.25, np.inf]


def test_no_pairs_stay_none() -> None:
    kept, gone = nearest_pairs(no_pairs(), 1, True)
    assert (edges_of(kept), gone) == ([], 0)
