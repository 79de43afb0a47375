"""A build that died after signing most images does not sign those again."""

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs import signing
from store import Store
from tests.conftest import PROJECT
from tests.spark.jobs_in_session import build, content

pytestmark = pytest.mark.spark

PHOTOS = sorted((PROJECT / "sample" / "photos").glob("*.jpg"))[:10]


class DeathError(Exception):
    """Stands for the end of a process."""


def test_what_a_dead_build_signed_is_not_decoded_again(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, root = tmp_path / "pictures", tmp_path / "store"
    folder.mkdir()
    for photo in PHOTOS:
        shutil.copy(photo, folder)

    def dies(*_: object) -> None:
        raise DeathError

    monkeypatch.setattr(signing, "image_rows", dies)
    with pytest.raises(DeathError):
        build(spark, folder, root, partitions=10)
    monkeypatch.undo()
    (dead,) = (root / "staging").iterdir()
    (signed,) = dead.iterdir()
    parts = sorted(signed.glob("part-*"))
    assert len(parts) == 10
    # As a kill leaves it: one task had not ended, another's file is cut.
    (signed / "_SUCCESS").unlink()
    parts[0].unlink()
    parts[1].write_bytes(parts[1].read_bytes()[:100])
    for left in signed.glob(".*.crc"):
        left.unlink()

    decoded = count_decoded(monkeypatch)
    store = build(spark, folder, root)
    assert store.run().counts["images_taken_over"] == 8
    assert decoded == [2]
    monkeypatch.undo()
    whole = build(spark, folder, tmp_path / "uninterrupted")
    for table in ("images", "signatures", "pairs", "clusters"):
        assert content(store.table(table)) == content(whole.table(table)), table


@pytest.mark.slow
def test_a_file_that_changed_meanwhile_is_signed_anew(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, root = tmp_path / "pictures", tmp_path / "store"
    folder.mkdir()
    for photo in PHOTOS[:3]:
        shutil.copy(photo, folder)
    (folder / "broken.jpg").write_bytes(b"no picture")
    spoil = {"max_failure_rate": 0.1}
    with pytest.raises(Exception, match="1 of 4 images failed"):
        build(spark, folder, root, **spoil)
    shutil.copy(PHOTOS[5], folder / PHOTOS[0].name)
    decoded = count_decoded(monkeypatch)
    store = build(spark, folder, root)
    assert decoded == [2], "the one that changed, and the one that failed"
    whole = build(spark, folder, tmp_path / "uninterrupted")
    assert content(store.table("images")) == content(whole.table("images"))
    assert Store(str(root)).run().counts["signed"] == 3


def count_decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the list to which each build adds how many images it decoded."""
    counted: list[int] = []
    honest = signing.sign_images

    def counting(*arguments: object) -> object:
        rows = honest(*arguments)  # type: ignore[arg-type]
        counted.append(rows.count())
        return rows

    monkeypatch.setattr(signing, "sign_images", counting)
    return counted
