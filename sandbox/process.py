"""The child as its parent sees it: asked, waited for within limits, ended."""

import mmap
import os
import select
import signal
import time
from contextlib import suppress
from typing import Final

from sandbox.child import ANSWER, REQUEST, Ended, Work, start
from sandbox.errors import CrashedError, OutOfMemoryError, SandboxError
from sandbox.limits import Limits
from sandbox.watch import Watch

_LOOK_EVERY_MS: Final = 25  # between two looks at a child that has not answered
_LOOK_FOR_DEATH_S: Final = 0.0002  # between two looks at a child that has closed its pipe
_PIECE: Final = 2**20  # bytes read at a time, whatever the child says will come


class Process:
    """A child process; starts when it is made.

    Parameters
    ----------
    work : callable
        From bytes to bytes; runs in the child.
    memory : mmap
        Shared with the child: holds the bytes of calls.
    limits : Limits
        Of each call.

    Attributes
    ----------
    calls : int
        How many answers have been waited for.
    """

    def __init__(self, work: Work, memory: mmap.mmap, limits: Limits) -> None:
        self._limits = limits
        self._child = start(work, memory, limits)
        self._answers = select.poll()
        self._answers.register(self._child.answers, select.POLLIN)
        self._death: str | None = None
        self.calls = 0

    def ask(self, begin: int, length: int) -> None:
        """Hand over a call.

        Parameters
        ----------
        begin, length : int
            Where in the shared memory its bytes lie.
        """
        with suppress(BrokenPipeError):  # it has died: who waits for the answer will see it
            os.write(self._child.requests, REQUEST.pack(begin, length))

    def answer(self) -> bytes:
        """Wait for the next answer.

        Returns
        -------
        bytes
            What the work returned.

        Raises
        ------
        SandboxError
            If the call crashed, took too long or took too much memory; the child may still live.
        RuntimeError
            If the work raised anything else; with its traceback.
        """
        self.calls += 1
        watch = Watch(self._child.pid, self._limits)
        ended, length = ANSWER.unpack(self._read(ANSWER.size, watch))
        if ended > max(Ended):
            raise CrashedError("It wrote where only answers may be written.")
        answer = self._read(length, watch)
        if ended == Ended.OUT_OF_MEMORY:
            raise OutOfMemoryError(f"It asked for more than {self._limits.memory} bytes of memory.")
        if ended == Ended.RAISED:
            raise RuntimeError(f"the work in the child process failed:\n{answer.decode()}")
        return answer

    def stop(self) -> None:
        """End the child, whatever it does."""
        if not self._is_dead():
            os.kill(self._child.pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(self._child.pid, 0)
        os.close(self._child.requests)
        os.close(self._child.answers)

    def _read(self, length: int, watch: Watch) -> bytes:
        data = bytearray()
        while len(data) < length:
            self._wait(watch)
            piece = os.read(self._child.answers, min(length - len(data), _PIECE))
            if not piece:
                self._wait_for_death(watch)
            data += piece
        return bytes(data)

    def _wait(self, watch: Watch) -> None:
        """Return as soon as there is something to read, if only the end."""
        while not self._answers.poll(_LOOK_EVERY_MS):
            try:
                if self._is_dead():  # and has left a child of its own, that holds the pipe open
                    raise CrashedError(self._death)
                watch.look()
            except SandboxError:
                if not self._answers.poll(0):  # nor has it answered while it was looked at
                    raise

    def _wait_for_death(self, watch: Watch) -> None:
        while not self._is_dead():
            time.sleep(_LOOK_FOR_DEATH_S)
            watch.look()
        raise CrashedError(self._death)

    def _is_dead(self) -> bool:
        """Whether the child has ended; if so it is reaped, and its id may be another's."""
        if self._death is None:
            try:
                pid, status = os.waitpid(self._child.pid, os.WNOHANG)
            except ChildProcessError:  # who ignores SIGCHLD is not told how its children end
                self._death = "It ended."
            else:
                self._death = _told(os.waitstatus_to_exitcode(status)) if pid else None
        return self._death is not None


def _told(exit_code: int) -> str:
    if exit_code >= 0:
        return f"It ended its process with code {exit_code}."
    name = ""
    with suppress(ValueError):  # most real-time signals have none
        name = f" ({signal.Signals(-exit_code).name})"
    return f"It was killed by signal {-exit_code}{name}."
