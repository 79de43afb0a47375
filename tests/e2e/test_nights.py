"""The jobs after the first build, through the door, as a user starts them."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from store import Store
from tests.conftest import PROJECT
from tests.e2e.conftest import Job

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_night_a_compaction_and_another_model(build: Job, tmp_path: Path) -> None:
    source, root = tmp_path / "photos", tmp_path / "store"
    source.mkdir()
    photos = sorted((PROJECT / "sample" / "photos").glob("*.jpg"))[:8]
    for photo in photos:
        shutil.copy(photo, source)
    assert build("--source", str(source), "--store", str(root)).returncode == 0

    shutil.copy(photos[0], source / "a copy.jpg")
    (source / photos[7].name).unlink()
    ended = build("--source", str(source), "--store", str(root), job="dedupe_report")
    assert ended.returncode == 0, ended.stdout
    for words in (
        "images new",
        "images vanished",
        "removable, in new groups",
        "since the run before",
    ):
        assert words in ended.stdout
    assert not ended.stderr
    run = Store(str(root)).run()
    news = pq.read_table(root / "reports" / run.run_id / "new.parquet").to_pylist()
    assert [row["change"] for row in news] == ["new_group"]
    assert {Path(news[0]["path"]).name, Path(news[0]["keeper_path"]).name} == {
        "a copy.jpg",
        photos[0].name,
    }
    assert run.counts["images_vanished"] == 1
    assert run.counts["images_unchanged"] == 7

    for job in ("compact", "refit"):
        ended = build("--store", str(root), job=job)
        assert ended.returncode == 0, ended.stdout
        assert not ended.stderr
        assert Store(str(root)).run().counts["removable"] == 1
