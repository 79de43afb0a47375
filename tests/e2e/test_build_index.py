"""``build_index`` through the door, as a user starts it."""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from store import Store
from store.errors import NoSuchStoreError
from tests.conftest import PROJECT
from tests.e2e.conftest import Job, command
from tests.spark.jobs_in_session import content

pytestmark = pytest.mark.e2e

TABLES = ("images", "signatures", "pairs", "clusters")
_SEED = 20_251


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of a dozen photographs and a copy of one."""
    folder = tmp_path_factory.mktemp("photos")
    names = sorted((PROJECT / "sample" / "photos").glob("*.jpg"))[:12]
    for photo in names:
        shutil.copy(photo, folder)
    shutil.copy(names[0], folder / "a copy.jpg")
    return folder


def test_without_a_source_it_makes_a_sample_and_says_what_it_found(
    build: Job, tmp_path: Path
) -> None:
    ended = build()
    assert ended.returncode == 0, ended.stderr
    store = Store(str(tmp_path / "stores" / "sample"))
    counts = store.run().counts
    assert counts["images"] == counts["signed"] > 300
    assert counts["removable"] > 100
    for words in ("transform", "median distance", "rotate", "removable images", "pd.read_parquet"):
        assert words in ended.stdout
    assert "WARN" not in ended.stderr
    assert not list((tmp_path / "stores" / "sample" / "staging").glob("*"))


def test_mistakes_end_in_one_sentence_and_their_own_code(build: Job, tmp_path: Path) -> None:
    ended = build("--source", "nothing here")
    assert ended.returncode == 2
    assert ended.stderr.startswith("build_index: --source nothing here: ")
    assert ended.stderr.count("\n") == 1


def test_a_killed_run_is_never_seen_and_the_next_one_works(
    build: Job, photos: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    arguments = ("--source", str(photos), "--store", "store")
    store = Store(str(tmp_path / "store"))
    rng = random.Random(_SEED)  # noqa: S311
    _kill_after("signing", rng.uniform(0, 3), arguments, tmp_path, environment)
    with pytest.raises(NoSuchStoreError):
        store.runs()
    assert build(*arguments).returncode == 0
    (run,) = store.runs()
    before = {table: content(store.table(table)) for table in TABLES}
    _kill_after("finding pairs", rng.uniform(0, 3), arguments, tmp_path, environment)
    assert [r.run_id for r in store.runs()] == [run.run_id]
    assert {table: content(store.table(table)) for table in TABLES} == before
    ended = build(*arguments)
    assert ended.returncode == 0, ended.stderr
    assert len(store.runs()) == 2
    assert {table: content(store.table(table)) for table in TABLES} == before


def test_of_two_runs_at_once_one_commits(
    photos: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    arguments = ("--source", str(photos), "--store", "store")
    both = [
        subprocess.Popen(
            command(*arguments),
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    messages = [process.communicate(timeout=600)[1] for process in both]
    codes = [process.returncode for process in both]
    assert sorted(codes) == [0, 4], messages
    loser = messages[codes.index(4)]
    assert "Traceback" not in loser
    assert "nothing of" in loser.splitlines()[-1]
    store = Store(str(tmp_path / "store"))
    assert len(store.runs()) == 1
    assert store.table("images").num_rows == 13


def _kill_after(
    stage: str, seconds: float, arguments: tuple[str, ...], folder: Path, env: dict[str, str]
) -> None:
    """Kill the whole job, so long after a stage has ended."""
    process = subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(stage):
            break
    time.sleep(seconds)
    assert process.poll() is None, "the job ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
