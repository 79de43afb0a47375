"""A job in its own processes, one of which is killed at a chosen moment."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from tests.conftest import PROJECT, QUICK_JVM
from tests.faults.standing import ENDED

DRIVER, WORKER, EXECUTOR = "driver", "worker", "executor"

_SEED = 20_269
_LIMIT_S = 900
_LOOK_AGAIN_S = 0.02

_MASTERS = {WORKER: "local[2,4]", EXECUTOR: "local-cluster[2,1,1024]"}
"""Where a task whose process is killed is tried again."""

_NO_SAMPLE = ("--set", "sample.calibrated=0", "--set", "sample.audited=0")


@dataclass(frozen=True)
class Point:
    """A moment in a job: so long after a stage was announced as over, or after its start."""

    after: str | None
    seconds: float

    def awaited(self, job: str) -> str:
        """Return how the line begins that a job prints then."""
        return f"{self.after}  " if self.after else f"{job}: run "


@dataclass(frozen=True)
class Places:
    """What a job reads, and what it changes."""

    source: Path
    store: Path


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


def kill_the_driver(job: str, moment: Point, places: Places, environment: Mapping[str, str]) -> int:
    """Start a job as a user does, kill its driver, and return the exit code.

    Parameters
    ----------
    job : str
        One of `tests.faults.world.JOBS`.
    moment : Point
        When.
    places : Places
        Source and store.
    environment : mapping
        Of a user.

    Returns
    -------
    int
        0 if the job was over before.
    """
    command = [*_door("local[2]"), f"jobs/{job}.py", *_words(job, places)]
    with _started(command, places.store.parent, environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(moment.awaited(job)):
                break
        time.sleep(moment.seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.stdout.read()
        return process.wait(_LIMIT_S)


class Standing:
    """Runs one job after another from a driver that stays, and kills one of their processes.

    Parameters
    ----------
    kind : str
        `WORKER` or `EXECUTOR`: which.
    folder : Path
        Where it is started.
    environment : mapping
        Of a user.
    """

    def __init__(self, kind: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.kind = kind
        script, pipe = PROJECT / "tests" / "faults" / "standing.py", folder / "orders"
        os.mkfifo(pipe)
        command = [*_door(_MASTERS[kind]), str(script), str(pipe)]
        self._process = _started(command, folder, environment)
        self._orders = pipe.open("w", encoding="utf-8", buffering=1)

    def run_and_kill(self, job: str, moment: Point, places: Places) -> tuple[int, bool]:
        """Have a job run, and kill one of its processes, as soon as there is one after a moment.

        Parameters
        ----------
        job : str
            One of `tests.faults.world.JOBS`.
        moment : Point
            When.
        places : Places
            Source and store.

        Returns
        -------
        code : int
            0 if the job did its work all the same.
        killed : bool
            False if it had no such process any more.
        """
        process, awaited = self._process, moment.awaited(job)
        assert process.stdout is not None
        ended, killed = Event(), Event()
        killer = Thread(target=self._kill, args=(moment.seconds, ended, killed))
        self._orders.write(json.dumps([job, *_words(job, places)]) + "\n")
        for line in process.stdout:
            if line.startswith(awaited) and killer.ident is None:
                killer.start()
            if line.startswith(ENDED):
                ended.set()
                if killer.is_alive():
                    killer.join()
                return int(line.removeprefix(ENDED)), killed.is_set()
        raise AssertionError("the driver itself is gone")

    def close(self) -> None:
        """End the driver."""
        self._orders.close()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate(timeout=_LIMIT_S)

    def _kill(self, seconds: float, ended: Event, killed: Event) -> None:
        """Kill the newest process of the kind, as soon as there is one after so many seconds."""
        is_over = ended.wait(seconds)
        while not is_over:
            if pids := _FOUND[self.kind](self._process.pid):
                with suppress(ProcessLookupError):
                    os.kill(max(pids), signal.SIGKILL)
                    killed.set()
                    return
            is_over = ended.wait(_LOOK_AGAIN_S)


def _door(master: str) -> list[str]:
    quick = ["--driver-java-options", QUICK_JVM, "--conf", "spark.driver.memory=1g"]
    quick += ["--conf", f"spark.executor.extraJavaOptions={QUICK_JVM}"]
    return [str(PROJECT / "spark-submit.sh"), "--master", master, *quick]


def _words(job: str, places: Places) -> list[str]:
    words = ["--store", str(places.store)]
    words += ["--source", str(places.source)] if job in ("build_index", "dedupe_report") else []
    return [*words, *(_NO_SAMPLE if job in ("build_index", "refit") else ())]


def _started(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def _workers(leader: int) -> set[int]:
    """Python workers: children of a daemon that look the same."""
    alike = {pid for pid in _session(leader) if "pyspark.daemon" in _command_line(pid)}
    return {pid for pid in alike if _status(pid)[0] in alike}


def _executors(leader: int) -> set[int]:
    name = "CoarseGrainedExecutorBackend"
    every = {pid: _command_line(pid) for pid in _session(leader)}
    return {pid for pid, line in every.items() if any(word.endswith(name) for word in line)}


_FOUND: Mapping[str, Callable[[int], set[int]]] = {WORKER: _workers, EXECUTOR: _executors}


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


def _command_line(pid: int) -> list[str]:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return line.decode(errors="replace").split("\0")
