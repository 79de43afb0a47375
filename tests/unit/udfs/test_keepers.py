"""The greedy rule on the edges of one task."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from udfs.keepers import REMOVED_ROWS, remove_greedily

EDGES = pa.schema([("better", pa.binary()), ("worse", pa.binary())])


def removed(edges: list[tuple[bytes, bytes]], cuts: list[int]) -> list[bytes]:
    edges_at = [0, *cuts, len(edges)]
    batches = []
    for start, end in pairwise(edges_at):
        rows = [{"better": a, "worse": b} for a, b in edges[start:end]]
        batches.append(pa.RecordBatch.from_pylist(rows, EDGES))
    given = list(remove_greedily(iter(batches)))
    assert all(batch.schema == REMOVED_ROWS for batch in given)
    return [row["signature_id"] for batch in given for row in batch.to_pylist()]


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs_in_any_batches(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ranking = [rng.bytes(16) for _ in range(rng.integers(2, 40))]
    edges = [
        (ranking[i], ranking[j])
        for i in range(len(ranking))
        for j in range(i + 1, len(ranking))
        if rng.random() < 0.1
    ]
    expected: set[bytes] = set()
    for node in ranking:
        if node not in expected:
            expected |= {worse for better, worse in edges if better == node}
    cuts = sorted(rng.integers(0, len(edges) + 1, 3).tolist())
    found = removed(edges, cuts)
    assert set(found) == expected
    assert len(found) == len(expected)


def test_without_edges_nothing_is_removed() -> None:
    assert removed([], [0, 0]) == []
    assert list(remove_greedily(iter([]))) == []
