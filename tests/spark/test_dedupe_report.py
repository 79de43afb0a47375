"""Nights over real pictures: what is signed, what is reported, and that it equals a build."""

import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image
from pyspark.sql import SparkSession

from jobs.errors import TooManyFailuresError, UserError
from store import Store
from tests.conftest import PROJECT
from tests.spark.jobs_in_session import build, content, night

pytestmark = pytest.mark.spark

PHOTOS = sorted((PROJECT / "sample" / "photos").glob("*.jpg"))


def smaller(photo: Path, target: Path) -> None:
    with Image.open(photo) as picture:
        picture.resize((picture.width // 2, picture.height // 2)).save(target)


def report(store: Store, name: str) -> list[dict[str, object]]:
    folder = Path(store.layout.report(store.run().run_id))
    rows: list[dict[str, object]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return rows


def states(store: Store) -> dict[str, dict[str, object]]:
    return {Path(r["path"]).name: r for r in store.table("images").to_pylist()}


def equals_a_build(spark: SparkSession, store: Store, source: Path, other: Path) -> None:
    """The state is the one that a build of the same source under the same model has."""
    shutil.copytree(f"{store.layout.root}/models", other / "models")
    built = build(spark, source, other, model=store.run().model_id)
    assert built.run().model_id == store.run().model_id
    for table in ("images", "pairs", "clusters"):
        assert content(store.table(table)) == content(built.table(table)), table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pictures and a file that is none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for photo in PHOTOS[:6]:
        shutil.copy(photo, folder)
    (folder / "notes.txt").write_text("no picture")
    return folder


def add_copies(folder: Path) -> None:
    """Add a copy of the first picture, and a smaller one of the second."""
    shutil.copy(PHOTOS[0], folder / "copy.jpg")
    smaller(PHOTOS[1], folder / "smaller.png")


def test_a_night_signs_what_is_new_and_reports_it(
    spark: SparkSession, folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "store"
    store = build(spark, folder, root)
    first = states(store)
    add_copies(folder)
    lines = night(spark, folder, root)
    counts = store.run().counts
    assert counts["images_new"] == counts["signed"] - 6 == 2
    assert (counts["images_changed"], counts["images_unchanged"]) == (0, 7)
    assert counts["signatures_came"] == counts["newcomers"] == 1
    assert {(Path(str(r["path"])).name, r["change"]) for r in report(store, "new")} >= {
        ("smaller.png", "new_group")
    }
    for name, row in first.items():
        assert states(store)[name] == row, "an image that did not change was signed again"
    assert any("images new" in line for line in lines)
    summary = json.loads(
        Path(store.layout.report(store.run().run_id), "summary.json").read_text(encoding="utf-8")
    )
    assert summary["counts"] == counts
    assert summary["warnings"] == []
    assert [r["reason"] for r in report(store, "rejects")] == ["not_an_image"]
    assert len(report(store, "duplicates")) == counts["removable"] == 2


@pytest.mark.slow
def test_three_nights_equal_a_build(spark: SparkSession, folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "store"
    store = build(spark, folder, root)
    add_copies(folder)
    night(spark, folder, root)

    (folder / PHOTOS[1].name).unlink()
    shutil.copy(PHOTOS[7], folder / PHOTOS[2].name)
    night(spark, folder, root)
    counts = store.run().counts
    assert (counts["images_changed"], counts["images_vanished"]) == (1, 1)
    assert (counts["signatures_came"], counts["signatures_went"]) == (1, 2)
    gone = store.table("tombstones").to_pylist()
    assert [(Path(r["path"]).name, r["reason"]) for r in gone] == [(PHOTOS[1].name, "vanished")]
    assert "smaller.png" in {
        Path(str(r["path"])).name for r in report(store, "new") if r["change"] == "freed"
    }

    shutil.copy(PHOTOS[1], folder)  # comes back
    night(spark, folder, root)
    assert store.table("tombstones").num_rows == 0
    assert store.table("retired").num_rows == 1
    assert [run.job for run in store.runs()] == ["build_index", *["dedupe_report"] * 3]
    equals_a_build(spark, store, folder, tmp_path / "other")


@pytest.mark.slow
def test_who_is_forgotten_stays_away_and_what_is_not_listed_may_stay(
    spark: SparkSession, tmp_path: Path
) -> None:
    folder, more, root = tmp_path / "pictures", tmp_path / "more", tmp_path / "store"
    for place, photos in ((folder, PHOTOS[:4]), (more, PHOTOS[4:5])):
        place.mkdir()
        for photo in photos:
            shutil.copy(photo, place)
    shutil.copy(PHOTOS[0], folder / "copy.jpg")
    with pytest.raises(UserError, match="make the store with build_index"):
        night(spark, folder, root)
    store = build(spark, folder, root)
    names = states(store)
    forget = tmp_path / "forget.txt"
    forget.write_text(f"{names[PHOTOS[1].name]['image_id']}\nnobody\n")

    night(spark, more, root, new_only=True, forget=forget)
    counts = store.run().counts
    assert (counts["images_new"], counts["images_forgotten"], counts["images_vanished"]) == (
        1,
        1,
        0,
    )
    assert set(states(store)) == {*names, PHOTOS[4].name} - {PHOTOS[1].name}
    assert counts["images"] == counts["signed"] == 5

    os.utime(folder / PHOTOS[2].name, ns=(1, 1))
    lines = night(spark, folder, root, compare_contents=True, against=root)
    counts = store.run().counts
    assert (counts["images_changed"], counts["images_vanished"]) == (0, 1)
    assert counts["skipped.forgotten"] == 1
    assert [row["reason"] for row in report(store, "rejects")] == ["forgotten"]
    assert PHOTOS[1].name not in states(store)
    assert {r["reason"] for r in store.table("tombstones").to_pylist()} == {"vanished", "forgotten"}
    leaks = report(store, "against")
    assert {row["kind"] for row in leaks if row["distance"] == 0} == {"same_bytes"}
    assert {row["image_id"] for row in leaks} == {r["image_id"] for r in states(store).values()}
    assert any("pairs with" in line for line in lines)

    committed = store.run().run_id
    with pytest.raises(TooManyFailuresError, match="not in this source"):
        night(spark, more, root)
    assert store.run().run_id == committed
