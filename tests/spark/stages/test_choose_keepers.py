"""Which signatures stay equals the sequential greedy rule, however the work is cut."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession

from jobs.stages.choose_keepers import (
    Settled,
    assign_keepers,
    ranked_edges,
    representatives,
    settle_edges,
)
from store.schemas import PAIRS

from .conftest import Checkpoint, MakeFrame, multiplies_rows

pytestmark = pytest.mark.spark

Graph = tuple[list[bytes], dict[tuple[bytes, bytes], float]]
"""Nodes, best first, and the distance of each edge (smaller id first)."""

Choice = dict[bytes, tuple[bytes, float]]
"""Of each removed node its keeper, and their distance."""


def random_graph(seed: int, nodes: int = 50, share: float = 0.06) -> Graph:
    rng = np.random.default_rng(seed)
    ranking = [rng.bytes(16) for _ in range(nodes)]
    edges = [pair for pair in combinations(sorted(ranking), 2) if rng.random() < share]
    return ranking, {edge: float(rng.random()) for edge in edges}


def sequential_keepers(graph: Graph) -> Choice:
    """Walk down the ranking: who is still there stays, and all its neighbours go.

    Returns the keeper of each removed node, its best-ranked kept neighbour, and the distance.
    """
    ranking, edges = graph
    keeper_of: Choice = {}
    for node in ranking:
        if node in keeper_of:
            continue
        for (a, b), distance in edges.items():
            if node in (a, b):
                keeper_of.setdefault(b if node == a else a, (node, distance))
    return keeper_of


def places_of(graph: Graph, spark: SparkSession, partitions: int = 1) -> DataFrame:
    listed = list(enumerate(graph[0]))
    return spark.createDataFrame(listed, "place bigint, signature_id binary").repartition(
        partitions
    )


def edges_of(graph: Graph, frame: MakeFrame, spark: SparkSession, partitions: int) -> DataFrame:
    edges = graph[1]
    order = np.random.default_rng(partitions).permutation(len(edges))
    listed = [(*pair, distance) for pair, distance in edges.items()]
    pairs = frame([dict(zip(PAIRS.names[1:4], listed[i], strict=True)) for i in order], PAIRS)
    return ranked_edges(pairs.repartition(partitions), places_of(graph, spark, partitions))


def chosen(edges: DataFrame, graph: Graph, limit: int, checkpoint: Checkpoint) -> Choice:
    settled = settle_edges(edges, len(graph[1]), limit, checkpoint)
    assigned = assign_keepers(settled.rows, places_of(graph, edges.sparkSession))
    assert not multiplies_rows(assigned)
    rows = assigned.collect()
    found = {
        bytes(row.signature_id): (bytes(row.keeper_signature_id), row.distance) for row in rows
    }
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("limit", [10**6, 20, 4])
@pytest.mark.parametrize("seed", [1, 2])
def test_random_graphs_in_one_task_and_in_rounds(
    seed: int, limit: int, frame: MakeFrame, spark: SparkSession, checkpoint: Checkpoint
) -> None:
    graph = random_graph(seed)
    expected = sequential_keepers(graph)
    assert 10 < len(expected) < 45
    assert chosen(edges_of(graph, frame, spark, 2), graph, limit, checkpoint) == expected


@pytest.mark.parametrize("partitions", [1, 7])
@pytest.mark.parametrize("limit", [10**6, 20])
def test_partitions_and_order_change_nothing(
    partitions: int, limit: int, frame: MakeFrame, spark: SparkSession, checkpoint: Checkpoint
) -> None:
    graph = random_graph(3)
    found = chosen(edges_of(graph, frame, spark, partitions), graph, limit, checkpoint)
    assert found == sequential_keepers(graph)


Ends = tuple[NDArray[np.int64], NDArray[np.int64]]


def path(length: int, order: str) -> Ends:
    """A path whose nodes are ranked as they come, or at random, or in turn from two halves."""
    node = np.arange(length + 1)
    if order == "random":
        node = np.random.default_rng(1).permutation(length + 1)
    if order == "halves":
        node = np.arange(length + 1) % 2 * (length // 2 + 1) + np.arange(length + 1) // 2
    return np.minimum(node[:-1], node[1:]), np.maximum(node[:-1], node[1:])


def star(leaves: int, centre: int) -> Ends:
    leaf = np.delete(np.arange(leaves + 1), centre)
    return np.minimum(leaf, centre), np.maximum(leaf, centre)


def clique(nodes: int) -> Ends:
    better, worse = np.triu_indices(nodes, 1)
    return better, worse


def cliques_in_a_row(cliques: int, nodes: int) -> Ends:
    """The worst of each clique beats the best of the next: a chain of giants."""
    better, worse = clique(nodes)
    starts = np.arange(cliques)[:, None] * nodes
    joints = np.arange(1, cliques) * nodes
    return (
        np.append((better + starts).ravel(), joints - 1),
        np.append((worse + starts).ravel(), joints),
    )


ADVERSARIES: dict[str, tuple[Ends, int, int]] = {
    # A fifth is less than a quarter: the second round is the last, as in the next line.
    "chain in rank order": (path(100_000, "as they come"), 20_000, 2),
    "chain in rank order, in 50 ranges": (path(100_000, "as they come"), 2_000, 2),
    "chain at random": (path(100_000, "random"), 9_000, 3),
    "chain between halves": (path(100_000, "halves"), 9_000, 2),
    "star around the best": (star(50_000, 0), 9_000, 2),
    "star around the middle": (star(50_000, 25_000), 9_000, 2),
    "star around the worst": (star(50_000, 50_000), 9_000, 1),
    "clique": (clique(400), 9_000, 2),
    "cliques in a row": (cliques_in_a_row(400, 20), 9_000, 2),
}
"""Edges, about how many make a range, and the most rounds that they may take."""


def of_sequential(ends: Ends) -> dict[int, int]:
    """Keeper of each removed node, by the rule as it is written."""
    keeper_of: dict[int, int] = {}
    order = np.lexsort(ends[::-1])
    for better, worse in zip(ends[0][order].tolist(), ends[1][order].tolist(), strict=True):
        if better not in keeper_of:
            keeper_of.setdefault(worse, better)
    return keeper_of


def settled_ends(
    ends: Ends, limit: int, spark: SparkSession, checkpoint: Checkpoint
) -> tuple[Settled, dict[int, int]]:
    order = np.random.default_rng(2).permutation(len(ends[0]))
    better, worse = ends[0][order], ends[1][order]
    table = pd.DataFrame({"better": better, "worse": worse, "distance": worse + better / 1e6})
    settled = settle_edges(spark.createDataFrame(table), len(table), limit, checkpoint)
    rows = settled.rows.toPandas()
    assert np.array_equal(rows.distance, rows.worse + rows.better / 1e6)
    assert rows.worse.is_unique
    return settled, dict(zip(rows.worse.tolist(), rows.better.tolist(), strict=True))


@pytest.mark.parametrize("name", ADVERSARIES)
def test_adversaries_are_settled_in_few_rounds(
    name: str, spark: SparkSession, checkpoint: Checkpoint
) -> None:
    ends, limit, most = ADVERSARIES[name]
    settled, keeper_of = settled_ends(ends, limit, spark, checkpoint)
    assert keeper_of == of_sequential(ends)
    assert settled.rounds <= most


def test_an_edge_begins_with_its_better_end(frame: MakeFrame, spark: SparkSession) -> None:
    ranking, edges = graph = random_graph(4, nodes=12, share=0.5)
    rows = edges_of(graph, frame, spark, 2).collect()
    assert len(rows) == len(edges)
    for row in rows:
        assert row.better < row.worse
        ends = sorted((ranking[row.better], ranking[row.worse]))
        assert row.distance == edges[ends[0], ends[1]]


def test_a_representative_is_the_best_image(spark: SparkSession) -> None:
    ranked = spark.createDataFrame(
        [(b"x", "3"), (b"x", "1"), (b"y", "2"), (b"x", "2")], "signature_id binary, rank string"
    )
    rows = representatives(ranked).collect()
    assert {(bytes(row.signature_id), row.rank) for row in rows} == {(b"x", "1"), (b"y", "2")}


def test_without_edges_nobody_is_removed(
    frame: MakeFrame, spark: SparkSession, checkpoint: Checkpoint
) -> None:
    graph: Graph = ([b"x"], {})
    assert chosen(edges_of(graph, frame, spark, 1), graph, 10, checkpoint) == {}
