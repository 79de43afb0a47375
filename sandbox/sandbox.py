"""Calls go to a child process, and what becomes of each comes back."""

import mmap
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sandbox.child import Work
from sandbox.errors import SandboxError, TimedOutError
from sandbox.limits import Limits
from sandbox.process import Process
from sandbox.ring import Place, Ring

#: Calls that may be under way. More than two, because processes that wait for each other after
#: every picture cost a tenth of the time; few, because after a crash they are made again.
DEPTH: Final = 16

#: A call of so many bytes gives its memory back to the system when it has ended.
_LARGE: Final = 2**20


@dataclass(eq=False, slots=True)
class Call:
    """A call under way; `result` waits for its end."""

    sandbox: "Sandbox"
    place: Place
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
    order; `DEPTH` may be under way, so that the caller can prepare the next ones while the child
    works. Not for use by several threads: on Linux the child ends with the thread that started it.

    Parameters
    ----------
    work : callable
        From bytes to bytes; runs in the child only.
    max_bytes : int
        Largest input of a call. Twice as much memory is shared with the child, which bounds the
        inputs of all calls under way; what is not used of it costs nothing.
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
        largest = max(-(-max_bytes // mmap.PAGESIZE), 1) * mmap.PAGESIZE
        self._memory = mmap.mmap(-1, mmap.PAGESIZE + 2 * largest)
        self._ring = Ring(mmap.PAGESIZE, len(self._memory))
        self._process: Process | None = None
        self._waiting: deque[Call] = deque()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
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
        length = memoryview(data).nbytes
        if length > self._max_bytes:
            raise ValueError(f"{length} bytes are more than a call may have: {self._max_bytes}")
        call = Call(self, self._place(length), length)
        self._memory[call.place.begin : call.place.begin + call.length] = data
        self._waiting.append(call)
        self._ask(call)
        return call

    def settle_oldest(self) -> None:
        """Wait for the end of the oldest call under way; its outcome tells how it ended."""
        call = self._waiting[0]
        try:
            if call.outcome is None:
                call.outcome = self._running().answer()
        except SandboxError as error:
            self._settle_all_after(error)
        except RuntimeError as error:
            call.outcome = error
        except BaseException:  # an interrupt: half the answer may have been read
            self._stop()
            raise
        self._forget_oldest()

    def close(self) -> None:
        """End the child. Calls under way are not answered any more."""
        self._stop()
        while self._waiting:
            call = self._waiting.popleft()
            call.outcome = RuntimeError("the sandbox was closed before the call ended")
        self._memory.close()

    def _place(self, length: int) -> Place:
        """Wait until there is room for another call."""
        while len(self._waiting) == DEPTH or (place := self._ring.take(length)) is None:
            self.settle_oldest()
        return place

    def _ask(self, call: Call) -> None:
        if self._process is None:
            self._running()
        else:
            self._process.ask(call.place.begin, call.length)

    def _running(self) -> Process:
        """The child, or a new one that is asked for all that waits."""
        if self._process is None:
            self._process = Process(self._work, self._memory, self._limits)
            for call in self._waiting:
                if call.outcome is None:
                    self._process.ask(call.place.begin, call.length)
        return self._process

    def _settle_all_after(self, error: SandboxError) -> None:
        """Find out which call failed, and make the others that are under way again, one by one."""
        ahead = self._process.ahead if self._process is not None else 0
        self._stop()
        if isinstance(error, TimedOutError):
            # That call is known, and took its time: it is not made again.
            unsettled = [call for call in self._waiting if call.outcome is None]
            unsettled[min(max(ahead, 1), len(unsettled)) - 1].outcome = error
        process = None
        for call in self._waiting:
            if call.outcome is None:
                process = self._settle_alone(call, process)
        self._process = process

    def _settle_alone(self, call: Call, process: Process | None) -> Process | None:
        """Make a call while no other is under way; return the child if it is still good."""
        fresh = process is None
        process = process or Process(self._work, self._memory, self._limits)
        process.ask(call.place.begin, call.length)
        try:
            call.outcome = process.answer()
        except RuntimeError as error:
            call.outcome = error
        except SandboxError as error:
            process.stop()
            if not fresh and not isinstance(error, TimedOutError):
                # Perhaps a call before had taken the memory, or had done harm: a new child tells.
                return self._settle_alone(call, None)
            call.outcome = error
            return None
        return process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _forget_oldest(self) -> None:
        call = self._waiting.popleft()
        self._ring.give_back_oldest()
        if call.length >= _LARGE and hasattr(mmap, "MADV_REMOVE"):
            with suppress(OSError):  # locked memory, for one, cannot be given back
                size = call.place.end - call.place.begin
                self._memory.madvise(mmap.MADV_REMOVE, call.place.begin, size)
