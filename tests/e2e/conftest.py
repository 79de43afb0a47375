"""Jobs run as a user runs them: through the door, in their own processes."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import PROJECT, QUICK_JVM

Job = Callable[..., subprocess.CompletedProcess[str]]

_LIMIT_S = 600
NO_SAMPLE = ["--set", "sample.calibrated=0", "--set", "sample.audited=0"]


def command(*arguments: str, job: str = "build_index") -> list[str]:
    """Return the command line of a job on two cores; only the sample estimates itself."""
    door = [str(PROJECT / "spark-submit.sh"), "--master", "local[2]"]
    quick = NO_SAMPLE if job == "build_index" and "--source" in arguments else []
    words = [f"jobs/{job}.py", *arguments, *quick]
    return [*door, "--driver-java-options", QUICK_JVM, *words]


@pytest.fixture(scope="session")
def prepared(environment: dict[str, str]) -> None:
    """The door has nothing left to prepare, so that what a job prints is the job's."""
    door = [str(PROJECT / "spark-submit.sh"), "--setup"]
    subprocess.run(door, env=environment, capture_output=True, timeout=_LIMIT_S, check=True)


@pytest.fixture
def build(tmp_path: Path, environment: dict[str, str], prepared: None) -> Job:
    """Return a function that runs a job in an empty folder and waits for its end."""

    def run(*arguments: str, job: str = "build_index") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments, job=job),
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )

    return run
