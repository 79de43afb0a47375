"""Reading a store without Spark: small stores, written by the deltalake package."""

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from store import Run, Store, StoreError
from store.errors import (
    DamagedStoreError,
    NoSuchRunError,
    NoSuchStoreError,
    StoreFormatError,
)
from store.schemas import RUNS, STORE_FORMAT

from .logs import NOON, OTHER_TABLES, run_row, three_runs, write_clusters, write_log


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return three_runs(tmp_path)


def image_ids(store: Store, run_id: str | None = None) -> list[str]:
    return sorted(store.table("clusters", run_id)["image_id"].to_pylist())


def test_runs_come_in_the_order_of_the_log_not_of_the_clock(root: Path) -> None:
    runs = Store(str(root)).runs()
    assert [run.run_id for run in runs] == ["run-1", "run-2", "run-3"]
    assert runs[0].committed_at > runs[2].committed_at


def test_a_run_is_told_whole(root: Path) -> None:
    assert Store(str(root)).run("run-2") == Run(
        run_id="run-2",
        parent="run-1",
        sequence=2,
        job="build_index",
        model_id="00ff",
        cutoff=0.4,
        settings={"cutoff": 0.4, "matching": {"rules": "auto"}},
        counts={"images": 20},
        timings={"signing": 1.5},
        estimates={},
        versions={**OTHER_TABLES, "clusters": 1},
        signature_version="v1",
        code_version="0.1.0",
        committed_at=NOON - timedelta(hours=2),
    )


def test_the_newest_run_is_that_of_the_highest_number(root: Path) -> None:
    assert Store(str(root)).run().run_id == "run-3"


def test_what_a_dead_run_wrote_is_not_seen(root: Path) -> None:
    assert image_ids(Store(str(root))) == ["a", "b", "c"]


def test_an_older_run_is_read_at_its_own_version(root: Path) -> None:
    store = Store(f"{root}/")
    assert image_ids(store, "run-1") == ["a"]
    assert image_ids(store, "run-2") == ["a", "b"]


def test_files_are_those_of_the_pinned_version(root: Path) -> None:
    store = Store(str(root))
    for run_id, expected in (("run-1", ["a"]), ("run-2", ["a", "b"]), (None, ["a", "b", "c"])):
        files = store.files("clusters", run_id)
        read = pa.concat_tables(pq.read_table(name.removeprefix("file://")) for name in files)
        assert sorted(read["image_id"].to_pylist()) == expected


def test_a_new_commit_is_seen_by_a_store_that_is_open(root: Path) -> None:
    store = Store(str(root))
    assert store.run().sequence == 3
    write_log(root, run_row(4, 3))
    assert store.run().sequence == 4
    assert image_ids(store) == ["dead"]


@pytest.mark.parametrize("made", [False, True])
def test_a_folder_without_a_store_is_named(tmp_path: Path, made: bool) -> None:
    root = tmp_path / "nothing"
    if made:
        root.mkdir()
    with pytest.raises(NoSuchStoreError, match=str(root)):
        Store(str(root)).runs()
    with pytest.raises(NoSuchStoreError):
        Store(str(root)).table("pairs")


def test_a_store_whose_only_run_died_has_no_run(tmp_path: Path) -> None:
    write_clusters(tmp_path, "a")
    with pytest.raises(NoSuchStoreError):
        Store(str(tmp_path)).table("clusters")


def test_an_empty_log_is_no_store(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "runs", RUNS.empty_table())
    with pytest.raises(NoSuchStoreError):
        Store(str(tmp_path)).run()


def test_an_unknown_run_is_named_beside_the_last(root: Path) -> None:
    with pytest.raises(NoSuchRunError, match=r"run-9.*run-3"):
        Store(str(root)).table("clusters", "run-9")


@pytest.mark.parametrize("name", ["cluster", "runs", "../runs", ""])
def test_an_unknown_table_is_named_beside_those_that_are(root: Path, name: str) -> None:
    with pytest.raises(StoreError, match="cells, clusters, decisions, images") as caught:
        Store(str(root)).table(name)
    assert repr(name) in str(caught.value)


def test_a_table_that_the_run_does_not_pin_is_a_store_error(root: Path) -> None:
    write_log(root, run_row(4, versions={"images": 0}))
    with pytest.raises(StoreError, match="clusters"):
        Store(str(root)).table("clusters")


def test_a_newer_format_is_refused_with_the_version_that_reads_it(root: Path) -> None:
    newer = run_row(4, store_format=STORE_FORMAT + 1, code_version="9.9", settings="not JSON")
    write_log(root, newer)
    with pytest.raises(StoreFormatError, match=r"run-4.*9\.9"):
        Store(str(root)).run()


def test_every_error_is_a_store_error() -> None:
    for kind in (NoSuchStoreError, NoSuchRunError, StoreFormatError):
        assert issubclass(kind, StoreError)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def test_a_cut_file_is_one_sentence_and_never_fewer_rows(root: Path) -> None:
    (file,) = Store(str(root)).files("clusters")
    cut(Path(file.removeprefix("file://")))
    with pytest.raises(DamagedStoreError, match=r"table clusters .* rollback") as caught:
        Store(str(root)).table("clusters")
    assert "\n" not in str(caught.value)
    assert image_ids(Store(str(root)), "run-2") == ["a", "b"]


def test_a_cut_log_entry_that_no_run_pins_is_not_seen(root: Path) -> None:
    cut(max((root / "clusters" / "_delta_log").glob("*.json")))
    assert image_ids(Store(str(root))) == ["a", "b", "c"]


def test_a_cut_run_log_says_which_file_to_move_away(root: Path) -> None:
    last = max((root / "runs" / "_delta_log").glob("*.json"))
    cut(last)
    with pytest.raises(
        DamagedStoreError, match=r"move it and the \.crc of its number away"
    ) as caught:
        Store(str(root)).runs()
    assert "\n" not in str(caught.value)
    last.rename(root / "moved away")
    assert [run.run_id for run in Store(str(root)).runs()] == ["run-1", "run-2"]
