"""``build_index`` through the door, as a user starts it."""

import csv
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
from store.removable import check_removable
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
    assert "Traceback" not in ended.stderr
    ended = build("--set", "cutof=0.3")
    assert (ended.returncode, ended.stderr) == (2, "build_index: there is no setting cutof\n")
    (tmp_path / "junk").mkdir()
    (tmp_path / "junk" / "a.jpg").write_text("text")
    ended = build("--source", "junk", "--store", "store")
    assert ended.returncode == 3
    assert "1 of 1 images failed" in ended.stderr
    assert (tmp_path / "store" / "reports").is_dir()


def test_a_list_of_removable_files_that_checks_out(
    build: Job, photos: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(photos, tmp_path / "photos")
    os.link(folder / "a copy.jpg", folder / "the same file.jpg")
    (folder / "a link.jpg").symlink_to(folder / "a copy.jpg")
    ended = build("--source", "photos", "--store", "store", "--export-removable", "out.csv")
    assert ended.returncode == 0, ended.stderr
    with (tmp_path / "out.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 3
    counts = check_removable(str(tmp_path / "out.csv"), str(tmp_path / "safe.csv"))
    assert sum(counts.values()) == 3
    assert counts["same file as its keeper"] >= 1
    (folder / Path(lines[0]["path"])).write_bytes(b"other")
    assert "copy changed" in check_removable(str(tmp_path / "out.csv"))
    Path(lines[0]["keeper_path"]).unlink()
    assert "safe" not in check_removable(str(tmp_path / "out.csv"))


def test_a_killed_run_is_never_seen_and_the_next_one_works(
    build: Job, photos: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    arguments = ("--source", str(photos), "--store", "store")
    assert build(*arguments).returncode == 0
    store = Store(str(tmp_path / "store"))
    (run,) = store.runs()
    before = {table: content(store.table(table)) for table in TABLES}
    rng = random.Random(_SEED)  # noqa: S311
    for stage in ("signing", "finding pairs"):
        _kill_after(stage, rng.uniform(0, 3), arguments, tmp_path, environment)
        assert [r.run_id for r in store.runs()] == [run.run_id]
        assert {table: content(store.table(table)) for table in TABLES} == before
    ended = build(*arguments)
    assert ended.returncode == 0, ended.stderr
    assert len(store.runs()) == 2
    assert {table: content(store.table(table)) for table in TABLES} == before


def test_a_first_run_that_is_killed_leaves_no_store(
    photos: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    arguments = ("--source", str(photos), "--store", "store")
    _kill_after("writing images", 1.0, arguments, tmp_path, environment)
    with pytest.raises(NoSuchStoreError):
        Store(str(tmp_path / "store")).runs()


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
