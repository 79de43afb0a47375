"""A job in its own processes, one of which is killed at a chosen moment."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import PROJECT, QUICK_JVM

DRIVER, WORKER, EXECUTOR = "driver", "worker", "executor"

_SEED = 20_269
_LIMIT_S = 900
_LOOK_AGAIN_S = 0.02

_MASTERS = {DRIVER: "local[2]", WORKER: "local[2,4]", EXECUTOR: "local-cluster[2,1,1024]"}
"""A killed task is tried again on a cluster; on one machine only if it is asked for."""

_NO_SAMPLE = ("--set", "sample.calibrated=0", "--set", "sample.audited=0")


@dataclass(frozen=True)
class Point:
    """A moment in a job: so long after a stage was announced as over, or after its start."""

    after: str | None
    seconds: float


def point(kind: str, job: str, number: int, stages: Sequence[tuple[str, float]]) -> Point:
    """Choose a moment at random, evenly over the time that a job takes; the seed is printed.

    Parameters
    ----------
    kind, job, number : str, str, int
        With the seed, these decide.
    stages : sequence of (str, float)
        Of an uninterrupted run: names and seconds.

    Returns
    -------
    Point
        Within a stage.
    """
    rng = random.Random(f"{_SEED} {kind} {job} {number}")  # noqa: S311 - no secret
    at = rng.uniform(0, sum(seconds for _, seconds in stages))
    before = None
    for name, seconds in stages:
        if at < seconds:
            break
        at, before = at - seconds, name
    print(f"seed {_SEED}, {kind} {job} {number}: {at:.2f} s after {before or 'the start'}")
    return Point(before, at)


def run_and_kill(
    kind: str, job: str, moment: Point, places: tuple[Path, Path], environment: Mapping[str, str]
) -> int:
    """Start a job, kill one of its processes, and wait for what is left of it.

    Parameters
    ----------
    kind : str
        `DRIVER`, `WORKER` or `EXECUTOR`.
    job : str
        One of `tests.faults.world.JOBS`.
    moment : Point
        When.
    places : tuple of Path and Path
        Source and store.
    environment : mapping
        Of a user.

    Returns
    -------
    int
        The job's exit code.
    """
    with subprocess.Popen(
        _command(kind, job, *places),
        cwd=places[1].parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        wanted = f"{moment.after}  " if moment.after else f"{job}: run "
        for line in process.stdout:
            if line.startswith(wanted):
                break
        time.sleep(moment.seconds)
        _KILLS[kind](process)
        process.stdout.read()
        return process.wait(_LIMIT_S)


def _command(kind: str, job: str, source: Path, store: Path) -> list[str]:
    door = [str(PROJECT / "spark-submit.sh"), "--master", _MASTERS[kind]]
    quick = ["--driver-java-options", QUICK_JVM, "--conf", "spark.driver.memory=1g"]
    quick += ["--conf", f"spark.executor.extraJavaOptions={QUICK_JVM}"]
    words = [f"jobs/{job}.py", "--store", str(store)]
    words += ["--source", str(source)] if job in ("build_index", "dedupe_report") else []
    words += _NO_SAMPLE if job in ("build_index", "refit") else []
    return [*door, *quick, *words]


def _kill_driver(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)


def _kill_worker(process: subprocess.Popen[str]) -> None:
    _kill_one(process, lambda words: "pyspark.daemon" in words, with_parent_alike=True)


def _kill_executor(process: subprocess.Popen[str]) -> None:
    _kill_one(process, lambda words: any(w.endswith("CoarseGrainedExecutorBackend") for w in words))


_KILLS: Mapping[str, Callable[[subprocess.Popen[str]], None]] = {
    DRIVER: _kill_driver,
    WORKER: _kill_worker,
    EXECUTOR: _kill_executor,
}


def _kill_one(
    process: subprocess.Popen[str],
    meant: Callable[[Sequence[str]], bool],
    with_parent_alike: bool = False,
) -> None:
    """Kill the newest process of a job that is meant, as soon as there is one."""
    while process.poll() is None:
        found = {pid for pid in _session(process.pid) if meant(_words(pid))}
        if with_parent_alike:  # a worker is the child of a daemon that looks the same
            found = {pid for pid in found if _status(pid)[0] in found}
        if found:
            try:
                os.kill(max(found), signal.SIGKILL)
            except ProcessLookupError:
                continue
            return
        time.sleep(_LOOK_AGAIN_S)


def _session(leader: int) -> list[int]:
    """The processes of a session."""
    every = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in every if _status(pid)[1] == leader]


def _status(pid: int) -> tuple[int, int]:
    """Parent and session of a process; zeros if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0, 0
    fields = stat.rpartition(")")[2].split()
    return int(fields[1]), int(fields[3])


def _words(pid: int) -> list[str]:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return line.decode(errors="replace").split("\0")
