"""The progress line, on a terminal and in a log."""

import io
import threading

import pytest

from jobs import progress as module
from jobs.progress import Progress, clock

PATIENCE_S = 20


class Log(io.StringIO):
    """A file in memory; `wait_for` returns once a text was written to it."""

    def wait_for(self, text: str) -> None:
        for _ in range(PATIENCE_S * 100):
            if text in self.getvalue():
                return
            threading.Event().wait(0.01)
        raise AssertionError(f"{text!r} was never written: {self.getvalue()!r}")


class Terminal(Log):
    """A terminal in memory."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setattr(module, "_REFRESH_S", 0.01)
    return Terminal()


def no_tasks() -> tuple[int, int]:
    return 0, 0


def on_clock(monkeypatch: pytest.MonkeyPatch, *times: float) -> None:
    """Let each look at the clock see the next of these times, and then the last."""
    left = list(times)

    def monotonic() -> float:
        return left.pop(0) if len(left) > 1 else left[0]

    monkeypatch.setattr(module.time, "monotonic", monotonic)


def test_a_log_gets_one_line_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    on_clock(monkeypatch, 100, 104, 200, 325)
    log = io.StringIO()
    with Progress(no_tasks, log) as progress:
        with progress.stage("signing", 1000, lambda: 1000):
            pass
        with progress.stage("finding pairs"):
            pass
    assert log.getvalue() == (
        "signing                      4.0s   250 images/s\nfinding pairs                2:05\n"
    )


def test_a_log_gets_a_line_of_its_own_every_half_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert module._REFRESH_IN_LOG_S == 30
    monkeypatch.setattr(module, "_REFRESH_IN_LOG_S", 0.01)
    monkeypatch.setattr(module, "_REFRESH_S", 3600)
    on_clock(monkeypatch, 0, 10)
    log = Log()
    with Progress(no_tasks, log) as progress, progress.stage("signing", 2000, lambda: 500):
        log.wait_for("left\nsigning")
    line = "signing                  500/2,000 images   50/s   30.0s left"
    assert log.getvalue().splitlines()[:2] == [line, line]
    assert "\r" not in log.getvalue()


def test_a_log_gets_nothing_before_a_stage_ends_or_if_it_fails() -> None:
    log = io.StringIO()
    with Progress(no_tasks, log) as progress:
        with pytest.raises(ZeroDivisionError), progress.stage("signing", 10):
            raise ZeroDivisionError
        with progress.stage("writing"):
            assert log.getvalue() == ""


def test_a_terminal_line_is_written_over(terminal: Terminal) -> None:
    done = [0]
    with Progress(no_tasks, terminal) as progress:
        with progress.stage("signing", 2000, lambda: done[0]):
            terminal.wait_for("0/2,000 images")
            done[0] = 1500
            terminal.wait_for("1,500/2,000 images")
        ended = terminal.getvalue()
    lines = ended.removesuffix("\n").split("\r")
    assert lines[0] == ""
    assert len(lines) >= 4
    assert {len(line) for line in lines[1:]} == {79}  # so that a shorter one hides a longer one
    assert ended.count("\n") == 1


def test_rate_and_time_left(monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    on_clock(monkeypatch, 0, 10)
    with Progress(no_tasks, terminal) as progress, progress.stage("signing", 2000, lambda: 500):
        terminal.wait_for("500/2,000 images   50/s   30.0s left")


def test_more_done_than_there_are_leaves_no_negative_time(
    monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    # A task that Spark did twice counts its images twice.
    on_clock(monkeypatch, 0, 10)
    with Progress(no_tasks, terminal) as progress, progress.stage("signing", 100, lambda: 120):
        terminal.wait_for("120/100 images   12/s   0.0s left")


def test_tasks_are_shown_where_images_cannot_be_counted(
    monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    on_clock(monkeypatch, 0, 61)
    with Progress(lambda: (3, 12), terminal) as progress, progress.stage("finding pairs"):
        terminal.wait_for("finding pairs            3/12 tasks   1:01")


def test_writing_ends_with_the_context(terminal: Terminal) -> None:
    with Progress(no_tasks, terminal) as progress, progress.stage("signing"):
        terminal.wait_for("tasks")
    assert "progress" not in {thread.name for thread in threading.enumerate()}


def test_a_failed_stage_leaves_the_cursor_on_a_new_line(terminal: Terminal) -> None:
    def fail_while_drawn() -> None:
        with Progress(no_tasks, terminal) as progress, progress.stage("signing"):
            terminal.wait_for("tasks")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_while_drawn()
    assert terminal.getvalue().endswith("\n")


def test_a_stage_that_ended_is_not_drawn_again(terminal: Terminal) -> None:
    asked, answer = threading.Event(), threading.Event()

    def slow_tasks() -> tuple[int, int]:
        asked.set()
        assert answer.wait(PATIENCE_S)
        return 3, 4

    with Progress(slow_tasks, terminal) as progress:
        with progress.stage("finding pairs"):
            assert asked.wait(PATIENCE_S)
        answer.set()
    assert terminal.getvalue().endswith("\n")
    assert "3/4" not in terminal.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0s"),
        (7.34, "7.3s"),
        (59.9, "59.9s"),
        (59.97, "1:00"),
        (60, "1:00"),
        (125.9, "2:05"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (3725, "1:02:05"),
        (360_000, "100:00:00"),
    ],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
