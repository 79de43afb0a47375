"""A store that a job wrote is searched where it lies."""

import shutil
from pathlib import Path

import pytest
from PIL import Image
from pyspark.sql import SparkSession

from lookup import SignatureStore
from tests.conftest import PROJECT
from tests.spark.jobs_in_session import build

pytestmark = pytest.mark.spark


def test_every_picture_of_a_store_finds_itself_and_its_copies(
    spark: SparkSession, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    names = sorted((PROJECT / "sample" / "photos").glob("*.jpg"))[:8]
    for photo in names:
        shutil.copy(photo, photos)
    shutil.copy(names[0], photos / "copy.jpg")
    with Image.open(names[3]) as picture:
        picture.transpose(Image.Transpose.ROTATE_180).save(tmp_path / "turned.png")
    build(spark, photos, tmp_path / "store", matching__rules="cells")
    store = SignatureStore(str(tmp_path / "store"))
    assert store.count() == 9
    for photo in names:
        found = store.search_image(str(photos / photo.name))
        expected = {photo.name, "copy.jpg"} if photo == names[0] else {photo.name}
        assert {Path(match["path"]).name for match in found if match["dist"] == 0} == expected
    turned = str(tmp_path / "turned.png")
    (first, *_) = store.search_image(turned, all_orientations=True)
    assert Path(first["path"]).name == names[3].name
    assert first["orientation"] == "turned_180"
