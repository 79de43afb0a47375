"""What a run found of a known truth."""

from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.stages.measure_truth import RECALL, measure_truth
from signature import normalized_distance
from store.schemas import IMAGES, PAIRS, SIGNATURES
from tests.unit.matching.examples import signatures

from .conftest import MakeFrame, multiplies_rows

pytestmark = pytest.mark.spark

ORIGINAL = signatures(20)[1]
CUTOFF = 0.4


def altered(levels: int) -> np.ndarray[Any, np.dtype[np.int8]]:
    """The original with so many levels turned to their opposites."""
    copy = ORIGINAL.copy()
    copy[np.flatnonzero(copy)[:levels]] *= -1
    return copy


NEAR, ALSO_NEAR, MISSED, FAR = altered(3), altered(5), altered(4), altered(60)
DISTANCES = [normalized_distance(ORIGINAL, copy) for copy in (NEAR, ALSO_NEAR, FAR)]
SIGNATURES_GIVEN = {b"O": ORIGINAL, b"N": NEAR, b"Z": ALSO_NEAR, b"M": MISSED, b"F": FAR}
IMAGES_GIVEN = {
    "/o": b"O",
    "/near": b"N",
    "/also": b"Z",
    "/missed": b"M",
    "/far": b"F",
    "/same": b"O",
    "/failed": None,
}
TRUTH = [
    ("/o", "/o", "original"),
    ("/near", "/o", "crop"),
    ("/also", "/o", "crop"),
    ("/far", "/o", "crop"),
    ("/same", "/o", "copy"),
    ("/missed", "/o", "resize"),
    ("/failed", "/o", "blur"),
    ("/absent", "/o", "blur"),
    ("/near", "/failed", "flip"),
]
PAIRS_FOUND = [(b"N", b"O"), (b"O", b"Z"), (b"F", b"N"), (b"M", b"N")]


@pytest.fixture
def measured(frame: MakeFrame, spark: SparkSession) -> DataFrame:
    truth = spark.createDataFrame(TRUTH, "path string, original_path string, transform string")
    images = [{"image_id": p, "path": p, "signature_id": s} for p, s in IMAGES_GIVEN.items()]
    levels = [
        {"signature_id": s, "signature": one.tobytes()} for s, one in SIGNATURES_GIVEN.items()
    ]
    pairs = [{"signature_id_a": a, "signature_id_b": b, "distance": 0.1} for a, b in PAIRS_FOUND]
    return measure_truth(
        truth, frame(images, IMAGES), frame(levels, SIGNATURES), frame(pairs, PAIRS), CUTOFF
    )


def test_the_distances_are_on_both_sides_of_the_cutoff() -> None:
    assert DISTANCES[0] < DISTANCES[1] < CUTOFF < DISTANCES[2]


def test_found_is_told_beside_what_could_be_found(measured: DataFrame) -> None:
    assert measured.columns == RECALL.names
    assert [tuple(row) for row in measured.collect()] == [
        ("blur", 2, 0, 0, None),
        ("copy", 1, 1, 1, 0.0),
        ("crop", 3, 2, 2, DISTANCES[1]),
        ("flip", 1, 0, 0, None),
        ("resize", 1, 1, 0, normalized_distance(ORIGINAL, MISSED)),
    ]
    assert not multiplies_rows(measured)


def test_nothing_was_signed(frame: MakeFrame, spark: SparkSession) -> None:
    truth = spark.createDataFrame(TRUTH, "path string, original_path string, transform string")
    nothing = [frame([], schema) for schema in (IMAGES, SIGNATURES, PAIRS)]
    rows = measure_truth(truth, *nothing, CUTOFF).collect()
    assert sum(row.images for row in rows) == len(TRUTH) - 1  # the original is no copy
    assert {(row.below_cutoff, row.found, row.median_distance) for row in rows} == {(0, 0, None)}
