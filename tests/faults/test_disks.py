"""A disk that is full, and one that may not be written."""

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.faults.conftest import remount
from tests.faults.world import JOBS, World, run_in_session, state_of

pytestmark = pytest.mark.spark

_SAMPLE = 50
"""Is tried after every change."""

_SHARES = [
    pytest.param(share, marks=pytest.mark.slow if share == _SAMPLE else pytest.mark.faults)
    for share in (0, 5, 20, _SAMPLE, 80, 90)
]


@pytest.mark.parametrize("share", _SHARES)
@pytest.mark.parametrize("job", JOBS)
def test_a_full_disk(job: str, share: int, world: World, spark: SparkSession, disk: Path) -> None:
    """There is room for a share of what the job writes."""
    after = world.after(job)
    store = world.copy(disk / "store")
    room = _size(world.ended(job)) - _size(world.store)
    filler = disk / "filler"
    with filler.open("wb") as file:
        for _ in range(shutil.disk_usage(disk).free // 4096 - room * share // 100 // 4096):
            file.write(bytes(4096))
    with pytest.raises(Exception, match="No space left on device"):
        run_in_session(spark, job, world.source, store)
    assert state_of(store) in (world.before, after)
    filler.unlink()
    run_in_session(spark, job, world.source, store)
    assert state_of(store) == after


@pytest.mark.faults
@pytest.mark.parametrize("job", JOBS)
def test_a_store_made_read_only(job: str, world: World, spark: SparkSession, disk: Path) -> None:
    store = world.copy(disk / "store")
    remount(disk, "ro")
    with pytest.raises(Exception, match=r"Read-only file system|Mkdirs failed"):
        run_in_session(spark, job, world.source, store)
    assert state_of(store) == world.before
    remount(disk, "rw")
    run_in_session(spark, job, world.source, store)
    assert state_of(store) == world.after(job)


def _size(folder: Path) -> int:
    """Bytes below a folder, as a file system in memory counts them."""
    sizes = (file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return sum(-(-size // 4096) * 4096 for size in sizes)
