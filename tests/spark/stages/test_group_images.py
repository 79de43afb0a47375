"""Groups of images: who stays, who goes, of which kind, and why."""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, Row

from jobs.criteria import DEFAULT_RANKING
from jobs.stages.choose_keepers import Checkpoint
from jobs.stages.group_images import (
    contested_images,
    duplicate_rows,
    group_images,
    removable_rows,
)
from jobs.stages.rank_images import rank_images
from store.schemas import CLUSTERS, DUPLICATES, IMAGES, PAIRS, REMOVABLE

from .conftest import MakeFrame, multiplies_rows

pytestmark = pytest.mark.spark

KEEPERS = pa.schema(
    [
        ("signature_id", pa.binary()),
        ("keeper_signature_id", pa.binary()),
        ("distance", pa.float64()),
    ]
)
BEST = "best ranked of its group"
PIXELS = "the keeper has more pixels"
BYTES = "the keeper has more bytes"
ID = "all else equal, the keeper has the smaller id"


def image(image_id: str, signature: str | None, content: str, **changed: object) -> dict[str, Any]:
    return {
        "image_id": image_id,
        "path": f"/pictures/{image_id}.jpg",
        "content_sha256": content,
        "bytes": 1000,
        "mtime": datetime(2020, 1, 1, tzinfo=UTC),
        "width": 10,
        "height": 10,
        "format": "JPEG",
        "status": "signed" if signature else "skipped",
        "signature_id": signature.encode() if signature else None,
    } | changed


IMAGES_GIVEN = [
    # Signature K with copies; R is removed for it, with copies of its own.
    image("k1", "K", "c1", width=50),
    image("k2", "K", "c1", width=50),
    image("k3", "K", "c2", width=50, bytes=900),
    image("r1", "R", "c3", width=20),
    image("r2", "R", "c3", width=20),
    image("r3", "R", "c4", width=15),
    # T is removed for K too, and R and T need not be alike.
    image("t1", "T", "c5", width=50, bytes=10),
    # Copies of a signature that is in no pair.
    image("s1", "S", "c6"),
    image("s2", "S", "c7"),
    # Alone.
    image("u1", "U", "c8"),
    # Featureless: only equal bytes make a group.
    image("f1", None, "d1"),
    image("f2", None, "d1"),
    image("f3", None, "d2"),
    # Failed ones with equal bytes make none.
    image("x1", None, "e1", status="failed"),
    image("x2", None, "e1", status="failed"),
    image("x3", None, None, status="failed"),
    image("x4", None, None, status="failed"),
]
PAIRS_GIVEN = [
    {"signature_id_a": b"K", "signature_id_b": b"R", "distance": 0.31},
    {"signature_id_a": b"K", "signature_id_b": b"T", "distance": 0.12},
]
ASSIGNED = [
    {"signature_id": b"R", "keeper_signature_id": b"K", "distance": 0.31},
    {"signature_id": b"T", "keeper_signature_id": b"K", "distance": 0.12},
]
EXPECTED = {
    ("k1", "k1", "keep", None, None, BEST),
    ("k2", "k1", "remove", "same_bytes", 0.0, ID),
    ("k3", "k1", "remove", "same_signature", 0.0, BYTES),
    ("r1", "k1", "remove", "near", 0.31, PIXELS),
    ("r2", "k1", "remove", "near", 0.31, PIXELS),
    ("r3", "k1", "remove", "near", 0.31, PIXELS),
    ("t1", "k1", "remove", "near", 0.12, BYTES),
    ("s1", "s1", "keep", None, None, BEST),
    ("s2", "s1", "remove", "same_signature", 0.0, ID),
    ("f1", "f1", "keep", None, None, BEST),
    ("f2", "f1", "remove", "same_bytes", 0.0, ID),
}


@pytest.fixture
def images(frame: MakeFrame) -> DataFrame:
    return frame(IMAGES_GIVEN, IMAGES)


@pytest.fixture
def contested(images: DataFrame, frame: MakeFrame, checkpoint: Checkpoint) -> DataFrame:
    return contested_images(images, frame(PAIRS_GIVEN, PAIRS), checkpoint)


def clusters_of(
    images: DataFrame, frame: MakeFrame, assigned: list[dict[str, Any]] = ASSIGNED
) -> DataFrame:
    ranked = rank_images(images, [], DEFAULT_RANKING)
    return group_images(ranked, frame(assigned, KEEPERS), "run-1")


def content(rows: list[Row]) -> set[tuple[Any, ...]]:
    return {(r.image_id, r.keeper_id, r.role, r.kind, r.distance, r.reason) for r in rows}


def test_only_pairs_and_copies_are_contested(contested: DataFrame) -> None:
    assert contested.columns == IMAGES.names
    ids = sorted(row.image_id for row in contested.collect())
    assert ids == ["f1", "f2", "k1", "k2", "k3", "r1", "r2", "r3", "s1", "s2", "t1"]


def test_contested_images_are_the_same_in_any_order(
    frame: MakeFrame, contested: DataFrame, checkpoint: Checkpoint
) -> None:
    pairs = frame(PAIRS_GIVEN[::-1], PAIRS)
    turned = frame(IMAGES_GIVEN[::-1], IMAGES).repartition(7)
    again = contested_images(turned, pairs, lambda rows, name: checkpoint(rows, f"again_{name}"))
    assert sorted(again.collect(), key=repr) == sorted(contested.collect(), key=repr)
    assert not multiplies_rows(again)


def test_every_image_with_a_duplicate_is_in_its_keepers_group(
    contested: DataFrame, frame: MakeFrame
) -> None:
    clusters = clusters_of(contested, frame)
    assert clusters.columns == CLUSTERS.names
    assert not multiplies_rows(clusters)
    rows = clusters.collect()
    assert content(rows) == EXPECTED
    assert len(rows) == len(EXPECTED)
    assert {row.run_id for row in rows} == {"run-1"}


@pytest.mark.parametrize("partitions", [1, 7])
def test_partitions_order_and_images_of_no_group_change_nothing(
    frame: MakeFrame, partitions: int
) -> None:
    signed = [row for row in IMAGES_GIVEN[::-1] if row["status"] != "failed"]
    rows = clusters_of(frame(signed, IMAGES).repartition(partitions), frame).collect()
    assert content(rows) == EXPECTED
    assert len(rows) == len(EXPECTED)


def test_the_reason_follows_the_ranking(contested: DataFrame, frame: MakeFrame) -> None:
    ranked = rank_images(contested, [], ("bytes:smaller", "path"))
    rows = group_images(ranked, frame([], KEEPERS), "run-1").collect()
    said = {row.image_id: (row.keeper_id, row.reason) for row in rows}
    assert said["k3"] == ("k3", BEST)
    assert said["k1"] == ("k3", "the keeper has fewer bytes")
    assert said["s2"] == ("s1", "the keeper has the path that comes first")


def test_without_pairs_only_copies_are_grouped(
    images: DataFrame, frame: MakeFrame, checkpoint: Checkpoint
) -> None:
    contested = contested_images(images, frame([], PAIRS), checkpoint)
    rows = clusters_of(contested, frame, []).collect()
    assert {(row.image_id, row.keeper_id) for row in rows} == {
        *(("k1", "k1"), ("k2", "k1"), ("k3", "k1"), ("r1", "r1"), ("r2", "r1"), ("r3", "r1")),
        *(("s1", "s1"), ("s2", "s1"), ("f1", "f1"), ("f2", "f1")),
    }
    assert {row.kind for row in rows} == {None, "same_bytes", "same_signature"}


def test_duplicates_lists_each_removable_image_beside_its_keeper(
    contested: DataFrame, frame: MakeFrame
) -> None:
    duplicates = duplicate_rows(clusters_of(contested, frame), contested)
    assert duplicates.columns == DUPLICATES.names
    rows = {row.image_id: row for row in duplicates.collect()}
    assert rows.keys() == {row[0] for row in EXPECTED if row[2] == "remove"}
    assert rows["t1"].asDict() == {
        "image_id": "t1",
        "path": "/pictures/t1.jpg",
        "keeper_id": "k1",
        "keeper_path": "/pictures/k1.jpg",
        "distance": 0.12,
        "kind": "near",
        "reason": BYTES,
        "bytes_to_gain": 10,
    }


def test_removable_has_what_a_checker_needs(contested: DataFrame, frame: MakeFrame) -> None:
    removable = removable_rows(clusters_of(contested, frame), contested)
    assert removable.columns == REMOVABLE.names
    rows = {row.path: row for row in removable.collect()}
    assert len(rows) == len([row for row in EXPECTED if row[2] == "remove"])
    assert rows["/pictures/t1.jpg"].asDict() == {
        "path": "/pictures/t1.jpg",
        "keeper_path": "/pictures/k1.jpg",
        "kind": "near",
        "distance": 0.12,
        "bytes": 10,
        "content_sha256": "c5",
        "keeper_content_sha256": "c1",
    }
