"""The child as its parent sees it: asked, waited for within limits, ended."""

import mmap
import os
import select
import signal
from contextlib import suppress
from typing import Final

from sandbox.child import ANSWER, REQUEST, Ended, Work, start
from sandbox.errors import CrashedError
from sandbox.limits import Limits
from sandbox.watch import Watch

_LOOK_EVERY_MS: Final = 25  # between two looks at a child that has not answered


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
        self._limits = limits
        self._child = start(work, memory, limits)
        self._answers = select.poll()
        self._answers.register(self._child.answers, select.POLLIN)
        self.answered = 0

    def ask(self, begin: int, length: int) -> None:
        """Hand over a call.

        Parameters
        ----------
        begin, length : int
            Where in the shared memory its bytes lie.
        """
        with suppress(BrokenPipeError):  # it has died: who waits for the answer will see it
            os.write(self._child.requests, REQUEST.pack(begin, length))

    def answer(self) -> tuple[Ended, bytes]:
        """Wait for the next answer.

        Returns
        -------
        Ended
            How the call ended.
        bytes
            The answer; or, of a call that raised, the traceback.

        Raises
        ------
        CrashedError
            If the child is dead.
        TimedOutError
            If the call has come to a limit of time; the child still lives.
        """
        watch = Watch(self._child.pid, self._limits)
        while not self._answers.poll(_LOOK_EVERY_MS):
            watch.look()
        ended, length = ANSWER.unpack(self._read(ANSWER.size))
        answer = self._read(length)
        self.answered += 1
        return Ended(ended), answer

    def stop(self) -> int:
        """End the child, whatever it does.

        Returns
        -------
        int
            Its exit code, as `os.waitstatus_to_exitcode` gives it.
        """
        os.kill(self._child.pid, signal.SIGKILL)  # not reaped yet, so the id is still its own
        _, status = os.waitpid(self._child.pid, 0)
        os.close(self._child.requests)
        os.close(self._child.answers)
        return os.waitstatus_to_exitcode(status)

    def _read(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            piece = os.read(self._child.answers, length - len(data))
            if not piece:
                raise CrashedError(self._death())
            data += piece
        return data

    def _death(self) -> str:
        # Its pipe is closed, so it is dead or about to be; it is reaped by `stop`.
        ended = os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT)
        if ended is not None and ended.si_code != os.CLD_EXITED:
            name = signal.Signals(ended.si_status).name
            return f"It was killed by signal {ended.si_status} ({name})."
        return "It ended its process."
