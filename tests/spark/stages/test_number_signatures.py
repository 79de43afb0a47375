"""The places of signatures in the ranking."""

import numpy as np
import pytest
from pyspark.sql import SparkSession

from jobs.stages import number_signatures as stage
from jobs.stages.number_signatures import number_signatures

from .conftest import Checkpoint

pytestmark = pytest.mark.spark

COUNT = 500


@pytest.mark.parametrize("in_one_task", [10**6, 100, 7])
def test_places_are_without_gaps_in_the_order_of_ranks(
    in_one_task: int, spark: SparkSession, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "_SIGNATURES_PER_TASK", in_one_task)
    ranks = [f"{number:04d}" for number in np.random.default_rng(1).permutation(COUNT)]
    rows = [(rank.encode(), rank) for rank in ranks]
    given = spark.createDataFrame(rows, "signature_id binary, rank string").repartition(5)
    written = number_signatures(given, COUNT, checkpoint)
    places = {row.place: bytes(row.signature_id) for row in written.collect()}
    assert [places[place] for place in range(COUNT)] == sorted(rank.encode() for rank in ranks)


def test_nothing_has_no_places(spark: SparkSession, checkpoint: Checkpoint) -> None:
    none = spark.createDataFrame([], "signature_id binary, rank string")
    assert number_signatures(none, 0, checkpoint).collect() == []
