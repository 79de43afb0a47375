"""Files of a store that are cut: never fewer rows, and a way back."""

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from store import Store, StoreError
from store.rollback import roll_back
from tests.faults.world import World, run_in_session, state_of

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def cut(file: Path) -> bytes:
    """Leave the first half of a file; return what it was."""
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    file.with_name(f".{file.name}.crc").unlink(missing_ok=True)  # damage that nothing notices
    return whole


def test_a_truncated_table_is_told_and_a_rollback_mends_it(
    world: World, spark: SparkSession, tmp_path: Path
) -> None:
    store = world.copy(tmp_path / "store")
    opened = Store(str(store))
    built, broken = opened.runs()
    for file in opened.files("images"):
        cut(Path(file.removeprefix("file://")))
    with pytest.raises(StoreError, match="rollback"):
        opened.table("images")
    with pytest.raises(Exception, match=r"not a Parquet file|is corrupt|footer"):
        run_in_session(spark, "dedupe_report", world.source, store)
    assert opened.run() == broken
    roll_back(opened, built.run_id)
    run_in_session(spark, "dedupe_report", world.source, store)
    seen, wanted = state_of(store), world.after("dedupe_report")
    for name in ("images", "pairs", "clusters", "model"):
        assert seen[name] == wanted[name]


def test_a_truncated_table_is_mended_by_a_build(
    world: World, spark: SparkSession, tmp_path: Path
) -> None:
    store = world.copy(tmp_path / "store")
    for name in ("signatures", "cells", "pairs"):
        for file in Store(str(store)).files(name):
            cut(Path(file.removeprefix("file://")))
    run_in_session(spark, "build_index", world.source, store)
    assert state_of(store) == world.after("build_index")


def test_a_log_entry_cut_in_half_that_no_run_pins(
    world: World, spark: SparkSession, tmp_path: Path
) -> None:
    """A run died while it wrote, on a file system that keeps half of a file."""
    store = world.copy(tmp_path / "store")
    last = max((store / "pairs" / "_delta_log").glob("*.json"))
    dead = last.with_name(f"{int(last.stem) + 1:020d}.json")
    dead.write_bytes(last.read_bytes())
    cut(dead)
    assert state_of(store) == world.before
    with pytest.raises(Exception, match=r"JsonEOF|Unexpected end-of-input|MALFORMED|parse"):
        run_in_session(spark, "dedupe_report", world.source, store)
    assert state_of(store) == world.before
    dead.unlink()
    run_in_session(spark, "dedupe_report", world.source, store)
    assert state_of(store) == world.after("dedupe_report")


def test_a_run_log_cut_in_half(world: World, spark: SparkSession, tmp_path: Path) -> None:
    world.after("compact")
    # A copy: this session remembers the log of a store that it has written.
    store = Path(shutil.copytree(world.ended("compact"), tmp_path / "store"))
    last = max((store / "runs" / "_delta_log").glob("*.json"))
    cut(last)
    with pytest.raises(StoreError, match=r"move it and the \.crc of its number away"):
        state_of(store)
    with pytest.raises(Exception, match=r"JsonEOF|Unexpected end-of-input|MALFORMED|parse"):
        run_in_session(spark, "compact", world.source, store)
    last.unlink()
    last.with_suffix(".crc").unlink()
    assert state_of(store) == world.before
    run_in_session(spark, "compact", world.source, store)
    assert state_of(store) == world.after("compact")
