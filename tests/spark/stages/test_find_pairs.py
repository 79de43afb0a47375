"""Pairs of signatures through Spark: any partitioning, one shuffle, the same as in one process."""

from collections import Counter

import numpy as np
import pytest
from pyspark.sql import DataFrame

from jobs.stages.find_pairs import (
    bucket_examples,
    count_keys,
    find_cells,
    find_pairs,
    join_table,
    pair_rows,
)
from matching import Model, assign_cells, keys_of
from matching.buckets import BucketLimits, BucketPlan, plan_bucket
from matching.fitting import fit_codebook
from matching.model import CELLS, EXHAUSTIVE, WORDS, WordStatistics
from matching.rules import FIRST_WORD, REMOVED, Keyed, reach_of, word_keys
from store.schemas import PAIRS, SIGNATURES
from tests.unit.matching.examples import brute_force, signatures
from tests.unit.udfs.buckets import ids_of
from udfs.counting import ANY_COST, EveryKey

from .conftest import MakeFrame, exchanges, multiplies_rows

pytestmark = pytest.mark.spark

LEVELS = signatures(150)
IDS = ids_of(LEVELS)
CUTOFF = 0.45
REACH = 150

Plans = dict[int, BucketPlan]
Found = dict[tuple[bytes, bytes], float]


def model_of(*rules: str) -> Model:
    """A model of few cells and hot words, so that many pairs meet nowhere."""
    keys, counts = np.unique(word_keys(LEVELS), return_counts=True)
    return Model(
        signature_version="v1",
        n=9,
        diagonal_neighbors=True,
        rules=rules,
        cutoff=CUTOFF,
        nearest=3,
        reach=REACH,
        max_document_frequency=4,
        codebook=fit_codebook(LEVELS, 12, 1),
        words=WordStatistics(len(LEVELS), keys, counts.astype(np.int64)),
    )


def keyed_of(model: Model) -> Keyed:
    assert model.codebook is not None
    cells = assign_cells(LEVELS, model.codebook, model.nearest, model.probes)
    return keys_of(LEVELS, cells, model)


def plans_of(model: Model) -> Plans:
    """Split what has more than ten rows, and cap what costs more than 60 comparisons."""
    keys, costs = keyed_of(model)
    plans = {}
    for key in set(keys[keys != REMOVED].tolist()):
        members = np.bincount(costs[keys == key], minlength=256).astype(np.int64)
        most = 2**60 if EXHAUSTIVE in model.rules else 60
        plan = plan_bucket(members, reach_of(key, model), BucketLimits(10, most))
        if plan.groups > 1 or plan.comparisons_bounded:
            plans[key] = plan
    return plans


def expected(model: Model, plans: Plans) -> Found:
    """What brute force finds, of two that meet under any key."""
    keys, costs = keyed_of(model)
    entries = [
        {k: int(c) for k, c in zip(keys[i].tolist(), costs[i].tolist(), strict=True) if k >= 0}
        for i in range(len(LEVELS))
    ]
    limits = {key: plan.reach for key, plan in plans.items()}
    pairs = {}
    for (i, j), distance in brute_force(LEVELS, CUTOFF).items():
        shared = entries[i].keys() & entries[j].keys()
        if any(entries[i][k] + entries[j][k] <= limits.get(k, reach_of(k, model)) for k in shared):
            a, b = sorted((IDS[i].tobytes(), IDS[j].tobytes()))
            pairs[a, b] = distance
    return pairs


@pytest.fixture
def table(frame: MakeFrame) -> DataFrame:
    """The table signatures, its rows in a seeded random order."""
    order = np.random.default_rng(11).permutation(len(LEVELS))
    rows = [{"signature_id": IDS[i].tobytes(), "signature": LEVELS[i].tobytes()} for i in order]
    return frame(rows, SIGNATURES)


def searched(table: DataFrame, model: Model, plans: Plans, partitions: int) -> DataFrame:
    joined = join_table(find_cells(table, model), model, plans, partitions)
    return find_pairs(joined, model, plans)


@pytest.mark.parametrize("partitions", [1, 7])
@pytest.mark.parametrize("rules", [(CELLS,), (WORDS,), (CELLS, WORDS), (EXHAUSTIVE,)])
def test_pairs_are_those_of_brute_force_that_meet_once_each(
    table: DataFrame, rules: tuple[str, ...], partitions: int
) -> None:
    model = model_of(*rules)
    plans = plans_of(model)
    wanted = expected(model, plans)
    every = len(brute_force(LEVELS, CUTOFF))
    assert 10 < len(wanted) <= every
    assert (len(wanted) == every) == (rules in {(EXHAUSTIVE,), (CELLS, WORDS)})
    assert any(plan.groups > 1 for plan in plans.values()) or rules == (WORDS,)
    pairs = pair_rows(searched(table.repartition(partitions), model, plans, partitions), model)
    rows = pairs.collect()
    found = {(bytes(r.signature_id_a), bytes(r.signature_id_b)): r.distance for r in rows}
    assert len(found) == len(rows)
    assert found == wanted
    assert pairs.columns == PAIRS.names
    assert {r.model_id for r in rows} == {model.model_id}
    assert {r.rule for r in rows} <= set(rules)


def test_what_was_compared_is_counted(table: DataFrame) -> None:
    model = model_of(EXHAUSTIVE)
    found = searched(table, model, {}, 2)
    assert found.agg({"comparisons": "sum"}).collect()[0][0] == len(LEVELS) * (len(LEVELS) - 1) // 2


def test_small_batches_change_nothing(table: DataFrame) -> None:
    model = model_of(CELLS, WORDS)
    plans = plans_of(model)
    setting = "spark.sql.execution.arrow.maxRecordsPerBatch"
    table.sparkSession.conf.set(setting, "3")
    try:
        pairs = pair_rows(searched(table, model, plans, 2), model)
        assert pairs.count() == len(expected(model, plans))
    finally:
        table.sparkSession.conf.unset(setting)


def test_adaptive_execution_changes_nothing(table: DataFrame) -> None:
    model = model_of(CELLS)
    plans = plans_of(model)
    spark = table.sparkSession
    counts = set()
    for adaptive in ("true", "false"):
        spark.conf.set("spark.sql.adaptive.enabled", adaptive)
        counts.add(pair_rows(searched(table, model, plans, 5), model).count())
    spark.conf.unset("spark.sql.adaptive.enabled")
    assert counts == {len(expected(model, plans))}


@pytest.mark.parametrize("rules", [(CELLS, WORDS), (EXHAUSTIVE,)])
def test_one_shuffle_and_no_product(table: DataFrame, rules: tuple[str, ...]) -> None:
    model = model_of(*rules)
    joined = join_table(find_cells(table, model), model, {}, 5)
    for rows in (joined, find_pairs(joined, model, {})):
        (shuffle,) = exchanges(rows)
        assert shuffle.startswith("Exchange hashpartitioning(key")
        assert not multiplies_rows(rows)


def test_a_bucket_lies_in_one_partition_in_order(table: DataFrame) -> None:
    model = model_of(EXHAUSTIVE)
    plans = plans_of(model)
    joined = join_table(find_cells(table, model), model, plans, 5)
    parts = joined.select("key", "part", "side", "cost").rdd.mapPartitions(
        lambda rows: [list(rows)]
    )
    seen: Counter[tuple[int, int]] = Counter()
    for rows in parts.collect():
        assert rows == sorted(rows)
        seen.update({(row.key, row.part) for row in rows})
    groups = plans[0].groups
    assert groups == 15
    assert len(seen) == groups * (groups + 1) // 2
    assert set(seen.values()) == {1}


def test_cells_do_not_depend_on_partitions(table: DataFrame) -> None:
    model = model_of(CELLS)
    assert model.codebook is not None
    cells, costs = assign_cells(LEVELS, model.codebook, model.nearest, model.probes)
    for partitions in (1, 6):
        rows = find_cells(table.repartition(partitions), model).collect()
        found = {bytes(r.signature_id): (r.cells, bytes(r.costs)) for r in rows}
        for i, identity in enumerate(IDS):
            assert found[identity.tobytes()] == (cells[i].tolist(), costs[i].tobytes())


def test_keys_are_counted_over_all_partitions(table: DataFrame) -> None:
    model = model_of(CELLS, WORDS)
    keys, costs = keyed_of(model)
    assigned = find_cells(table.repartition(3), model)
    counted = {(r.key, r.cost): r.rows for r in count_keys(assigned, model, EveryKey(2)).collect()}
    wanted: Counter[tuple[int, int]] = Counter()
    for key, cost in zip(keys.ravel().tolist(), costs.ravel().tolist(), strict=True):
        if key != REMOVED:
            wanted[key, cost if key % 2 == 0 else ANY_COST] += 1
    assert counted == wanted


def test_the_example_of_a_bucket_is_the_one_it_costs_least(table: DataFrame) -> None:
    model = model_of(CELLS)
    keys, costs = keyed_of(model)
    chosen = sorted(set(keys[keys != REMOVED].tolist()))[:3]
    assert max(chosen) < FIRST_WORD
    rows = bucket_examples(find_cells(table, model), model, chosen).collect()
    assert sorted(r.key for r in rows) == chosen
    place = {identity.tobytes(): i for i, identity in enumerate(IDS)}
    for row in rows:
        mine = costs[place[bytes(row.signature_id)]][
            keys[place[bytes(row.signature_id)]] == row.key
        ]
        assert mine.tolist() == [costs[keys == row.key].min()]


def test_no_signatures_no_pairs(table: DataFrame) -> None:
    for rules in ((CELLS,), (WORDS,), (EXHAUSTIVE,)):
        model = model_of(*rules)
        assert pair_rows(searched(table.limit(0), model, {}, 2), model).count() == 0
