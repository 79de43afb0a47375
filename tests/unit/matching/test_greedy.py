"""The compiled greedy rule equals a plain one on random graphs."""

import numpy as np
import pytest

from matching import greedy_removals

Edge = tuple[int, int]


def sequential_greedy(ranking: list[int], edges: set[Edge]) -> set[int]:
    """Walk down the ranking: whoever is still there stays, and all its neighbours go."""
    removed: set[int] = set()
    for node in ranking:
        if node not in removed:
            removed |= {b for a, b in edges if a == node} | {a for a, b in edges if b == node}
    return removed


def compiled_greedy(ranking: list[int], edges: list[Edge]) -> set[int]:
    place = {node: rank for rank, node in enumerate(ranking)}
    turned = [sorted(edge, key=place.__getitem__) for edge in edges]
    turned.sort(key=lambda edge: place[edge[0]])
    better, worse = np.array(turned, np.int64).reshape(-1, 2).T.copy()
    return set(np.flatnonzero(greedy_removals(better, worse, len(ranking))).tolist())


@pytest.mark.parametrize("seed", range(30))
def test_random_graphs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(2, 60))
    ranking = rng.permutation(nodes).tolist()
    ends = rng.integers(0, nodes, (3 * nodes, 2)).tolist()
    edges = {(min(pair), max(pair)) for pair in ends if pair[0] != pair[1]} | {(0, 1)}
    shuffled = rng.permutation(sorted(edges)).tolist()
    assert compiled_greedy(ranking, shuffled) == sequential_greedy(ranking, edges)


def test_a_chain_loses_every_other_link() -> None:
    chain = [(node, node + 1) for node in range(6)]
    assert compiled_greedy(list(range(7)), chain) == {1, 3, 5}


def test_without_edges_all_stay() -> None:
    none = np.empty(0, np.int64)
    assert greedy_removals(none, none, 3).tolist() == [False, False, False]
