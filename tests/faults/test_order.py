"""Two runs at once, and a clock that jumps backwards."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs import compact, dedupe_report
from jobs.errors import ConflictError
from jobs.sinks import run_log
from store import Store
from store.rollback import roll_back
from tests.faults.world import World, run_in_session, state_of

pytestmark = [pytest.mark.spark, pytest.mark.slow]

_LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def test_of_a_night_and_a_compaction_at_once_one_commits(
    world: World, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The compaction runs to its end while the night is at work."""
    compacted, wanted = world.after("compact"), world.after("dedupe_report")
    store = world.copy(tmp_path / "store")
    honest = dedupe_report.choose_keepers

    def meanwhile(*arguments: object) -> object:
        monkeypatch.undo()
        run_in_session(spark, "compact", world.source, store)
        return honest(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(dedupe_report, "choose_keepers", meanwhile)
    with pytest.raises(ConflictError):
        run_in_session(spark, "dedupe_report", world.source, store)
    assert state_of(store) == compacted
    run_in_session(spark, "dedupe_report", world.source, store)
    seen = state_of(store)
    for name in ("images", "pairs", "clusters", "tombstones", "model"):
        assert seen[name] == wanted[name]


def test_of_a_compaction_and_a_rollback_at_once_one_commits(
    world: World, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = world.copy(tmp_path / "store")
    opened = Store(str(store))
    first = opened.runs()[0]
    honest = compact.compact_tables

    def meanwhile(*arguments: object) -> object:
        done = honest(*arguments)  # type: ignore[arg-type]
        roll_back(opened, first.run_id)
        return done

    monkeypatch.setattr(compact, "compact_tables", meanwhile)
    with pytest.raises(ConflictError):
        run_in_session(spark, "compact", world.source, store)
    assert (opened.run().restores, opened.run().versions) == (first.run_id, first.versions)


def test_a_clock_that_jumps_backwards(
    world: World, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run log, the file times and Delta's own log say 2001; order is that of the log."""
    store = world.copy(tmp_path / "store")
    before = Store(str(store)).run()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # noqa: ARG003
            return _LONG_AGO

    monkeypatch.setattr(run_log, "datetime", Clock)
    run_in_session(spark, "dedupe_report", world.source, store)
    monkeypatch.undo()
    for name in Store(str(store)).run().versions:
        last = max((store / name / "_delta_log").glob("*.json"))
        os.utime(last, (_LONG_AGO.timestamp(), _LONG_AGO.timestamp()))
    run = Store(str(store)).run()
    assert (run.parent, run.committed_at) == (before.run_id, _LONG_AGO)
    assert state_of(store) == world.after("dedupe_report")
    run_in_session(spark, "dedupe_report", world.source, store)
    run_in_session(spark, "compact", world.source, store)
    assert Store(str(store)).run().committed_at.timestamp() > time.time() - 3600
    for name in ("images", "pairs", "clusters", "tombstones"):
        assert state_of(store)[name] == world.after("dedupe_report")[name]
    Store(str(store)).check_files(run.run_id)
