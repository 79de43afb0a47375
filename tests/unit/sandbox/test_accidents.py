"""What happens to a child is told of the call that it happened in, and of no other."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import CrashedError, Limits, SandboxError, TimedOutError

from .conftest import Open, children, spin

Accident = Callable[[], object]


def _killed_by(number: int) -> Accident:
    return lambda: os.kill(os.getpid(), number)


def _interrupted() -> None:
    raise KeyboardInterrupt


def _confused() -> None:
    """Write into whatever is open, as a library with a wrong descriptor would."""
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"\xff" * 17)
        except OSError:
            continue
    time.sleep(10**6)


def _promises() -> None:
    """Begin an answer of 2**56 bytes."""
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, bytes(8) + b"\x01")
        except OSError:
            continue
    time.sleep(10**6)


def _closes_all(then: Accident) -> Accident:
    return lambda: (os.closerange(0, 64), then())


CRASHES: dict[str, tuple[Accident, str]] = {
    "abort": (os.abort, r"signal 6 \(SIGABRT\)"),
    "segmentation fault": (lambda: ctypes.string_at(0), r"signal 11 \(SIGSEGV\)"),
    "kill": (_killed_by(signal.SIGKILL), r"signal 9 \(SIGKILL\)"),
    "nameless signal": (_killed_by(signal.SIGRTMIN + 1), "signal 35\\."),
    "good exit": (lambda: os._exit(0), "ended its process with code 0"),
    "bad exit": (lambda: os._exit(3), "ended its process with code 3"),
    "sys.exit": (sys.exit, "ended its process"),
    "interrupt": (_interrupted, "ended its process"),
    "closed pipes": (_closes_all(lambda: None), "ended its process"),
    "nonsense": (_confused, "wrote where only answers"),
}


def _check_that_only_bad_calls_fail(
    sandboxed: Open, accident: Accident, error: type[SandboxError], told: str
) -> None:
    def work(data: bytes) -> bytes:
        if data.startswith(b"bad"):
            accident()
        return data.upper()

    sandbox = sandboxed(work, limits=Limits(cpu_seconds=5))
    names = ["bad 0", "a", "b", "bad 1", "bad 2", "c"]
    calls = [sandbox.submit(name.encode()) for name in names]
    for name, call in zip(names, calls, strict=True):
        if name.startswith("bad"):
            with pytest.raises(error, match=told):
                call.result()
        else:
            assert call.result() == name.upper().encode()


@pytest.mark.parametrize("name", CRASHES)
def test_a_crash_costs_its_own_call_only(sandboxed: Open, name: str) -> None:
    accident, told = CRASHES[name]
    _check_that_only_bad_calls_fail(sandboxed, accident, CrashedError, told)


@pytest.mark.parametrize("then", [_closes_all(lambda: time.sleep(10**6)), _promises])
def test_a_child_that_lets_its_parent_wait_for_the_pipe_is_stopped(
    sandboxed: Open, then: Accident
) -> None:
    _check_that_only_bad_calls_fail(sandboxed, then, TimedOutError, "slept")


def test_a_child_that_leaves_one_of_its_own_is_seen_to_be_dead(
    sandboxed: Open, tmp_path: Path
) -> None:
    left = tmp_path / "left"

    def leave() -> None:
        pid = os.fork()
        if pid == 0:
            time.sleep(10**6)
        left.open("a").write(f"{pid}\n")
        os._exit(1)

    try:
        _check_that_only_bad_calls_fail(sandboxed, leave, CrashedError, "code 1")
    finally:
        for pid in left.read_text().split():
            os.kill(int(pid), signal.SIGKILL)


def test_a_child_that_doubles_answers_once(sandboxed: Open) -> None:
    def work(data: bytes) -> bytes:
        if data == b"0":
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            os.fork()
        return data

    sandbox = sandboxed(work)
    calls = [sandbox.submit(b"%d" % number) for number in range(20)]
    assert [call.result() for call in calls] == [b"%d" % number for number in range(20)]


def test_an_idle_child_that_is_killed_costs_no_call(sandboxed: Open) -> None:
    sandbox = sandboxed(lambda data: data + b"%d" % os.getpid())
    before = children()
    seen = set()
    for _ in range(3):
        seen.add(sandbox.submit(b"pid ").result())
        (child,) = children() - before
        os.kill(child, signal.SIGKILL)
    assert len(seen) == 3


def test_the_harm_that_a_call_has_left_is_not_told_of_the_next(sandboxed: Open) -> None:
    def work(data: bytes) -> bytes:
        if data == b"mine":  # the alarm's signal kills
            signal.setitimer(signal.ITIMER_REAL, 0.05)
        if data == b"next":
            spin(0.2)
        return data.upper()

    sandbox = sandboxed(work)
    calls = [sandbox.submit(data) for data in (b"mine", b"next", b"last")]
    assert [call.result() for call in calls] == [b"MINE", b"NEXT", b"LAST"]


def test_what_the_work_prints_goes_nowhere(
    sandboxed: Open, capfd: pytest.CaptureFixture[str]
) -> None:
    def work(data: bytes) -> bytes:
        print("by Python" * 2000, flush=True)
        os.write(1, b"by C")
        os.close(2)
        return data

    def reads(data: bytes) -> bytes:
        return os.read(0, 1) + data

    assert sandboxed(work).submit(b"a").result() == b"a"
    assert sandboxed(reads).submit(b"a").result() == b"a"
    assert capfd.readouterr() == ("", "")


def test_a_parent_that_ignores_the_death_of_children(sandboxed: Open) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        _check_that_only_bad_calls_fail(sandboxed, os.abort, CrashedError, "It ended")
    finally:
        signal.signal(signal.SIGCHLD, before)
