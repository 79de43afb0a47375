"""What the faults have in common: one store, and a disk of its own where that is allowed."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.faults.world import World


@pytest.fixture(scope="session")
def world(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the store that all faults are tried on copies of."""
    return World(spark, tmp_path_factory.mktemp("world"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a small file system in memory, or skip where this process may not mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = _mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place))
    if mounted.returncode:
        pytest.skip(f"may not mount a tmpfs here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def remount(place: Path, how: str) -> None:
    """Make a disk ``ro`` or ``rw``."""
    done = _mount("-o", f"remount,{how}", str(place))
    assert done.returncode == 0, done.stderr


def _mount(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        return subprocess.CompletedProcess(words, 1, "", str(error))
