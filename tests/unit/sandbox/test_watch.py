"""A call that has used up its time, or waits for nothing."""

import threading
import time
from collections.abc import Callable

import pytest

from sandbox import Limits, TimedOutError
from sandbox.progress import Progress

from .conftest import PATIENCE_S, Open, spin

NEVER = Limits(cpu_seconds=PATIENCE_S, stuck_seconds=PATIENCE_S)


def _once_bad(accident: Callable[[], object]) -> Callable[[bytes], bytes]:
    def work(data: bytes) -> bytes:
        if data == b"bad":
            accident()
        return data.upper()

    return work


def _check(sandboxed: Open, accident: Callable[[], object], limits: Limits, told: str) -> float:
    """See the bad call fail and the others live; returns the seconds that all took."""
    sandbox = sandboxed(_once_bad(accident), limits=limits)
    begun = time.monotonic()
    calls = [sandbox.submit(data) for data in (b"one", b"bad", b"two")]
    with pytest.raises(TimedOutError, match=told):
        calls[1].result()
    assert (calls[0].result(), calls[2].result()) == (b"ONE", b"TWO")
    return time.monotonic() - begun


def _forever(step: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        while True:
            step()

    return run


def test_a_call_that_computes_for_ever_is_stopped(sandboxed: Open) -> None:
    limits = Limits(cpu_seconds=0.2, stuck_seconds=PATIENCE_S)
    assert 0.2 <= _check(sandboxed, _forever(int), limits, r"more than 0\.2 s") < PATIENCE_S


def test_a_call_that_sleeps_is_stopped_long_before(sandboxed: Open) -> None:
    took = _check(sandboxed, lambda: time.sleep(10**6), Limits(), "slept instead of computing")
    assert 0.1 <= took < 10


def test_a_call_that_waits_for_itself_is_stopped(sandboxed: Open) -> None:
    lock = threading.Lock()
    _check(sandboxed, _forever(lock.acquire), Limits(), "slept instead of computing")


def test_the_clock_is_the_last_resort(sandboxed: Open) -> None:
    limits = Limits(wall_seconds=0.3)
    assert _check(sandboxed, _forever(lambda: time.sleep(0.01)), limits, "not done after") >= 0.3


def test_short_sleeps_are_no_long_one(sandboxed: Open) -> None:
    def doze() -> None:
        for _ in range(30):
            time.sleep(0.02)

    sandbox = sandboxed(_once_bad(doze), limits=Limits(stuck_seconds=0.2))
    assert sandbox.submit(b"bad").result() == b"BAD"


def test_who_waits_for_threads_that_compute_is_not_stuck(sandboxed: Open) -> None:
    def share() -> None:
        threads = [threading.Thread(target=spin, args=(0.2,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sandboxed(_once_bad(share)).submit(b"bad").result() == b"BAD"


def test_the_time_of_a_call_is_its_own(sandboxed: Open) -> None:
    sandbox = sandboxed(lambda data: spin(0.15) or data, limits=Limits(cpu_seconds=0.4))
    calls = [sandbox.submit(b"%d" % number) for number in range(6)]
    assert [call.result() for call in calls] == [b"%d" % number for number in range(6)]


def test_a_parent_that_comes_late_finds_its_answer(sandboxed: Open) -> None:
    limits = Limits(cpu_seconds=0.01, stuck_seconds=0.01, wall_seconds=0.01)
    sandbox = sandboxed(_once_bad(lambda: None), limits=limits)
    calls = [sandbox.submit(b"a"), sandbox.submit(b"bad")]
    time.sleep(0.1)
    assert [call.result() for call in calls] == [b"A", b"BAD"]


def test_an_answer_that_comes_while_the_child_is_looked_at_counts(
    sandboxed: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow_look(_pid: int) -> Progress:
        looks.append(len(looks))
        time.sleep(0.6 * looks[-1])
        return Progress(100.0 * looks[-1], asleep=False, waits=0)

    looks: list[int] = []
    monkeypatch.setattr("sandbox.watch.progress_of", slow_look)
    sandbox = sandboxed(_once_bad(lambda: time.sleep(0.15)), limits=Limits())
    assert sandbox.submit(b"bad").result() == b"BAD"


@pytest.mark.parametrize("accident", [_forever(int), lambda: time.sleep(10**6)])
def test_where_the_system_tells_nothing_the_clock_counts(
    sandboxed: Open, monkeypatch: pytest.MonkeyPatch, accident: Callable[[], object]
) -> None:
    monkeypatch.setattr("sandbox.watch.progress_of", lambda _: None)
    assert _check(sandboxed, accident, Limits(cpu_seconds=0.3), r"more than 0\.3 s") >= 0.3
