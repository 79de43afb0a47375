"""Stores of each released version are read and carried on, or refused with a sentence."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from jobs.errors import UserError
from store import Store
from store.errors import StoreFormatError
from store.schemas import STORE_FORMAT
from tests.data.stores.make_store import (
    EXPECTED,
    HERE,
    VERSIONS,
    make_pictures,
    unpack,
    what_it_says,
)
from tests.spark.jobs_in_session import build, compact, night


def ids(rows: Sequence[Sequence[object]], role: str) -> set[object]:
    return {row[0] for row in rows if row[2] == role}


@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_read(version: str, tmp_path: Path) -> None:
    store = Store(str(unpack(version, tmp_path)))
    wanted = json.loads((HERE / version / EXPECTED).read_text(encoding="utf-8"))
    assert what_it_says(store) == wanted
    assert [(run.job, run.code_version) for run in store.runs()] == [
        ("build_index", version),
        ("dedupe_report", version),
    ]
    assert store.table("images", store.runs()[0].run_id).num_rows == 5


@pytest.mark.spark
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.slow
def test_it_is_carried_on(version: str, spark: SparkSession, tmp_path: Path) -> None:
    """Signatures, cells and pairs of then stand beside those of now."""
    root = unpack(version, tmp_path)
    store = Store(str(root))
    kept = ids(what_it_says(store)["clusters"], "keep")
    manifest = make_pictures(tmp_path / "pictures", "aAbcBeC")
    night(spark, manifest, root)
    compact(spark, root)
    assert store.run().model_id == store.runs()[1].model_id
    assert store.run().counts["signatures"] == 7
    said = what_it_says(store)
    assert ids(said["clusters"], "keep") == kept | {"c"}
    built = build(spark, manifest, tmp_path / "built")
    anew = what_it_says(built)
    assert (said["images"], said["clusters"]) == (anew["images"], anew["clusters"])


def newer(root: Path) -> str:
    """Make a store one of a format to come."""
    log = DeltaTable(str(root / "runs"))
    log.update(updates={"store_format": str(STORE_FORMAT + 1), "code_version": "'9.9.9'"})
    return rf"format {STORE_FORMAT + 1}.*9\.9\.9.* or a newer one"


def test_a_store_of_a_newer_layout_is_refused_by_readers(tmp_path: Path) -> None:
    root = unpack(VERSIONS[-1], tmp_path)
    sentence = newer(root)
    with pytest.raises(StoreFormatError, match=sentence):
        Store(str(root)).run()


@pytest.mark.spark
def test_a_store_of_a_newer_layout_is_refused_by_jobs(spark: SparkSession, tmp_path: Path) -> None:
    root = unpack(VERSIONS[-1], tmp_path)
    sentence = newer(root)
    before = sorted(root.rglob("*"))
    for job in (lambda: compact(spark, root), lambda: night(spark, tmp_path, root)):
        with pytest.raises(UserError, match=sentence):
            job()
    assert sorted(root.rglob("*")) == before
