"""One line that tells what a run is doing, how far it is, and how long it will take."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self, TextIO

_REFRESH_S = 0.5
_REFRESH_IN_LOG_S = 30.0
_LINE_WIDTH = 79
_MINUTE_S = 60


_TERMINAL = "SPARK_IMAGE_MATCH_TERMINAL"
"""Names the terminal. spark-submit takes a job's own output streams through a pipe."""


@contextmanager
def terminal() -> Iterator[TextIO]:
    """Open where progress is shown: the terminal that the door names, else standard error.

    Yields
    ------
    text stream
        Closed at the end of the block, if it was opened here.
    """
    name = os.environ.get(_TERMINAL)
    if not name:
        yield sys.stderr
        return
    with open(name, "w", encoding="utf-8") as output:  # noqa: PTH123 - a device, not a file
        yield output


class Progress:
    """Shows the stage at work, on one line that is written over on a terminal.

    Where the output is no terminal (a log file), a line is added every half minute and when a
    stage ends.

    Parameters
    ----------
    tasks : callable
        Returns the number of finished and of all tasks of what Spark runs now.
    output : text stream
        Where to write.
    """

    def __init__(self, tasks: Callable[[], tuple[int, int]], output: TextIO) -> None:
        self._tasks = tasks
        self._output = output
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="progress")
        self._stage: _Stage | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Begin to write."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop writing."""
        self._stop.set()
        self._thread.join()

    @contextmanager
    def stage(
        self, name: str, total: int = 0, done: Callable[[], int] = lambda: 0
    ) -> Iterator[None]:
        """Show a stage for as long as the block runs.

        Parameters
        ----------
        name : str
            What is being done.
        total : int
            Images to do; 0 where only tasks can be counted.
        done : callable
            Returns the images done so far.
        """
        stage = _Stage(name, total, done)
        self._stage = stage
        try:
            yield
        except BaseException:
            self._end("\n" if self._output.isatty() else "")  # what follows has its own line
            raise
        self._end(self._line(stage.ended()) + "\n")

    def _end(self, text: str) -> None:
        with self._lock:
            self._stage = None
            self._write(text)

    def _run(self) -> None:
        terminal = self._output.isatty()
        while not self._stop.wait(_REFRESH_S if terminal else _REFRESH_IN_LOG_S):
            stage = self._stage
            if stage is None:
                continue
            line = stage.going(*self._tasks())
            with self._lock:
                if self._stage is stage:  # it may have ended while its line was made
                    self._write(self._line(line) + ("" if terminal else "\n"))

    def _line(self, line: str) -> str:
        return f"\r{line:<{_LINE_WIDTH}}" if self._output.isatty() else line

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()


class _Stage:
    """A stage at work: its name, its images, and since when."""

    def __init__(self, name: str, total: int, done: Callable[[], int]) -> None:
        self._name, self._total, self._done = name, total, done
        self._start = time.monotonic()

    def going(self, tasks_done: int, tasks: int) -> str:
        """Say how far it is."""
        seconds = time.monotonic() - self._start
        if not self._total:
            return f"{self._name:<24} {tasks_done}/{tasks} tasks   {clock(seconds)}"
        done = self._done()
        line = f"{self._name:<24} {done:,}/{self._total:,} images"
        if done == 0:
            return f"{line}   {clock(seconds)}"
        left = seconds / done * max(0, self._total - done)
        return f"{line}   {done / seconds:,.0f}/s   {clock(left)} left"

    def ended(self) -> str:
        """Say how long it took."""
        seconds = time.monotonic() - self._start
        line = f"{self._name:<24} {clock(seconds):>8}"
        return f"{line}   {self._total / seconds:,.0f} images/s" if self._total else line


def clock(seconds: float) -> str:
    """Write a duration.

    Parameters
    ----------
    seconds : float
        Its length.

    Returns
    -------
    str
        ``7.3s``, ``2:05`` or ``1:02:05``.
    """
    if round(seconds, 1) < _MINUTE_S:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(round(seconds, 1)), _MINUTE_S)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
