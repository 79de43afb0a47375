"""Importing compiles nothing, and works where machine code cannot be cached."""

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
print(int(numpy.abs(signature.sign_pixels(half)).sum()))
"""


def _run(path: Path) -> list[str]:
    # No home and no cache folder, as on an executor; numba finds no place but beside the source.
    hidden = {"HOME", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "PYTHONPATH"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"HOME": os.devnull, "PYTHONPATH": str(path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        env=environment,
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture
def sources() -> list[Path]:
    return sorted(PACKAGE.glob("*.py"))


def test_from_a_zip(tmp_path: Path, sources: list[Path]) -> None:
    archive = tmp_path / "app.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for source in sources:
            file.write(source, f"signature/{source.name}")
    where, levels = _run(archive)
    assert where.startswith(str(archive))
    assert int(levels) > 0


def test_from_a_folder_that_takes_no_cache(tmp_path: Path, sources: list[Path]) -> None:
    package = tmp_path / "signature"
    package.mkdir()
    for source in sources:
        (package / source.name).write_bytes(source.read_bytes())
    # A file in the place of the folder: unlike permissions, it stops the superuser too.
    (package / "__pycache__").write_text("")
    where, levels = _run(tmp_path)
    assert where.startswith(str(package))
    assert int(levels) > 0
