"""A store that was put back to an earlier run, and the nights after it."""

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from store.rollback import roll_back
from tests.conftest import PROJECT
from tests.spark.jobs_in_session import build, content, night

pytestmark = pytest.mark.spark

PHOTOS = sorted((PROJECT / "sample" / "photos").glob("*.jpg"))
TABLES = ("images", "signatures", "pairs", "clusters", "tombstones")


@pytest.mark.slow
def test_the_next_night_works_from_the_run_that_readers_see(
    spark: SparkSession, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for photo in PHOTOS[:3]:
        shutil.copy(photo, folder)
    store = build(spark, folder, tmp_path / "store")
    built = store.run().run_id
    shutil.copy(PHOTOS[0], folder / "copy.jpg")
    shutil.copy(PHOTOS[5], folder)
    (folder / PHOTOS[1].name).unlink()
    night(spark, folder, tmp_path / "store")
    after = {name: content(store.table(name)) for name in TABLES}

    roll_back(store, built)
    assert len(store.table("images")) == 3
    night(spark, folder, tmp_path / "store")
    counts = store.run().counts
    assert (counts["images_new"], counts["images_vanished"], counts["signatures_came"]) == (2, 1, 1)
    assert {name: content(store.table(name)) for name in TABLES} == after
    assert [run.job for run in store.runs()] == [
        "build_index",
        "dedupe_report",
        "rollback",
        "dedupe_report",
    ]
