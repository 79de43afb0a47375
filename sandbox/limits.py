"""What a call may use, and how a child process is held to it."""

import ctypes
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Linux: the signal that a process gets when its parent dies.
_PR_SET_PDEATHSIG: Final = 1

#: Linux: the first to be killed when the machine's or the container's memory ends.
_KILL_FIRST: Final = "1000"


@dataclass(frozen=True)
class Limits:
    """What one call may use.

    Attributes
    ----------
    memory : int
        Bytes of address space beyond what the child has when it starts. Held to on Linux; macOS
        does not enforce it.
    cpu_seconds : float
        Processor time of one call: a busy machine costs no call its time. Where ``/proc`` does
        not tell it (macOS), the clock counts instead.
    stuck_seconds : float
        A child whose threads all sleep for so long waits for something that never comes.
    wall_seconds : float
        Time by the clock, whatever the child does: the last resort.
    """

    memory: int = 2 * 2**30
    cpu_seconds: float = 30.0
    stuck_seconds: float = 0.1
    wall_seconds: float = 600.0


def restrain(limits: Limits) -> None:
    """Hold the process that calls this to its limits, for good.

    Parameters
    ----------
    limits : Limits
        Of a call; the memory is that of all calls, which a call gives back.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump of a crash takes seconds
    _forget_handlers()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        with suppress(OSError):  # no /proc
            Path("/proc/self/oom_score_adj").write_text(_KILL_FIRST)
        with suppress(OSError):
            _restrain_memory(limits.memory)


def _forget_handlers() -> None:
    """Leave the parent's reactions to signals behind, and take signals again."""
    for number in signal.Signals:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    for ignored in (signal.SIGINT, signal.SIGPIPE):  # the parent decides when to stop
        signal.signal(ignored, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _restrain_memory(more: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + more
    # What whoever started this allows may be less; it stays.
    soft, hard = (
        most if limit == resource.RLIM_INFINITY else min(most, limit)
        for limit in resource.getrlimit(resource.RLIMIT_AS)
    )
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
