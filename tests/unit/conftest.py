"""Machine code, compiled once for all tests that look at it."""

import os
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

Snapshot = dict[str, tuple[str, int]]


@pytest.fixture(scope="session")
def machine_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that compiling ahead fills on a machine that has nothing yet."""
    folder = tmp_path_factory.mktemp("machine") / "code"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "NUMBA_CACHE_DIR": str(folder)}
    for package in ("udfs", "lookup"):
        command = [sys.executable, "-P", "-m", f"{package}.kernels"]
        subprocess.run(command, check=True, cwd=folder.parent, env=environment)
    return folder


@pytest.fixture(scope="session")
def snapshot() -> Callable[[Path], Snapshot]:
    """What lies in a folder: name, hash and date of each file."""

    def taken(folder: Path) -> Snapshot:
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return {
            str(path.relative_to(folder)): (
                sha256(path.read_bytes()).hexdigest(),
                path.stat().st_mtime_ns,
            )
            for path in files
        }

    return taken
