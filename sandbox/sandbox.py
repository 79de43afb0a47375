"""Calls go to a child process, and what becomes of each comes back."""

import mmap
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from sandbox.child import Work
from sandbox.errors import CrashedError, OutOfMemoryError, SandboxError
from sandbox.limits import Limits
from sandbox.process import Process

#: Calls that may be under way: one is worked on, one lies ready.
DEPTH: Final = 2

#: A call of so many bytes gives its memory back to the system when it has ended.
_LARGE: Final = 2**20


@dataclass(eq=False, slots=True)
class Call:
    """A call under way; `result` waits for its end."""

    sandbox: "Sandbox"
    begin: int
    length: int
    outcome: bytes | Exception | None = None

    def result(self) -> bytes:
        """Wait for the answer.

        Returns
        -------
        bytes
            What the work returned.

        Raises
        ------
        SandboxError
            If the call crashed, took too long or took too much memory.
        RuntimeError
            If the work raised anything else, which is a fault in the work; with its traceback.
            Or if the sandbox was closed before the call ended.
        """
        while self.outcome is None:
            self.sandbox.settle_oldest()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class Sandbox:
    """A function in a child process that is replaced whenever it dies.

    The child is forked: the function may be any closure, and a new child takes milliseconds,
    because whatever the parent has imported and compiled is there. Calls are answered in their
    order; two may be under way, so that the caller can prepare the next one while the child works.
    Not for use by several threads: on Linux the child ends with the thread that
    started it.

    Parameters
    ----------
    work : callable
        From bytes to bytes; runs in the child only.
    max_bytes : int
        Largest input of a call. Twice as much memory is shared with the child; what is not used
        of it costs nothing.
    limits : Limits
        Of each call.

    Examples
    --------
    >>> with Sandbox(bytes.upper, max_bytes=100) as sandbox:
    ...     sandbox.submit(b"safe").result()
    b'SAFE'
    """

    def __init__(self, work: Work, max_bytes: int, limits: Limits | None = None) -> None:
        self._work = work
        self._max_bytes = max_bytes
        self._limits = limits or Limits()
        # Each slot begins on a page of its own, so that it can be given back.
        self._slot_size = max(-(-max_bytes // mmap.PAGESIZE), 1) * mmap.PAGESIZE
        self._memory = mmap.mmap(-1, DEPTH * self._slot_size)
        self._process: Process | None = None
        self._waiting: deque[Call] = deque()
        self._submitted = 0

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def submit(self, data: bytes) -> Call:
        """Begin a call.

        Parameters
        ----------
        data : bytes
            Its input; copied.

        Returns
        -------
        Call
            To get the answer from.

        Raises
        ------
        ValueError
            If there are more bytes than the sandbox was made for.
        RuntimeError
            If the sandbox is closed.
        """
        if self._memory.closed:
            raise RuntimeError("the sandbox is closed")
        if len(data) > self._max_bytes:
            raise ValueError(f"{len(data)} bytes are more than a call may have: {self._max_bytes}")
        while len(self._waiting) == DEPTH:
            self.settle_oldest()
        call = Call(self, self._submitted % DEPTH * self._slot_size, len(data))
        self._memory[call.begin : call.begin + call.length] = data
        self._submitted += 1
        self._waiting.append(call)
        if self._process is None:
            self._restarted()
        else:
            self._process.ask(call.begin, call.length)
        return call

    def settle_oldest(self) -> None:
        """Wait for the end of the oldest call under way; its outcome tells how it ended."""
        call = self._waiting[0]
        try:
            call.outcome = self._answer()
        except (SandboxError, RuntimeError) as error:
            call.outcome = error
            self._stop()
        except BaseException:  # an interrupt: half the answer may have been read
            self._stop()
            raise
        self._waiting.popleft()
        self._give_back(call)
        if self._process is None and self._waiting:
            self._restarted()  # now, so that it works while the caller prepares the next

    def close(self) -> None:
        """End the child. Calls under way are not answered any more."""
        self._stop()
        while self._waiting:
            call = self._waiting.popleft()
            call.outcome = RuntimeError("the sandbox was closed before the call ended")
        self._memory.close()

    def _answer(self) -> bytes:
        process = self._process or self._restarted()
        try:
            return process.answer()
        except (CrashedError, OutOfMemoryError):
            if process.calls == 1:
                raise
        # Perhaps a call before had taken the memory, or had done harm: a new child tells.
        return self._restarted().answer()

    def _restarted(self) -> Process:
        """Put a new child in the place of the old one, with all that waits."""
        self._stop()
        self._process = Process(self._work, self._memory, self._limits)
        for call in self._waiting:
            self._process.ask(call.begin, call.length)
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _give_back(self, call: Call) -> None:
        if call.length >= _LARGE and hasattr(mmap, "MADV_REMOVE"):
            with suppress(OSError):  # locked memory, for one, cannot be given back
                self._memory.madvise(mmap.MADV_REMOVE, call.begin, self._slot_size)
