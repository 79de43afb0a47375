"""Sandboxes that must leave nothing behind, and scripts that are parents of their own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Limits, Sandbox

PROJECT = Path(__file__).resolve().parents[3]

Open = Callable[..., Sandbox]

#: Far more than anything here takes on a busy machine.
PATIENCE_S = 20.0


def descriptors() -> set[str]:
    """What this process has open, but for the listing itself.

    Without sockets: a sandbox has none, and clients of other tests' servers change theirs.
    """
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:
            continue
        if not target.startswith("socket:"):
            found.add(f"{entry.name} {target}")
    return found


def children() -> set[int]:
    """Children of this process, dead ones that nobody has waited for among them."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {pid for pid in pids if _is_mine(pid)}


def _is_mine(pid: int) -> bool:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return int(fields[1]) == os.getpid()


def is_gone(pid: int) -> bool:
    """Whether a process has ended, be it waited for or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def wait_until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return condition()


def spin(seconds: float) -> None:
    """Compute for so much processor time of this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


@pytest.fixture
def sandboxed() -> Iterator[Open]:
    """Open sandboxes that are closed at the end; no child and no descriptor may be left."""
    before = children(), descriptors()
    opened = []

    def make(
        work: Callable[[bytes], bytes], max_bytes: int = 100, limits: Limits | None = None
    ) -> Sandbox:
        opened.append(Sandbox(work, max_bytes, limits))
        return opened[-1]

    yield make
    for sandbox in opened:
        sandbox.close()
    assert (children(), descriptors()) == before


Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Run a script in a process of its own."""
    begun = []

    def start(script: str) -> subprocess.Popen[str]:
        path = tmp_path / "script.py"
        path.write_text(script)
        begun.append(
            subprocess.Popen(
                [sys.executable, str(path)],
                env={"PYTHONPATH": str(PROJECT)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.communicate()
