"""``jobs/compact.py``: a smaller store that says the same, and readers that go on reading."""

from pathlib import Path

import pytest
from pyspark.sql import Row, SparkSession

from jobs.compacting import kept_runs
from store import Store
from store.errors import MissingFilesError
from tests.data.stores.make_store import VERSIONS, unpack
from tests.spark.jobs_in_session import compact, content

TABLES = ("images", "pairs", "clusters", "tombstones")


class _At(float):
    """A time that is asked for its seconds."""

    def timestamp(self) -> float:
        return float(self)


@pytest.mark.parametrize(
    ("hours", "kept"), [(0, [4]), (1, [3, 4]), (2, [2, 3, 4]), (3, [2, 3, 4]), (720, [1, 2, 3, 4])]
)
def test_a_run_is_kept_for_so_long_after_its_follower(hours: int, kept: list[int]) -> None:
    times = {1: 0, 2: 700 * 3600, 3: 708.5 * 3600, 4: 709.5 * 3600}
    runs = [Row(sequence=n, committed_at=_At(at)) for n, at in times.items()]
    assert [run.sequence for run in kept_runs(runs, 710 * 3600, hours)] == kept


def test_a_clock_that_jumped_back_keeps_more() -> None:
    runs = [Row(sequence=n, committed_at=_At(9e9 - n)) for n in (1, 2, 3)]
    assert kept_runs(runs, 1e9, 0) == runs


@pytest.mark.spark
@pytest.mark.slow
def test_a_smaller_store_says_the_same_and_readers_go_on_reading(
    spark: SparkSession, tmp_path: Path
) -> None:
    root = unpack(max(VERSIONS), tmp_path)
    store = Store(str(root))
    built, night = (run.run_id for run in store.runs())  # who knows how long ago
    before = {name: content(store.table(name)) for name in TABLES}
    opened = store._pinned("signatures", night)  # a reader that is at work meanwhile
    # What a run that died wrote, and left.
    (root / "signatures" / "part-of-a-dead-run.parquet").write_bytes(b"half")
    dead = root / "staging" / "000002-dead"
    dead.mkdir(parents=True)

    lines = compact(spark, root, retention_hours=1)
    run = store.run()
    assert (run.job, run.counts["signatures_dropped"]) == ("compact", 1)
    assert {name: content(store.table(name)) for name in TABLES} == before
    assert len(store.table("signatures")) == len(store.table("cells")) == 6
    assert len(store.table("retired")) == 0
    assert all(len(store.files(name)) <= 1 for name in run.versions)
    assert run.settings == store.runs()[1].settings
    assert run.cutoff == store.runs()[1].cutoff
    assert opened.to_pyarrow_table().num_rows == len(store.table("signatures", night)) == 7
    store.check_files(night)
    assert dead.exists()
    assert any("runs that can be read" in line for line in lines)

    compact(spark, root, retention_hours=0)
    assert {name: content(store.table(name)) for name in TABLES} == before
    assert not dead.exists()
    assert not (root / "signatures" / "part-of-a-dead-run.parquet").exists()
    for gone in (built, night):
        with pytest.raises(MissingFilesError):
            store.check_files(gone)
    _only_pinned_files(store)


def _only_pinned_files(store: Store) -> None:
    for name in store.run().versions:
        there = {path.name for path in Path(store.layout.table(name)).glob("*.parquet")}
        assert there == {Path(file).name for file in store.files(name)}, name
