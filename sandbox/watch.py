"""Watching one call: whether it has used up its time, or waits for nothing."""

import time
from collections.abc import Callable

from sandbox.errors import TimedOutError
from sandbox.limits import Limits
from sandbox.progress import Progress, progress_of


class Watch:
    """Looks at a child that has not answered yet.

    Parameters
    ----------
    pid : int
        The child's process id.
    limits : Limits
        Of each call; the present one begins now.
    begun : callable
        Gives the number of calls that the child has begun.
    """

    def __init__(self, pid: int, limits: Limits, begun: Callable[[], int]) -> None:
        self._pid = pid
        self._limits = limits
        self._calls = begun
        self._start(begun())

    def _start(self, call: int) -> None:
        self._call = call
        self._begun = time.monotonic()
        self._first: Progress | None = None
        self._before: Progress | None = None
        self._quiet_since = self._begun

    def look(self) -> None:
        """Look once.

        Raises
        ------
        TimedOutError
            If the call that the child is at has come to one of its limits.
        """
        seen = progress_of(self._pid)
        if (call := self._calls()) != self._call:
            self._start(call)
        now = time.monotonic()
        self._first = self._first or seen
        if self._first is None or seen is None:  # only the clock is known
            used = now - self._begun
        else:
            used = seen.cpu_seconds - self._first.cpu_seconds
        if used > self._limits.cpu_seconds:
            raise TimedOutError(f"It took more than {self._limits.cpu_seconds:g} s of computing.")
        if now - self._begun > self._limits.wall_seconds:
            raise TimedOutError(f"It was not done after {self._limits.wall_seconds:g} s.")
        if seen is None or not seen.asleep or seen != self._before:
            self._before, self._quiet_since = seen, now
        if now - self._quiet_since >= self._limits.stuck_seconds:
            raise TimedOutError("It slept instead of computing, waiting for nothing.")
