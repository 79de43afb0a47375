"""Importing compiles nothing, and machine code is kept where it can be, or nowhere."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[3] / "signature"

PROGRAM = """
import numpy, signature, signature.grey, signature.crop, signature.grid, signature.words
kernels = [signature.grey._of_grey, signature.crop._variation, signature.grid._means]
assert not any(kernel.signatures for kernel in kernels), "compiled by importing"
half = numpy.zeros((40, 40), numpy.uint8)
half[:, 20:] = 255
print(signature.__file__)
print(int(numpy.abs(signature.{result}).sum()))
"""
SIGNED = PROGRAM.format(result="sign_pixels(half)")
GREY = PROGRAM.format(result="grey.grey_levels(half)")  # one function, to be quick

TEMPORARY = f"spark-image-match-{os.getuid()}"


def _run(path: Path, program: str, **more: str) -> list[str]:
    # No home and no cache folder, as on an executor, and temporary files of its own.
    hidden = {"NUMBA_CACHE_DIR", "XDG_CACHE_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    (path.parent / "tmp").mkdir(exist_ok=True)
    environment |= {"HOME": os.devnull, "TMPDIR": str(path.parent / "tmp"), "PYTHONPATH": str(path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment | more,
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def _machine_code(folder: Path) -> set[str]:
    return {path.name.partition("-")[0] for path in folder.glob("*/*.nbc")}


@pytest.fixture
def sources() -> list[Path]:
    return sorted(PACKAGE.glob("*.py"))


@pytest.fixture
def package(tmp_path: Path, sources: list[Path]) -> Path:
    copy = tmp_path / "app" / "signature"
    copy.mkdir(parents=True)
    for source in sources:
        (copy / source.name).write_bytes(source.read_bytes())
    return copy


def test_from_a_zip_where_nothing_can_be_kept(tmp_path: Path, sources: list[Path]) -> None:
    archive = tmp_path / "app.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for source in sources:
            file.write(source, f"signature/{source.name}")
    # A file in the place of the folder: unlike permissions, it stops the superuser too.
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / TEMPORARY).write_text("")
    where, levels = _run(archive, SIGNED)
    assert where.startswith(str(archive))
    assert int(levels) > 0
    assert not list(tmp_path.rglob("*.nbc"))


def test_without_a_home_among_the_temporary_files(tmp_path: Path, package: Path) -> None:
    where, grey = _run(package.parent, GREY)
    assert where.startswith(str(package))
    assert int(grey) == 40 * 20 * 2_550_000
    assert _machine_code(tmp_path / "tmp" / TEMPORARY) == {"grey._of_grey"}
    assert not list(package.rglob("*.nb?"))  # and not beside the sources, as numba does


def test_with_a_home_in_its_cache(tmp_path: Path, package: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    _run(package.parent, GREY, HOME=str(home))
    assert _machine_code(home / ".cache" / "spark-image-match") == {"grey._of_grey"}
    assert not list((tmp_path / "tmp").iterdir())
