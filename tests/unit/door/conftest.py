"""A copy of the door in a folder of its own, without an environment and without network."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
DOOR = ("spark-submit.sh", "launch", "conf", "requirements.lock", "pyproject.toml")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the real door, one package and one job, in a folder with spaces."""
    root = tmp_path / "my project é"
    root.mkdir()
    for name in DOOR:
        source = PROJECT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, root / name)
    for name in ("jobs", "store"):
        (root / name).mkdir()
        (root / name / "__init__.py").write_text('"""A package."""\n')
    (root / "jobs" / "count.py").write_text("print('counted')\n")
    return root


@pytest.fixture
def run(project: Path, tmp_path: Path) -> Run:
    """Runs a command in an empty folder; the environment is bare but for PATH and more."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def run_command(
        *command: str | Path, folder: Path = elsewhere, path: str = "/usr/bin:/bin", **more: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": path, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", **more}
        return subprocess.run(
            [str(part) for part in command],
            cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    return run_command
