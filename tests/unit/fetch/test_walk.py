import errno
import os
import socket
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fetch import walk as walking
from fetch.pattern import EVERYTHING, Pattern
from fetch.walk import Listed, Subtree, split, walk


def listed(root: Path, pattern: Pattern = EVERYTHING) -> list[Listed]:
    return sorted(walk(Subtree(os.fsencode(root), pattern.start, deep=True), pattern))


def reasons(root: Path) -> dict[str, str | None]:
    return {os.path.relpath(row.path, root): row.reason for row in listed(root)}


def make(root: Path, *files: str) -> None:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(b"x")


def test_every_regular_file_whatever_its_name(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", ".hidden", "_SUCCESS", "sub/.git/x", "no extension", "new\nline")
    (tmp_path / "empty.jpg").touch()
    os.utime(tmp_path / "empty.jpg", ns=(0, 1_500_000_000_000_001_999))
    rows = listed(tmp_path)
    assert {os.path.relpath(row.path, tmp_path) for row in rows} == {
        "a.jpg",
        ".hidden",
        "_SUCCESS",
        "sub/.git/x",
        "no extension",
        "new\nline",
        "empty.jpg",
    }
    assert all(row.reason is None for row in rows)
    empty = next(row for row in rows if row.path.endswith("empty.jpg"))
    assert (empty.size, empty.mtime) == (0, 1_500_000_000_000_001)


def test_names_that_are_not_utf8_come_as_uris(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff/a b")).touch()
    assert [row.path for row in listed(tmp_path)] == [f"file://{tmp_path}/%FF/a%20b"]


def test_what_is_no_file_is_a_row_with_its_reason(tmp_path: Path) -> None:
    make(tmp_path, "folder/a.jpg")
    (tmp_path / "good").symlink_to("folder/a.jpg")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "folder/up").symlink_to("..")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{tmp_path}/socket")
        assert reasons(tmp_path) == {
            "folder/a.jpg": None,
            "good": None,
            "broken": "not_found",
            "circle": "not_found",
            "folder/up": "link_to_folder",
            "pipe": "not_a_file",
            "socket": "not_a_file",
        }


def test_a_folder_that_cannot_be_read_is_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "open/a.jpg", "shut/b.jpg")
    real = os.scandir

    # Permission bits do not bind root, whom tests may run as.
    def guarded(folder: bytes) -> os.PathLike[bytes]:
        if folder.endswith(b"shut"):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(os, "scandir", guarded)
    assert reasons(tmp_path) == {"open/a.jpg": None, "shut": "permission_denied"}
    units = split(os.fsencode(tmp_path), EVERYTHING, 100)
    found = [row for unit in units for row in walk(unit)]
    assert Counter(row.reason for row in found) == {None: 1, "permission_denied": 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="permission bits do not bind root")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    make(tmp_path, "shut/b.jpg")
    (tmp_path / "shut").chmod(0)
    assert reasons(tmp_path) == {"shut": "permission_denied"}
    (tmp_path / "shut").chmod(0o700)


class BadEntry:
    """An entry of a file system that does not tell types and fails when asked."""

    def __init__(self, path: bytes) -> None:
        self.path, self.name = path, os.path.basename(path)  # noqa: PTH119

    def is_dir(self, *, follow_symlinks: bool) -> bool:  # noqa: ARG002
        raise OSError(errno.EIO, "Input/output error")

    def stat(self) -> os.stat_result:
        raise OSError(errno.EIO, "Input/output error")


def test_one_bad_entry_does_not_end_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a", "b", "c")
    real = os.scandir

    @contextmanager
    def scanned(folder: bytes) -> Iterator[list[object]]:
        with real(folder) as entries:
            yield [BadEntry(e.path) if e.name == b"b" else e for e in entries]

    monkeypatch.setattr(os, "scandir", scanned)
    assert reasons(tmp_path) == {"a": None, "b": "unreadable", "c": None}
    assert len(split(os.fsencode(tmp_path), EVERYTHING, 5)) == 1


def test_a_pattern_enters_only_what_can_match(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "2023/a.jpg", "2024-1/b.jpg", "2024-2/deep/c.jpg", "2024-2/d.png")
    entered = []
    real = os.scandir

    def recorded(folder: bytes) -> os.PathLike[bytes]:
        entered.append(os.path.basename(folder))  # noqa: PTH119
        return real(folder)

    monkeypatch.setattr(os, "scandir", recorded)
    rows = listed(tmp_path, Pattern(("2024-*", "*.jpg")))
    assert [Path(row.path).name for row in rows] == ["b.jpg"]
    assert b"2023" not in entered
    assert b"deep" not in entered


TREES = st.recursive(
    st.just({}),
    lambda trees: st.dictionaries(st.sampled_from("abcdef"), trees, max_size=5),
    max_leaves=30,
)


def plant(root: Path, tree: dict) -> None:
    for name, beneath in tree.items():
        if beneath:
            (root / name).mkdir()
            plant(root / name, beneath)
        else:
            (root / name).touch()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES, wanted=st.integers(1, 12), deep=st.booleans())
def test_subtrees_hold_each_file_once(
    tmp_path_factory: pytest.TempPathFactory, tree: dict, wanted: int, deep: bool
) -> None:
    root = tmp_path_factory.mktemp("tree")
    plant(root, tree)
    pattern = EVERYTHING if deep else Pattern(("*", "**", "[a-c]"))
    units = split(os.fsencode(root), pattern, wanted)
    together = sorted(row for unit in units for row in walk(unit, pattern))
    assert together == listed(root, pattern)


def test_split_stops_at_the_number_wanted(tmp_path: Path) -> None:
    for first in range(10):
        make(tmp_path, *(f"{first}/{second}/x" for second in range(10)))
    assert len(split(os.fsencode(tmp_path), EVERYTHING, 1)) == 1
    assert len(split(os.fsencode(tmp_path), EVERYTHING, 2)) == 11
    assert len(split(os.fsencode(tmp_path), EVERYTHING, 1000)) == 111


@pytest.mark.parametrize("bound", ["_SPLIT_ENTRIES", "_SPLIT_FOLDERS"])
def test_a_folder_too_large_for_the_driver_stays_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    make(tmp_path, *(f"{number}/x" for number in range(20)))
    monkeypatch.setattr(walking, bound, 10)
    root = os.fsencode(tmp_path)
    assert split(root, EVERYTHING, 100) == [Subtree(root, EVERYTHING.start, deep=True)]


def test_a_huge_folder_streams(tmp_path: Path) -> None:
    for number in range(20_000):
        os.close(os.open(f"{tmp_path}/{number:06d}", os.O_CREAT | os.O_WRONLY))
    rows = walk(Subtree(os.fsencode(tmp_path), EVERYTHING.start, deep=True))
    tracemalloc.start()
    count = sum(1 for _ in rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 200_000  # bytes: 20,000 names alone would be millions
