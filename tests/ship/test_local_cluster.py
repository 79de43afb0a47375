"""The shipped zip is all the code that a cluster gets."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from store import Store
from tests.conftest import PROJECT, QUICK_JVM

pytestmark = pytest.mark.ship


def test_build_index_runs_in_a_cluster_of_separate_processes_from_an_empty_folder(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """Executors are processes of their own; the project's folder is hidden from all Pythons."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for photo in sorted((PROJECT / "sample" / "photos").glob("*.jpg"))[:6]:
        shutil.copy(photo, photos)
    job = tmp_path / "job" / "build_index.py"
    job.parent.mkdir()
    shutil.copy(PROJECT / "jobs" / "build_index.py", job)
    empty = tmp_path / "empty"
    empty.mkdir()
    door = [str(PROJECT / "spark-submit.sh"), "--master", "local-cluster[2,1,1024]"]
    quick = ["--driver-java-options", QUICK_JVM]
    quick += ["--conf", f"spark.executor.extraJavaOptions={QUICK_JVM}"]
    options = [*quick, "--conf", "spark.driver.memory=1g", str(job)]
    wish = ["--source", str(photos), "--store", str(tmp_path / "store")]
    ended = subprocess.run(
        [*door, *options, *wish],
        cwd=empty,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert Store(str(tmp_path / "store")).run().counts["signed"] == 6
    assert list(empty.iterdir()) in ([], [empty / "work"])


def test_without_the_door_one_sentence_says_what_to_use(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-P", str(PROJECT / "jobs" / "build_index.py")],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "./spark-submit.sh" in ended.stderr
