"""``build_index`` through the door, as a user starts it."""

import os
import random
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
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
    assert ended.returncode == 0, ended.stdout
    store = Store(str(tmp_path / "stores" / "sample"))
    counts = store.run().counts
    assert counts["images"] == counts["signed"] > 300
    assert counts["removable"] > 100
    for words in ("transform", "median distance", "rotate", "removable images", "pd.read_parquet"):
        assert words in ended.stdout
    assert not ended.stderr
    assert not list((tmp_path / "stores" / "sample" / "staging").glob("*"))


def test_mistakes_end_in_one_sentence_and_their_own_code(build: Job, tmp_path: Path) -> None:
    ended = build("--source", "nothing here")
    assert ended.returncode == 2
    first, last = ended.stdout.splitlines()
    assert first.startswith("build_index: run 000001-")
    assert last.startswith("build_index: --source nothing here: ")
    assert not ended.stderr


@pytest.mark.slow
def test_killed_runs_are_never_seen_and_the_next_ones_work_one_of_two_at_once(
    build: Job, photos: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    """One store goes through all of it: what a dead run left lies in the next ones' way."""
    arguments = ("--source", str(photos), "--store", "store")
    store = Store(str(tmp_path / "store"))
    rng = random.Random(_SEED)  # noqa: S311
    _kill_after("signing", rng.uniform(0, 3), arguments, tmp_path, environment)
    with pytest.raises(NoSuchStoreError):
        store.runs()
    _one_of_two_commits(build, arguments)
    (run,) = store.runs()
    before = {table: content(store.table(table)) for table in TABLES}
    assert len(before["images"]) == 13
    _kill_after("finding pairs", rng.uniform(0, 3), arguments, tmp_path, environment)
    assert [r.run_id for r in store.runs()] == [run.run_id]
    assert {table: content(store.table(table)) for table in TABLES} == before
    ended = build(*arguments)
    assert ended.returncode == 0, ended.stdout
    assert len(store.runs()) == 2
    assert {table: content(store.table(table)) for table in TABLES} == before


def _one_of_two_commits(build: Job, arguments: tuple[str, ...]) -> None:
    """Start two runs at once; the one that loses says so."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: build(*arguments), range(2)))
    codes = [ended.returncode for ended in both]
    assert sorted(codes) == [0, 4], [ended.stdout for ended in both]
    loser = both[codes.index(4)].stdout
    assert "Traceback" not in loser
    assert "nothing of" in loser.splitlines()[-1]


def _kill_after(
    stage: str, seconds: float, arguments: tuple[str, ...], folder: Path, env: dict[str, str]
) -> None:
    """Kill the whole job, so long after a stage has ended."""
    with subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(f"{stage}  "):
                break
        time.sleep(seconds)
        assert process.poll() is None, "the job ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
