"""Which signatures stay equals the sequential greedy rule, however the work is cut."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.stages.choose_keepers import (
    assign_keepers,
    ranked_edges,
    removed_signatures,
    representatives,
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


def chain(length: int) -> Graph:
    """Each node beats the next one: the rounds are as many as can be."""
    ranking = [bytes([0, number]) * 8 for number in range(length)]
    return ranking, dict.fromkeys(pairwise(ranking), 0.25)


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


def edges_of(graph: Graph, frame: MakeFrame, spark: SparkSession, partitions: int) -> DataFrame:
    ranking, edges = graph
    order = np.random.default_rng(partitions).permutation(len(edges))
    listed = [(*pair, distance) for pair, distance in edges.items()]
    pairs = frame(
        [dict(zip(PAIRS.names[1:4], listed[i], strict=True)) for i in order], PAIRS
    ).repartition(partitions)
    # Two images a signature: the better one counts, and ranks are text.
    images = [(node, f"{place:05d}{copy}") for place, node in enumerate(ranking) for copy in "ab"]
    ranked = spark.createDataFrame(images, "signature_id binary, rank string")
    return ranked_edges(pairs, representatives(ranked.repartition(partitions)))


def chosen(edges: DataFrame, limit: int, checkpoint: Checkpoint) -> Choice:
    edges = checkpoint(edges, "edges")
    removed = checkpoint(removed_signatures(edges, limit, checkpoint), "removed")
    gone = [bytes(row.signature_id) for row in removed.collect()]
    assigned = assign_keepers(edges, removed)
    assert not multiplies_rows(assigned)
    rows = assigned.collect()
    assert sorted(bytes(row.signature_id) for row in rows) == sorted(gone)
    return {bytes(row.signature_id): (bytes(row.keeper_signature_id), row.distance) for row in rows}


@pytest.mark.parametrize("limit", [10**6, 5, 1])
@pytest.mark.parametrize("seed", [1, 2])
def test_random_graphs_in_one_task_and_in_rounds(
    seed: int, limit: int, frame: MakeFrame, spark: SparkSession, checkpoint: Checkpoint
) -> None:
    graph = random_graph(seed)
    expected = sequential_keepers(graph)
    assert 10 < len(expected) < 45
    assert chosen(edges_of(graph, frame, spark, 2), limit, checkpoint) == expected


@pytest.mark.parametrize(("spare", "rounds"), [(0, False), (-1, True)])
def test_rounds_begin_where_one_task_may_not_have_all_edges(
    spare: int, rounds: bool, frame: MakeFrame, spark: SparkSession, checkpoint: Checkpoint
) -> None:
    graph = random_graph(5, nodes=12, share=0.3)
    names: list[str] = []

    def recorded(rows: DataFrame, name: str) -> DataFrame:
        names.append(name)
        return checkpoint(rows, name)

    edges = edges_of(graph, frame, spark, 2)
    found = removed_signatures(edges, len(graph[1]) + spare, recorded)
    assert {bytes(row.signature_id) for row in found.collect()} == set(sequential_keepers(graph))
    assert bool(names) == rounds


@pytest.mark.parametrize("partitions", [1, 7])
@pytest.mark.parametrize("limit", [10**6, 20])
def test_partitions_and_order_change_nothing(
    partitions: int, limit: int, frame: MakeFrame, spark: SparkSession, checkpoint: Checkpoint
) -> None:
    graph = random_graph(3)
    found = chosen(edges_of(graph, frame, spark, partitions), limit, checkpoint)
    assert found == sequential_keepers(graph)


@pytest.mark.parametrize("limit", [10**6, 1])
def test_a_chain_loses_every_other_link(
    limit: int, frame: MakeFrame, spark: SparkSession, checkpoint: Checkpoint
) -> None:
    graph = chain(9)
    found = chosen(edges_of(graph, frame, spark, 2), limit, checkpoint)
    assert sorted(found) == graph[0][1::2]


def test_a_representative_is_the_best_image(spark: SparkSession) -> None:
    ranked = spark.createDataFrame(
        [(b"x", "3"), (b"x", "1"), (b"y", "2"), (b"x", "2")], "signature_id binary, rank string"
    )
    rows = representatives(ranked).collect()
    assert {(bytes(row.signature_id), row.rank) for row in rows} == {(b"x", "1"), (b"y", "2")}


def test_an_edge_begins_with_its_better_end(frame: MakeFrame, spark: SparkSession) -> None:
    ranking, edges = graph = random_graph(4, nodes=12, share=0.5)
    rows = edges_of(graph, frame, spark, 2).collect()
    assert len(rows) == len(edges)
    for row in rows:
        better, worse = bytes(row.better), bytes(row.worse)
        assert ranking.index(better) < ranking.index(worse)
        assert row.distance == edges[min(better, worse), max(better, worse)]
        assert row.better_rank == f"{ranking.index(better):05d}a"
        assert row.worse_rank == f"{ranking.index(worse):05d}a"


def test_without_edges_nobody_is_removed(
    frame: MakeFrame, spark: SparkSession, checkpoint: Checkpoint
) -> None:
    none = edges_of(([b"x"], {}), frame, spark, 1)
    assert chosen(none, 10, checkpoint) == {}
