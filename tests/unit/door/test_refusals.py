"""Mistakes and lacking machines: one sentence on standard error, exit code 2."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Run

Refusal = Callable[..., str]


@pytest.fixture
def refusal(project: Path, run: Run) -> Refusal:
    def read(*arguments: str | Path, door: Path | None = None, **more: str | Path) -> str:
        ended = run(
            door or project / "spark-submit.sh", *arguments, **{"PYTHON": sys.executable, **more}
        )
        assert ended.returncode == 2, ended
        assert ended.stdout == ""
        lines = ended.stderr.splitlines()
        assert len(lines) == 1, lines
        return lines[0].removeprefix("spark-submit.sh: ")

    return read


def program(folder: Path, name: str, *lines: str) -> Path:
    """An executable shell script."""
    path = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/bash", *lines, ""]))
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A PATH folder with the few programs that the door itself uses, and no Python."""
    folder = tmp_path / "machine"
    folder.mkdir()
    needed = "bash basename cat cksum dirname env mkdir printf readlink rm sed tail uname"
    for name in needed.split():
        (folder / name).symlink_to(shutil.which(name, path="/usr/bin:/bin") or name)
    return folder


def test_no_job(refusal: Refusal) -> None:
    assert "name the job" in refusal()


@pytest.mark.parametrize("mode", [[], ["--dry-run"]])
def test_a_job_file_that_is_not_there(refusal: Refusal, project: Path, mode: list[str]) -> None:
    said = refusal(*mode, "jobs/none.py")
    assert said == f"there is no job file jobs/none.py, neither here nor in {project}"
    assert not (project / ".venv").exists()


def test_an_option_without_its_value(refusal: Refusal) -> None:
    assert "--master needs a value" in refusal("--master")


def test_dev_without_setup(refusal: Refusal) -> None:
    assert "--setup" in refusal("--dev", "jobs/count.py")


@pytest.mark.parametrize("name", ["a,b", "a%20b", "a#b", "a?b"])
def test_a_folder_that_spark_cannot_name(
    refusal: Refusal, project: Path, tmp_path: Path, name: str
) -> None:
    moved = project.rename(tmp_path / name)
    assert "move the project" in refusal("jobs/count.py", door=moved / "spark-submit.sh")


def test_a_python_that_is_too_old(refusal: Refusal, tmp_path: Path) -> None:
    old = program(tmp_path / "old", "python3", "echo 3.9")
    said = refusal("--setup", PYTHON=str(old))
    assert "Python 3.11, 3.12 or 3.13 is needed" in said
    assert said.count("3.9") == 1


def test_a_python_without_venv(refusal: Refusal, tmp_path: Path) -> None:
    half = program(tmp_path / "half", "python3", '[[ "$*" == *ensurepip* ]] && exit 1', "echo 3.11")
    assert "apt install python3.11-venv" in refusal("--setup", PYTHON=str(half))


def test_no_python_at_all(refusal: Refusal, machine: Path) -> None:
    assert "3.11, 3.12 or 3.13 is needed" in refusal("--setup", path=str(machine), PYTHON="")


def test_a_shim_that_does_not_run_is_passed_over(refusal: Refusal, machine: Path) -> None:
    program(machine, "python3.13", "echo 'pyenv: python3.13: command not found' >&2", "exit 127")
    program(machine, "python3.12", "echo 3.8")
    program(machine, "python3", '[[ "$*" == *ensurepip* ]] && exit 1', "echo 3.12")
    assert "Python 3.12 lacks" in refusal("--setup", path=str(machine), PYTHON="")


def test_a_platform_that_is_not_supported(refusal: Refusal, machine: Path) -> None:
    (machine / "uname").unlink()
    program(machine, "uname", "echo MINGW64_NT")
    assert "use WSL" in refusal("--setup", path=str(machine))


def test_no_java_can_be_had_on_linux_arm64(run: Run, project: Path, machine: Path) -> None:
    (machine / "uname").unlink()
    program(machine, "uname", '[ "$1" = -s ] && echo Linux || echo aarch64')
    ended = run(project / "spark-submit.sh", "--setup", path=str(machine), PYTHON=sys.executable)
    assert ended.returncode == 2
    assert "apt install openjdk-17" in ended.stderr.splitlines()[-1]
    assert not (project / ".venv").exists()


def test_no_network(run: Run, project: Path) -> None:
    ended = run(
        project / "spark-submit.sh", "--setup", PYTHON=sys.executable,
        PIP_INDEX_URL="http://127.0.0.1:9/", PIP_RETRIES="0",
    )  # fmt: skip
    assert ended.returncode == 2
    assert "is the package index reachable" in ended.stderr.splitlines()[-1]
    assert "127.0.0.1" in (project / "build/setup.log").read_text()


def test_help_fits_a_screen_and_needs_nothing(run: Run, project: Path, machine: Path) -> None:
    ended = run(project / "spark-submit.sh", "--help", path=str(machine))
    assert ended.returncode == 0
    assert len(ended.stdout.splitlines()) <= 40
    assert max(map(len, ended.stdout.splitlines())) <= 100
