"""What is shipped to the executors."""

import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import PROJECT, Run

Build = Callable[..., Path]


@pytest.fixture
def build(project: Path, run: Run) -> Build:
    def build_zip(out: str = "out") -> Path:
        script = project / "launch/code_zip.py"
        ended = run(sys.executable, "-I", "-S", script, project, project / out)
        assert ended.returncode == 0, ended.stderr
        return Path(ended.stdout.strip())

    return build_zip


def test_holds_the_packages_and_their_subpackages_only(project: Path, build: Build) -> None:
    for name in ("jobs/stages/__init__.py", "jobs/stages/deep/__init__.py", "jobs/stages/sign.py",
                 "other/__init__.py", "jobs/notes/loose.py"):  # fmt: skip
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("")
    (project / "jobs/table.csv").write_text("a,b\n")
    with zipfile.ZipFile(build()) as archive:
        assert sorted(archive.namelist()) == [
            "jobs/__init__.py", "jobs/count.py", "jobs/stages/__init__.py",
            "jobs/stages/deep/__init__.py", "jobs/stages/sign.py", "store/__init__.py",
        ]  # fmt: skip


def test_data_kept_in_store_is_neither_shipped_nor_walked(project: Path, build: Build) -> None:
    photos = project / "store" / "photos"
    (photos / "deep").mkdir(parents=True)
    (photos / "deep" / "script.py").write_text("")
    (photos / "deep" / "__init__.py").write_text("")
    (project / "store" / "loop").symlink_to(project / "jobs")
    with zipfile.ZipFile(build()) as archive:
        assert [name for name in archive.namelist() if "photos" in name or "loop" in name] == []


def test_equal_sources_give_equal_bytes_whatever_their_dates(project: Path, build: Build) -> None:
    first = build("one")
    os.utime(project / "jobs/count.py", (1, 1))
    second = build("two")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_a_changed_source_gives_another_file(project: Path, build: Build) -> None:
    first = build()
    (project / "jobs/count.py").write_text("print('recounted')\n")
    second = build()
    assert first != second
    assert first.is_file()


def test_is_built_once(build: Build) -> None:
    first = build()
    inode = first.stat().st_ino
    assert build().stat().st_ino == inode


def test_zips_that_nobody_used_for_long_go(project: Path, build: Build) -> None:
    first = build()
    os.utime(first, (1, 1))
    assert build() == first
    assert first.stat().st_mtime > 1
    os.utime(first, (1, 1))
    (project / "jobs/count.py").write_text("print('recounted')\n")
    second = build()
    assert not first.exists()
    assert second.exists()


def test_ships_every_package_of_this_project(run: Run) -> None:
    folder = PROJECT / "build" / "code"
    ended = run(sys.executable, "-I", "-S", PROJECT / "launch/code_zip.py", PROJECT, folder)
    with zipfile.ZipFile(ended.stdout.strip()) as archive:
        shipped = set(archive.namelist())
    for_developers = {PROJECT / name for name in ("tests", "benchmarks", "reliability")}
    packages = {path.parent for path in PROJECT.glob("*/__init__.py")} - for_developers
    assert packages
    expected = {str(p.relative_to(PROJECT)) for package in packages for p in package.glob("*.py")}
    assert expected <= shipped
