"""The greedy rule on the edges of one task."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from matching.settling import EDGE, SETTLED, UNDECIDED
from udfs.keepers import SETTLED_ROWS, settle, settle_range

EDGES = pa.schema(
    [
        ("better", pa.int64()),
        ("worse", pa.int64()),
        ("distance", pa.float64()),
        ("kept", pa.bool_()),
    ]
)

Row = tuple[int, int | None, int, float | None]


def settled(edges: list[tuple[int, int]], cuts: list[int], lowest: bool = True) -> list[Row]:
    ends = [0, *cuts, len(edges)]
    batches = []
    for start, end in pairwise(ends):
        rows = [
            {"better": a, "worse": b, "distance": a + b / 100, "kept": False}
            for a, b in edges[start:end]
        ]
        batches.append(pa.RecordBatch.from_pylist(rows, EDGES))
    given = list(settle(iter(batches), lowest))
    assert all(batch.schema == SETTLED_ROWS for batch in given)
    return [tuple(row.values()) for batch in given for row in batch.to_pylist()]


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs_in_any_batches(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(2, 40))
    edges = [(i, j) for j in range(nodes) for i in range(j) if rng.random() < 0.1]
    keeper_of: dict[int, int] = {}
    for node in range(nodes):
        if node not in keeper_of:
            for better, worse in edges:
                if better == node:
                    keeper_of.setdefault(worse, node)
    cuts = sorted(rng.integers(0, len(edges) + 1, 3).tolist())
    expected = [(SETTLED, a, b, a + b / 100) for b, a in sorted(keeper_of.items())]
    assert settled(edges, cuts) == expected


def test_what_a_range_cannot_say_is_told_as_edges_and_nodes() -> None:
    assert settled([(0, 5), (5, 6)], [1], lowest=False) == [
        (EDGE, 0, 5, 0.05),
        (EDGE, 5, 6, 5.06),
        (UNDECIDED, None, 5, None),
        (UNDECIDED, None, 6, None),
    ]


def test_without_edges_nothing_is_decided() -> None:
    assert settled([], [0, 0]) == []
    assert list(settle(iter([]), lowest=True)) == []


def test_outside_of_a_task_no_range_is_the_lowest() -> None:
    edge = pa.RecordBatch.from_pylist(
        [{"better": 0, "worse": 1, "distance": 0.5, "kept": False}], EDGES
    )
    kinds = [row["kind"] for batch in settle_range(iter([edge])) for row in batch.to_pylist()]
    assert kinds == [EDGE, UNDECIDED]
