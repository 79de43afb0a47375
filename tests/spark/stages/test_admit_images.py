"""The manifest's rows get an id, and each id one row."""

import random
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from fetch import image_id_of
from jobs.sources import LISTING
from jobs.stages.admit_images import admit_images

pytestmark = pytest.mark.spark

Given = tuple[str | None, str | None, str | None, str | None]
"""image_id, path, metadata, reason."""


def admitted(spark: SparkSession, *given: Given, partitions: int = 2) -> list[Row]:
    rows = [(image_id, path, metadata, 5, 6, reason) for image_id, path, metadata, reason in given]
    manifest = spark.createDataFrame(rows, LISTING).repartition(partitions)
    return sorted(admit_images(manifest).collect(), key=repr)


def told(rows: list[Row]) -> set[tuple[Any, ...]]:
    outcomes = [(row.image_id, row.path, row.reason, row.admitted) for row in rows]
    assert len(set(outcomes)) == len(outcomes)
    return set(outcomes)


def test_rows_get_their_own_ids(spark: SparkSession) -> None:
    rows = admitted(spark, (None, "/a", "{}", None), ("7", "/b/../c", None, None))
    assert told(rows) == {(image_id_of("/a"), "/a", None, True), ("7", "/c", None, True)}
    first = next(row for row in rows if row.path == "/a")
    assert (first.metadata, first.bytes, first.mtime, first.message) == ("{}", 5, 6, None)


def test_of_one_id_the_first_in_path_order_counts(spark: SparkSession) -> None:
    rows = admitted(
        spark, ("x", "/m", None, None), ("x", "/b", None, None), ("x", "/Z", None, None)
    )
    assert told(rows) == {
        ("x", "/Z", None, True),  # in the order of bytes, capitals come first
        ("x", "/b", "duplicate_id", False),
        ("x", "/m", "duplicate_id", False),
    }
    assert {row.message for row in rows if not row.admitted} == {"its image_id belongs to /Z"}


def test_a_repeated_row_is_one_row(spark: SparkSession) -> None:
    rows = admitted(
        spark,
        (None, "/a", None, None),
        (None, "/./a", None, None),
        ("x", "/b", "2", None),
        ("x", "/b", "1", None),
        ("x", "/b", "1", None),
    )
    assert told(rows) == {(image_id_of("/a"), "/a", None, True), ("x", "/b", None, True)}
    assert {row.metadata for row in rows} == {None, "1"}


def test_a_repeated_row_is_one_row_where_another_path_has_its_id(spark: SparkSession) -> None:
    rows = admitted(
        spark, ("x", "/a", None, None), ("x", "/b", None, None), ("x", "/b", None, None)
    )
    assert told(rows) == {("x", "/a", None, True), ("x", "/b", "duplicate_id", False)}


def test_one_path_may_have_two_ids(spark: SparkSession) -> None:
    rows = admitted(spark, ("x", "/a", None, None), ("y", "/a", None, None))
    assert told(rows) == {("x", "/a", None, True), ("y", "/a", None, True)}


@pytest.mark.parametrize(
    ("image_id", "fits"),
    [("i" * 512, True), ("i" * 513, False), ("é" * 256, True), ("é" * 257, False)],
)
def test_an_id_has_at_most_512_bytes(spark: SparkSession, image_id: str, fits: bool) -> None:
    (row,) = admitted(spark, (image_id, "/a", None, None))
    assert (row.admitted, row.reason) == ((True, None) if fits else (False, "invalid_id"))
    assert (row.message is None) == fits


def test_two_rows_with_one_unusable_id_are_both_invalid(spark: SparkSession) -> None:
    rows = admitted(spark, ("i" * 513, "/a", None, None), ("i" * 513, "/b", None, None))
    assert {row.reason for row in rows} == {"invalid_id"}
    assert {row.path for row in rows} == {"/a", "/b"}
    assert not any(row.admitted for row in rows)


def test_a_path_that_names_nothing_has_no_home(spark: SparkSession) -> None:
    rows = admitted(
        spark,
        (None, None, None, None),
        (None, "", None, None),
        (None, "a\0b", None, "invalid_path"),
        (None, "a\0b", None, "invalid_path"),
    )
    assert len(rows) == 4
    assert {(row.reason, row.image_id, row.admitted) for row in rows} == {
        ("invalid_path", None, False)
    }
    assert all(row.message for row in rows if row.path in (None, ""))


def test_an_id_of_its_own_gives_a_home_to_an_invalid_path(spark: SparkSession) -> None:
    (row,) = admitted(spark, ("x", None, None, None))
    assert (row.image_id, row.reason, row.admitted) == ("x", "invalid_path", True)


def test_a_row_that_names_nothing_takes_no_id_from_one_that_does(spark: SparkSession) -> None:
    rows = admitted(spark, ("x", None, None, None), ("x", "/a", None, None))
    assert ("x", "/a", None, True) in told(rows)


def test_what_the_source_knew_stays_the_reason(spark: SparkSession) -> None:
    (row,) = admitted(spark, (None, "/closed", None, "permission_denied"))
    assert told([row]) == {(image_id_of("/closed"), "/closed", "permission_denied", True)}


@pytest.mark.parametrize("seed", [1, 2])
def test_partitions_and_order_change_nothing(spark: SparkSession, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    given: list[Given] = [
        (rng.choice([None, "x", "y", "i" * 600]), rng.choice(["/a", "/b", "/c", ""]), None, None)
        for _ in range(40)
    ]
    expected = admitted(spark, *given)
    for partitions in (1, 7):
        shuffled = rng.sample(given, len(given))
        assert admitted(spark, *shuffled, partitions=partitions) == expected
