"""Back to an earlier run, in stores that the deltalake package wrote."""

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from store import Store, StoreError
from store.__main__ import main
from store.errors import MissingFilesError, NoSuchRunError, RunConflictError
from store.log import TRANSACTION
from store.rollback import roll_back
from store.schemas import CLUSTERS, RUNS

from .logs import run_row, write_clusters, write_log


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three runs with one table."""
    for sequence, ids in enumerate((["a"], ["a", "b"], ["c"])):
        write_clusters(tmp_path, *ids)
        write_log(tmp_path, run_row(sequence + 1, versions={"clusters": sequence}))
    return Store(str(tmp_path))


def ids(store: Store, run_id: str | None = None) -> list[str]:
    return sorted(store.table("clusters", run_id)["image_id"].to_pylist())


def test_readers_see_the_earlier_run_and_the_log_goes_on(store: Store) -> None:
    before = store.runs()
    made = roll_back(store, "run-2")
    assert ids(store) == ["a", "b"]
    assert store.run() == made
    assert (made.sequence, made.parent, made.job, made.restores) == (
        4,
        "run-3",
        "rollback",
        "run-2",
    )
    assert (made.model_id, made.cutoff, made.settings) == (
        before[1].model_id,
        before[1].cutoff,
        before[1].settings,
    )
    assert store.runs()[:3] == before
    assert ids(store, "run-3") == ["c"]


def test_a_rollback_can_be_taken_back(store: Store) -> None:
    roll_back(store, "run-1")
    roll_back(store, "run-3")
    assert ids(store) == ["c"]
    again = roll_back(store, store.runs()[3].run_id)
    assert (ids(store), again.restores) == (["a"], "run-1")


def test_it_counts_as_a_run_for_jobs(store: Store) -> None:
    roll_back(store, "run-1")
    log = DeltaTable(store.layout.runs)
    assert log.transaction_version(TRANSACTION) == 4


def test_what_cannot_be_is_refused_and_changes_nothing(store: Store) -> None:
    with pytest.raises(NoSuchRunError, match="run-9"):
        roll_back(store, "run-9")
    with pytest.raises(StoreError, match="already"):
        roll_back(store, "run-3")
    (file,) = store.files("clusters", "run-1")
    Path(file.removeprefix("file://")).unlink()
    with pytest.raises(MissingFilesError, match="1 files of clusters are gone"):
        roll_back(store, "run-1")
    assert len(store.runs()) == 3


def test_a_run_that_commits_meanwhile_wins(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(run_id: str) -> None:
        write_log(Path(store.layout.root), run_row(4, versions={"clusters": 2}))

    monkeypatch.setattr(store, "check_files", meanwhile)
    with pytest.raises(RunConflictError, match="ask again"):
        roll_back(store, "run-1")
    assert store.run().run_id == "run-4"


def test_a_log_without_the_newer_columns_gets_them(tmp_path: Path) -> None:
    older = pa.schema([field for field in RUNS if field.name not in ("restores", "estimates")])
    for sequence, image in enumerate(("a", "b")):
        rows = pa.Table.from_pylist([{"image_id": image, "role": "keep"}], CLUSTERS)
        write_deltalake(tmp_path / "clusters", rows, mode="overwrite")
        row = run_row(sequence + 1, versions={"clusters": sequence})
        write_deltalake(tmp_path / "runs", pa.Table.from_pylist([row], older), mode="append")
    store = Store(str(tmp_path))
    roll_back(store, "run-1")
    assert ids(store) == ["a"]
    assert [run.restores for run in store.runs()] == [None, None, "run-1"]


def test_the_command_says_what_readers_see(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rollback", store.layout.root, "run-1"]) == 0
    newest = store.run().run_id
    assert capsys.readouterr().out == (
        f"readers see run run-1 again; the log has this as run {newest}\n"
    )
    assert main(["show", store.layout.root]) == 0
    assert ["restores", "run-1"] in [line.split() for line in capsys.readouterr().out.splitlines()]
    assert main(["rollback", store.layout.root, "run-9"]) == 2
