"""The child as its parent sees it: asked, waited for within limits, ended."""

import mmap
import os
import select
import signal
import time
from contextlib import suppress
from typing import Final

from sandbox.child import ANSWER, BEGUN, REQUEST, Ended, Work, start
from sandbox.errors import CrashedError, OutOfMemoryError, SandboxError
from sandbox.limits import Limits
from sandbox.watch import Watch

_LOOK_EVERY_MS: Final = 25  # between two looks at a child that has not answered
_LOOK_FOR_DEATH_S: Final = 0.0002  # between two looks at a child that has closed its pipe
_PIECE: Final = 2**16  # bytes read at a time: what a pipe holds


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

    """

    def __init__(self, work: Work, memory: mmap.mmap, limits: Limits) -> None:
        self._memory = memory
        self._limits = limits
        BEGUN.pack_into(memory, 0, 0)
        self._child = start(work, memory, limits)
        self._answers = select.poll()
        self._answers.register(self._child.answers, select.POLLIN)
        self._received = bytearray()
        self._death: str | None = None
        self._answered = 0

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
        watch = Watch(self._child.pid, self._limits, self._begun)
        ended, length = ANSWER.unpack(self._taken(ANSWER.size, watch))
        if ended > max(Ended):
            raise CrashedError("It wrote where only answers may be written.")
        answer = self._taken(length, watch)
        self._answered += 1
        if ended == Ended.OUT_OF_MEMORY:
            raise OutOfMemoryError(f"It asked for more than {self._limits.memory} bytes of memory.")
        if ended == Ended.RAISED:
            raise RuntimeError(f"the work in the child process failed:\n{answer.decode()}")
        return answer

    @property
    def ahead(self) -> int:
        """The number of calls that the child has begun and whose answers have not come."""
        return self._begun() - self._answered

    def _begun(self) -> int:
        (begun,) = BEGUN.unpack_from(self._memory)
        return int(begun)

    def stop(self) -> None:
        """End the child, whatever it does."""
        if not self._is_dead():
            os.kill(self._child.pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(self._child.pid, 0)
        os.close(self._child.requests)
        os.close(self._child.answers)

    def _taken(self, length: int, watch: Watch) -> bytes:
        """The next bytes of what the child sends."""
        while len(self._received) < length:
            self._wait(watch)
            piece = os.read(self._child.answers, _PIECE)
            if not piece:
                self._wait_for_death(watch)
            self._received += piece
        data = bytes(self._received[:length])
        del self._received[:length]
        return data

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
