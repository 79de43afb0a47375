"""Pairs of signatures through Spark: any partitioning, one shuffle, brute force's result."""

from collections import Counter

import numpy as np
import pytest
from pyspark.sql import DataFrame

from jobs.stages.find_pairs import find_pairs, join_table, word_frequencies
from matching import Model
from matching.rules import word_keys
from store.schemas import PAIRS, SIGNATURES
from tests.unit.matching.examples import signatures
from tests.unit.udfs.buckets import (
    Pairs,
    expected_pairs,
    hot_words,
    ids_of,
    model_of,
    sharing_an_open_word,
)

from .conftest import MakeFrame, exchanges, multiplies_rows

pytestmark = pytest.mark.spark

LEVELS = signatures(120)
IDS = ids_of(LEVELS)
CUTOFF = 0.45


def case(rule: str) -> tuple[Model, Pairs]:
    every = expected_pairs(LEVELS, IDS, CUTOFF)
    if rule == "exhaustive":
        return model_of(rule, CUTOFF, group_size=16), every
    model = model_of(rule, CUTOFF, hot_words=hot_words(LEVELS, 4))
    expected = sharing_an_open_word(every, LEVELS, IDS, model)
    assert 10 < len(expected) < len(every)
    return model, expected


@pytest.fixture
def table(frame: MakeFrame) -> DataFrame:
    """The table signatures, its rows in a seeded random order."""
    order = np.random.default_rng(11).permutation(len(LEVELS))
    rows = [{"signature_id": IDS[i].tobytes(), "signature": LEVELS[i].tobytes()} for i in order]
    return frame(rows, SIGNATURES)


@pytest.mark.parametrize("partitions", [1, 2, 7])
@pytest.mark.parametrize("rule", ["words", "exhaustive"])
def test_pairs_are_those_of_brute_force(table: DataFrame, rule: str, partitions: int) -> None:
    model, expected = case(rule)
    joined = join_table(table.repartition(partitions), model, len(LEVELS), partitions)
    pairs = find_pairs(joined, model)
    rows = pairs.collect()
    found = {(bytes(r.signature_id_a), bytes(r.signature_id_b)): r.distance for r in rows}
    assert len(found) == len(rows)
    assert found == expected
    assert pairs.columns == PAIRS.names
    assert {(r.model_id, r.rule) for r in rows} == {(model.model_id, rule)}


def test_small_batches_change_nothing(table: DataFrame) -> None:
    model, expected = case("words")
    setting = "spark.sql.execution.arrow.maxRecordsPerBatch"
    table.sparkSession.conf.set(setting, "3")
    try:
        assert find_pairs(join_table(table, model, len(LEVELS), 2), model).count() == len(expected)
    finally:
        table.sparkSession.conf.unset(setting)


@pytest.mark.parametrize("rule", ["words", "exhaustive"])
def test_one_shuffle_and_no_product(table: DataFrame, rule: str) -> None:
    model, _ = case(rule)
    joined = join_table(table, model, len(LEVELS), 5)
    pairs = find_pairs(joined, model)
    for rows in (joined, pairs):
        (shuffle,) = exchanges(rows)
        assert shuffle.startswith("Exchange hashpartitioning(key")
    assert not multiplies_rows(pairs)


def test_a_bucket_lies_in_one_partition_in_order(table: DataFrame) -> None:
    model, _ = case("exhaustive")
    joined = join_table(table, model, len(LEVELS), 5)
    parts = joined.select("key", "part", "side").rdd.mapPartitions(lambda rows: [list(rows)])
    seen: Counter[tuple[int, int]] = Counter()
    for rows in parts.collect():
        assert rows == sorted(rows)
        seen.update({(row.key, row.part) for row in rows})
    assert len(seen) == 8 * 9 // 2
    assert set(seen.values()) == {1}


def test_word_frequencies_are_counted_over_all_partitions(table: DataFrame) -> None:
    rows = word_frequencies(table.repartition(3), model_of("words")).collect()
    assert {row.key: row.frequency for row in rows} == Counter(word_keys(LEVELS).ravel().tolist())


def test_no_signatures_no_pairs(table: DataFrame) -> None:
    for rule in ("words", "exhaustive"):
        model, _ = case(rule)
        assert find_pairs(join_table(table.limit(0), model, 0, 2), model).count() == 0
