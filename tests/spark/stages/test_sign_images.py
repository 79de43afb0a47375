"""Admitted rows become images, rejects and distinct signatures."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyspark.sql import DataFrame, SparkSession

from jobs.stages.sign_images import distinct_signatures, image_rows, rejected_rows, sign_images
from sandbox import Limits
from signature import DecodePolicy, SignatureParameters, compact, sign_pixels, signature_version
from store.schemas import IMAGES, REJECTS, SIGNATURES
from udfs.identifying import IDENTIFIED_ROWS
from udfs.signing import SigningTask

from .conftest import MakeFrame

pytestmark = pytest.mark.spark

ADMITTED = IDENTIFIED_ROWS.append(pa.field("admitted", pa.bool_()))
PARAMETERS, POLICY = SignatureParameters(), DecodePolicy()
VERSION = signature_version(PARAMETERS, POLICY)
TASK = SigningTask(PARAMETERS, POLICY, VERSION, 10**6, Limits())


def pixels(seed: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (50, 70, 3), np.uint8)


@pytest.fixture
def admitted(frame: MakeFrame, tmp_path: Path) -> DataFrame:
    """Two pictures, a copy of one in another format, a flat one, a bad one, and two lost ones."""
    Image.fromarray(pixels(1)).save(tmp_path / "one.png")
    Image.fromarray(pixels(1)).save(tmp_path / "copy.bmp")
    Image.fromarray(pixels(2)).save(tmp_path / "two.png")
    Image.new("RGB", (30, 40), "red").save(tmp_path / "flat.png")
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    names = ["one.png", "copy.bmp", "two.png", "flat.png", "bad.jpg"]
    good = [
        {"image_id": name, "path": str(tmp_path / name), "metadata": name, "admitted": True}
        for name in names
    ]
    closed = {"image_id": "closed", "path": "/c", "reason": "permission_denied", "admitted": True}
    homeless = {"path": "", "reason": "invalid_path", "message": "Nothing.", "admitted": False}
    return frame([*good, closed, homeless], ADMITTED)


@pytest.fixture
def signed(admitted: DataFrame) -> DataFrame:
    return sign_images(admitted, TASK, 3, _ignore)


def _ignore(number: int) -> None:
    del number


def test_each_image_that_has_not_failed_yet_is_signed_as_by_a_direct_call(
    signed: DataFrame,
) -> None:
    rows = {row.image_id: row for row in signed.collect()}
    assert {name: row.status for name, row in rows.items()} == {
        "one.png": "signed",
        "copy.bmp": "signed",
        "two.png": "signed",
        "flat.png": "skipped",
        "bad.jpg": "failed",
    }
    for name, seed in (("one.png", 1), ("copy.bmp", 1), ("two.png", 2)):
        assert bytes(rows[name].signature) == compact(sign_pixels(pixels(seed))).tobytes()


def test_images_are_counted_while_they_are_signed(spark: SparkSession, admitted: DataFrame) -> None:
    done = spark.sparkContext.accumulator(0)
    assert sign_images(admitted, TASK, 2, done.add).count() == 5
    assert done.value == 5


def test_the_table_images_holds_all_that_have_an_id(
    signed: DataFrame, admitted: DataFrame, tmp_path: Path
) -> None:
    images = image_rows(signed, admitted, "run-1")
    assert images.columns == IMAGES.names
    rows = {row.image_id: row for row in images.collect()}
    assert rows.keys() == {"one.png", "copy.bmp", "two.png", "flat.png", "bad.jpg", "closed"}
    assert {row.run_id for row in rows.values()} == {"run-1"}
    assert (rows["closed"].status, rows["closed"].reason) == ("failed", "permission_denied")
    one = rows["one.png"]
    assert (one.width, one.height, one.format, one.metadata) == (70, 50, "PNG", "one.png")
    modified = (tmp_path / "one.png").stat().st_mtime_ns // 1000
    assert one.mtime.astimezone(UTC) == datetime.fromtimestamp(modified / 10**6, UTC)


def test_rejects_are_all_that_was_not_signed(signed: DataFrame, admitted: DataFrame) -> None:
    rejects = rejected_rows(image_rows(signed, admitted, "run-1"), admitted)
    assert rejects.columns == REJECTS.names
    assert {(row.image_id, row.status, row.reason) for row in rejects.collect()} == {
        ("flat.png", "skipped", "featureless"),
        ("bad.jpg", "failed", "not_an_image"),
        ("closed", "failed", "permission_denied"),
        (None, "failed", "invalid_path"),
    }


def test_equal_signatures_are_one_row(signed: DataFrame) -> None:
    rows = distinct_signatures(signed, VERSION)
    assert rows.columns == SIGNATURES.names
    expected = {compact(sign_pixels(pixels(seed))).tobytes() for seed in (1, 2)}
    found = [bytes(row.signature) for row in rows.collect()]
    assert len(found) == 2
    assert set(found) == expected
    assert {row.signature_version for row in rows.collect()} == {VERSION}
