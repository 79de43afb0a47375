"""A sample beside the corpus, as Spark compares them."""

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.stages.scan_sample import (
    IS_MATCH,
    nearest_matches,
    neighbour_counts,
    ranked_signatures,
    sample_rows,
    scan,
)
from jobs.stages.schema import spark_schema
from matching import signature_ids
from matching.calibration import Ranked, matches_in_block
from signature import signature_version
from store.schemas import PAIRS, SIGNATURES
from tests.spark.stages.conftest import multiplies_rows
from tests.unit.matching.examples import signatures
from udfs.scanning import MATCH_ROWS, sample_scanner

pytestmark = pytest.mark.spark

LEVELS = signatures(400)[1:]
COUNT = len(LEVELS)
VERSION = signature_version()
IDS = signature_ids(LEVELS, VERSION)
NAMES = [f"{name:04d}" for name in np.random.default_rng(2).permutation(COUNT)]
GRID = (9, True)


@pytest.fixture(scope="module")
def ranked(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    """Return the numbered signatures, written down as a run does."""
    rows = [(i, v.tobytes(), VERSION) for i, v in zip(IDS, LEVELS, strict=True)]
    table = spark.createDataFrame(rows, spark_schema(SIGNATURES)).repartition(4)
    ranks = spark.createDataFrame(
        list(zip(IDS, NAMES, strict=True)), "signature_id binary, rank string"
    )
    path = str(tmp_path_factory.mktemp("ranked") / "ranked")
    ranked_signatures(table, ranks.repartition(3)).write.parquet(path)
    return spark.read.parquet(path)


def test_numbers_rise_with_the_rank(ranked: DataFrame) -> None:
    rows = sorted(ranked.collect())
    assert len({row.rank for row in rows}) == COUNT
    by_name = [IDS[i] for i in np.argsort(NAMES)]
    assert [bytes(row.signature_id) for row in rows] == by_name
    level_of = dict(zip(IDS, LEVELS, strict=True))
    assert all(bytes(r.signature) == level_of[bytes(r.signature_id)].tobytes() for r in rows)


def test_a_sample_is_the_same_wherever_its_rows_lie(ranked: DataFrame) -> None:
    drawn = sample_rows(ranked, 50, seed=1).collect()
    assert drawn == sample_rows(ranked.repartition(7), 50, seed=1).collect()
    assert drawn[:20] == sample_rows(ranked, 20, seed=1).collect()
    other = sample_rows(ranked, 50, seed=2).collect()
    assert len(drawn) == len(other) == 50
    assert len({row.rank for row in drawn} & {row.rank for row in other}) < 25
    assert sample_rows(ranked, 10 * COUNT, seed=1).count() == COUNT


def asked_of(rows: list[object]) -> Ranked:
    levels = np.frombuffer(b"".join(row.signature for row in rows), np.int8)  # type: ignore[attr-defined]
    ranks = np.array([row.rank for row in rows])  # type: ignore[attr-defined]
    return Ranked(levels.reshape(len(rows), -1), ranks)


@pytest.mark.parametrize("tasks", [1, 5])
def test_all_are_compared_with_the_sample(ranked: DataFrame, tasks: int) -> None:
    sample = asked_of(sample_rows(ranked, 60, seed=1).collect())
    scanned = scan(ranked, sample_scanner(sample, 0.45, GRID, 1000), tasks)
    assert not multiplies_rows(scanned)
    assert scanned.where(f"not ({IS_MATCH})").count() == tasks
    found = nearest_matches(scanned, 1000)
    want = matches_in_block(sample, asked_of(ranked.collect()), 0.45)
    rows = [tuple(row) for row in found.select(*want._fields).collect()]
    assert sorted(rows) == sorted(zip(*(v.tolist() for v in want), strict=True))
    assert len(rows) > 50


def test_the_nearest_of_all_partitions_are_kept(ranked: DataFrame) -> None:
    sample = asked_of(sample_rows(ranked, 60, seed=1).collect())
    few = nearest_matches(scan(ranked, sample_scanner(sample, 0.6, GRID, 2), 5), 2).collect()
    every = nearest_matches(scan(ranked, sample_scanner(sample, 0.6, GRID, 1000), 5), 1000)
    by_asked: dict[int, list[tuple[float, int]]] = {}
    for row in every.collect():
        by_asked.setdefault(row.asked, []).append((min(row.real, row.mirror, row.flip), row.other))
    want = {(asked, other) for asked, rows in by_asked.items() for _, other in sorted(rows)[:2]}
    assert {(row.asked, row.other) for row in few} == want
    assert any(len(rows) > 2 for rows in by_asked.values())


def test_neighbours_are_counted_by_distance_and_looked_up_in_either_order(
    spark: SparkSession,
) -> None:
    def match(asked: int, other: bytes, real: float) -> tuple[object, ...]:
        return (asked, 0, other, real, 0.1, 0.1, 3, None)

    matches = spark.createDataFrame(
        [
            match(1, b"a", 0.0),
            match(1, b"z", 0.1999),
            match(1, b"b", 0.2),
            match(1, b"c", 0.39),
            match(1, b"d", 0.4),  # the end of the last bin is outside
            match(1, b"e", 2.0),  # near as a decoy only
            match(2, b"m", 0.3),
            match(3, b"a", 0.1),  # not in the sample
        ],
        spark_schema(MATCH_ROWS),
    )
    sample = spark.createDataFrame([(1, b"m"), (2, b"x")], "asked long, asked_id binary")
    pairs = spark.createDataFrame(
        [(None, a, b, 0.1, "cells") for a, b in ((b"a", b"m"), (b"m", b"z"), (b"m", b"x"))],
        spark_schema(PAIRS),
    )
    counted = neighbour_counts(matches, sample, pairs, (0.0, 0.2, 0.4), 9).collect()
    assert {tuple(row) for row in counted} == {(1, 0, 2, 2), (1, 1, 2, 0), (2, 1, 1, 1)}
    one_bin = neighbour_counts(matches, sample, pairs, (0.0, 0.2), 9).collect()
    assert {tuple(row) for row in one_bin} == {(1, 0, 2, 2)}
    nearest = neighbour_counts(matches, sample, pairs, (0.0, 0.2, 0.4), 3).collect()
    assert {tuple(row) for row in nearest} == {(1, 0, 2, 2), (1, 1, 1, 0), (2, 1, 1, 1)}
