"""What is shipped to the executors."""

import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import PROJECT, Run

Build = Callable[..., Path]

# Compiles ahead as the real one does, but makes one file only.
COMPILER = """
import hashlib, os
from pathlib import Path
key = hashlib.blake2b(Path("jobs/count.py").read_bytes(), digest_size=8).hexdigest()
folder = Path(os.environ["NUMBA_CACHE_DIR"], key)
folder.mkdir(parents=True, exist_ok=True)
(folder / "count.nbc").write_text("machine code")
"""

# What an executor does, and how often it found machine code.
EXECUTOR = """
import sys
from numba.core.dispatcher import Dispatcher
from udfs.kernels import compile_all
compile_all()
assert ".zip" in sys.modules["signature.grey"].__file__
found = [v for n, m in list(sys.modules.items()) if n.startswith(("signature", "matching"))
         for v in vars(m).values() if isinstance(v, Dispatcher)]
stats = [one.stats for one in set(found)]
print(sum(sum(one.cache_hits.values()) for one in stats),
      sum(sum(one.cache_misses.values()) for one in stats))
"""


@pytest.fixture
def build(project: Path, run: Run) -> Build:
    def build_zip(out: str = "out", *kernels: Path) -> Path:
        script = project / "launch/code_zip.py"
        ended = run(sys.executable, "-I", "-S", script, project, project / out, *kernels)
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
            "conf/elasticsearch/full.toml", "conf/elasticsearch/lean.toml",
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


@pytest.fixture
def compiler(project: Path) -> Path:
    """The project's program that compiles; lookup has nothing to compile."""
    for name, program in (("lookup", ""), ("udfs", COMPILER)):
        package = project / name
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "kernels.py").write_text(program)
    return package / "kernels.py"


def _key_of(kernels: Path) -> str:
    (folder,) = {file.parent for file in kernels.glob("*/*.nbc")}
    return folder.name


def test_machine_code_is_one_entry(project: Path, build: Build, compiler: Path) -> None:
    kernels = project / "kernels"
    code = build("out", kernels)
    with zipfile.ZipFile(code) as archive:
        assert archive.namelist().count("kernels.zip") == 1
        with zipfile.ZipFile(io.BytesIO(archive.read("kernels.zip"))) as inner:
            assert inner.namelist() == [f"{_key_of(kernels)}/count.nbc"]
            assert inner.read(inner.namelist()[0]) == b"machine code"
    again = build("other", kernels)
    assert again.name == code.name
    assert again.read_bytes() == code.read_bytes()
    assert build("out").name != code.name


def test_machine_code_of_other_sources_stays_at_home(
    project: Path, build: Build, compiler: Path
) -> None:
    kernels = project / "kernels"
    (kernels / "0123456789abcdef").mkdir(parents=True)
    (kernels / "0123456789abcdef" / "other.nbc").write_text("")
    with zipfile.ZipFile(build("out", kernels)) as archive:
        assert b"other.nbc" not in archive.read("kernels.zip")


def test_another_python_gives_another_file(project: Path, run: Run, compiler: Path) -> None:
    names = set()
    for tag in ("cpython-311", "cpython-999"):
        program = (
            f"import runpy, sys; sys.implementation.cache_tag = {tag!r}; sys.argv[0:1] = []; "
            "runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        script = project / "launch/code_zip.py"
        out, kernels = project / "out", project / "kernels"
        ended = run(sys.executable, "-I", "-S", "-c", program, script, project, out, kernels)
        assert ended.returncode == 0, ended.stderr
        names.add(ended.stdout)
    assert len(names) == 2


def test_machine_code_that_nobody_used_for_long_goes(
    project: Path, build: Build, compiler: Path
) -> None:
    kernels = project / "kernels"
    build("out", kernels)
    used = kernels / _key_of(kernels)
    old, young = kernels / "0000000000000000", kernels / "1111111111111111"
    for folder in (old, young):
        folder.mkdir()
        (folder / "kernel.nbc").write_text("")
    os.utime(old, (1, 1))
    os.utime(used, (1, 1))
    (project / "store/new.py").write_text("")
    with zipfile.ZipFile(build("out", kernels)) as archive:
        assert used.name.encode() in archive.read("kernels.zip")
    assert sorted(kernels.iterdir()) == sorted([used, young])


def test_what_cannot_be_compiled_ends_the_start(project: Path, run: Run, compiler: Path) -> None:
    compiler.write_text("raise TypeError('no such type')\n")
    script, out = project / "launch/code_zip.py", project / "out"
    ended = run(sys.executable, "-I", "-S", script, project, out, project / "kernels")
    assert ended.returncode == 1
    assert ended.stdout == ""
    *_, reason, last = ended.stderr.splitlines()
    assert reason == "TypeError: no such type"
    assert last == "spark-submit.sh: this code cannot be compiled, for the reason above"
    assert "code_zip.py" not in ended.stderr
    assert list(out.iterdir()) == []


@pytest.fixture(scope="module")
def code(machine_code: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip of this project, with machine code."""
    folder = tmp_path_factory.mktemp("code")
    kernels = folder / "kernels"
    shutil.copytree(machine_code, kernels)
    script = PROJECT / "launch/code_zip.py"
    command = [sys.executable, "-I", "-S", script, PROJECT, folder, kernels]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    return Path(ended.stdout.strip())


def _executor(code: Path, home: Path) -> "subprocess.Popen[str]":
    """Start one with nothing but the zip, and nothing kept from before."""
    home.mkdir(exist_ok=True)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": str(code)}
    command = [sys.executable, "-P", "-W", "error", "-c", EXECUTOR]
    return subprocess.Popen(
        command, cwd=home, env=environment, text=True, stdout=subprocess.PIPE, stderr=sys.stderr
    )


def _content(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _of_executors(machine_code: Path) -> dict[str, bytes]:
    """All but what only lookup calls, which no executor does."""
    lookups = ("postings.", "scan._nearest_forms")
    every = _content(machine_code)
    return {name: code for name, code in every.items() if not Path(name).name.startswith(lookups)}


def test_executors_compile_nothing(code: Path, machine_code: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    together = [_executor(code, home) for _ in range(2)]
    for process in together:
        printed, _ = process.communicate(timeout=100)
        assert process.returncode == 0
        hits, misses = map(int, printed.split())
        assert misses == 0
        assert hits >= 19
    assert _content(home / ".cache" / "spark-image-match") == _of_executors(machine_code)


def test_machine_code_of_no_use_does_no_harm(
    code: Path, machine_code: Path, tmp_path: Path
) -> None:
    """One file is damaged, so that one function is compiled; the others are found."""
    damaged = tmp_path / "app.zip"
    with zipfile.ZipFile(code) as source, zipfile.ZipFile(damaged, "w") as target:
        for name in source.namelist():
            target.writestr(
                name, _damaged(source.read(name)) if name == "kernels.zip" else source.read(name)
            )
    process = _executor(damaged, tmp_path / "home")
    printed, _ = process.communicate(timeout=100)
    assert process.returncode == 0
    hits, misses = map(int, printed.split())
    assert misses == 1
    assert hits >= 18
    kept = _content(tmp_path / "home" / ".cache" / "spark-image-match")
    assert kept.keys() == _of_executors(machine_code).keys()


def _damaged(kernels: bytes) -> bytes:
    """Flip a bit in the middle of the smallest entry's content."""
    with zipfile.ZipFile(io.BytesIO(kernels)) as archive:
        entry = next(e for e in archive.infolist() if "greedy_removals" in e.filename)
    content = entry.header_offset + 30 + len(entry.filename)
    place = content + entry.compress_size // 2
    return kernels[:place] + bytes([kernels[place] ^ 1]) + kernels[place + 1 :]
