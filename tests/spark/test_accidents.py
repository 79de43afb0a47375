"""A whole job whose decoder crashes, hangs and swells in Spark's own Python workers."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyspark.sql import SparkSession

from tests.spark.jobs_in_session import build

pytestmark = pytest.mark.spark

#: Put into the workers by Python itself when they start: breaks Pillow for some widths.
SITECUSTOMIZE = """
import ctypes, os, signal, time
from PIL import ImageFile

load = ImageFile.ImageFile.load
accidents = {
    101: lambda: os.abort(),
    102: lambda: ctypes.string_at(0),
    103: lambda: os.kill(os.getpid(), signal.SIGKILL),
    104: lambda: time.sleep(10 ** 6),
    105: lambda: bytearray(20 * 2 ** 30),
}

def hostile(self):
    if self.width in accidents:
        accidents[self.width]()
    return load(self)

ImageFile.ImageFile.load = hostile
"""

REASONS = {
    101: "decoder_crashed",
    102: "decoder_crashed",
    103: "decoder_crashed",
    104: "timeout",
    105: "out_of_memory",
}


def test_each_accident_fails_its_own_image_and_the_job_ends_well(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, pictures = tmp_path / "code", tmp_path / "pictures"
    code.mkdir()
    pictures.mkdir()
    (code / "sitecustomize.py").write_text(SITECUSTOMIZE)
    monkeypatch.setitem(spark.sparkContext.environment, "PYTHONPATH", str(code))
    random = np.random.default_rng(3)
    for width in range(90, 120):
        colours = random.integers(0, 256, (80, width, 3), np.uint8)
        Image.fromarray(colours).save(pictures / f"{width}.png")
    store = build(spark, pictures, tmp_path / "store", partitions=2)
    images = {int(Path(row["path"]).stem): row for row in store.table("images").to_pylist()}
    assert {width: images[width]["reason"] for width in images if width in REASONS} == REASONS
    others = [images[width] for width in images if width not in REASONS]
    assert len(others) == 25
    assert {(row["status"], row["reason"]) for row in others} == {("signed", None)}
    assert (store.run().counts["signed"], store.run().counts["failed"]) == (25, 5)
