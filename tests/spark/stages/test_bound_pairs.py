"""Bounded output through Spark: a pair stays if it is among the nearest of either end."""

import numpy as np
import pytest
from pyspark.sql import DataFrame

from jobs.stages.bound_pairs import last_of_nearest, nearest_only
from store.schemas import PAIRS

from .conftest import Checkpoint, MakeFrame, exchanges, multiplies_rows, plan_of

pytestmark = pytest.mark.spark

MOST = 3
SEED = 20_261_125


def random_pairs() -> dict[tuple[int, int], float]:
    """A graph in which some are crowded; distances repeat, so that ties must be broken."""
    rng = np.random.default_rng(SEED)
    edges = {tuple(sorted(edge)) for edge in rng.integers(0, 25, (90, 2)).tolist()}
    edges |= {(0, other) for other in range(1, 20)}
    return {(a, b): float(rng.integers(1, 8)) / 20 for a, b in sorted(edges) if a != b}


def nearest_by_hand(pairs: dict[tuple[int, int], float]) -> set[tuple[int, int]]:
    near: dict[int, list[tuple[float, int, tuple[int, int]]]] = {}
    for (a, b), distance in pairs.items():
        near.setdefault(a, []).append((distance, b, (a, b)))
        near.setdefault(b, []).append((distance, a, (a, b)))
    return {edge for ends in near.values() for _, _, edge in sorted(ends)[:MOST]}


@pytest.fixture
def pairs(frame: MakeFrame) -> DataFrame:
    rows = [
        {
            "model_id": "m",
            "signature_id_a": bytes([a]),
            "signature_id_b": bytes([b]),
            "distance": distance,
            "rule": "cells",
        }
        for (a, b), distance in random_pairs().items()
    ]
    return frame(rows, PAIRS)


@pytest.mark.parametrize("partitions", [1, 5])
def test_what_is_among_the_nearest_of_either_end_stays(
    pairs: DataFrame, partitions: int, checkpoint: Checkpoint
) -> None:
    given = random_pairs()
    wanted = nearest_by_hand(given)
    assert len(given) / 4 < len(wanted) < len(given)
    some = pairs.repartition(partitions)
    written = checkpoint(last_of_nearest(some, MOST), "last")
    bounded = nearest_only(some, written)
    rows = bounded.collect()
    kept = {(r.signature_id_a[0], r.signature_id_b[0]): r.distance for r in rows}
    assert len(kept) == len(rows)
    assert kept == {edge: given[edge] for edge in wanted}
    assert bounded.columns == PAIRS.names
    assert not multiplies_rows(bounded)
    shuffles = exchanges(nearest_only(pairs, written))
    assert shuffles
    assert all(line.startswith("BroadcastExchange") for line in shuffles)


def test_the_crowded_are_those_with_more_pairs(pairs: DataFrame) -> None:
    degrees = np.bincount(np.array(list(random_pairs())).ravel())
    crowded = {row.signature_id[0] for row in last_of_nearest(pairs, MOST).collect()}
    assert crowded == set(np.flatnonzero(degrees > MOST).tolist())
    assert (degrees == MOST).any()
    assert last_of_nearest(pairs, int(degrees.max())).head() is None


def test_few_of_a_crowds_pairs_are_shuffled(pairs: DataFrame) -> None:
    assert "WindowGroupLimit" in plan_of(last_of_nearest(pairs, MOST))
