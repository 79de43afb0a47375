"""The child process: bytes in, bytes out, until its parent closes the pipe or dies."""

import fcntl
import gc
import mmap
import os
import select
import signal
import struct
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final, NoReturn

from sandbox.limits import Limits, restrain

Work = Callable[[bytes], bytes]

#: Where in the shared memory the bytes of a call begin, and how many they are.
REQUEST: Final = struct.Struct("=QQ")

#: How the call ended, and how many bytes follow.
ANSWER: Final = struct.Struct("=BQ")

#: The first bytes of the shared memory: how many calls the child has begun.
BEGUN: Final = struct.Struct("=Q")

#: Answers that the child keeps until it sends them at once, which wakes its parent less often.
_TOGETHER: Final = 8

_STANDARD_STREAMS: Final = 3
_DESCRIPTORS: Final = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")


class Ended(IntEnum):
    """How a call ended in a child that lives on."""

    RETURNED = 0
    OUT_OF_MEMORY = 1
    RAISED = 2


@dataclass(frozen=True)
class Child:
    """A running child, seen from its parent.

    Attributes
    ----------
    pid : int
        Its process id.
    requests, answers : int
        The parent's ends of the two pipes.
    """

    pid: int
    requests: int
    answers: int


def start(work: Work, memory: mmap.mmap, limits: Limits) -> Child:
    """Fork a child that works on what it finds in shared memory.

    Parameters
    ----------
    work : callable
        From the bytes of a call to its answer.
    memory : mmap
        Shared with the child, anonymous.
    limits : Limits
        That hold for the child.

    Returns
    -------
    Child
        Ready for calls.

    Raises
    ------
    OSError
        If the system has no descriptor or no process to spare.
    """
    parent = os.getpid()
    with ExitStack() as on_failure:
        child_requests, requests = _pipe(on_failure)
        answers, child_answers = _pipe(on_failure)
        # A signal's handler is the parent's until `restrain`: run in the child, it could raise,
        # and the child would go on with what its parent has to do.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            pid = _fork()
            if pid == 0:
                _live(work, memory, limits, (child_requests, child_answers, parent))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        on_failure.pop_all()
    os.close(child_requests)
    os.close(child_answers)
    return Child(pid, requests, answers)


def _pipe(on_failure: ExitStack) -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        on_failure.callback(os.close, end)
    return ends


def _fork() -> int:
    with warnings.catch_warnings():
        # Python warns of locks that other threads may hold at the fork. The child uses none of
        # what has threads in its parent (Arrow, Spark's connection), and leaves by `os._exit`.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _live(work: Work, memory: mmap.mmap, limits: Limits, ends: tuple[int, int, int]) -> NoReturn:
    """What the child does from its first to its last breath; nothing of its parent's runs."""
    status = 1
    try:
        gc.freeze()  # the parent's objects stay shared with it
        *pipes, parent = ends
        requests, answers = _keep_only(pipes)
        restrain(limits)
        if os.getppid() == parent:  # else it died before `restrain` could bind the child to it
            _serve(work, memory, requests, answers)
            status = 0
    finally:
        os._exit(status)


def _keep_only(pipes: list[int]) -> list[int]:
    """Close what was inherited: a parent that dies must be seen to have closed its sockets."""
    # Away from 0 and 1, which a parent without standard streams gives to its first pipe.
    kept = [fcntl.fcntl(pipe, fcntl.F_DUPFD_CLOEXEC, _STANDARD_STREAMS) for pipe in pipes]
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    # The parent may have put others in their place, whose descriptors are closed now.
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__
    for descriptor in _descriptors():
        if descriptor >= _STANDARD_STREAMS and descriptor not in kept:
            with suppress(OSError):  # that of the listing is closed already
                os.close(descriptor)
    return kept


def _descriptors() -> Iterable[int]:
    # Listed, because the number that is allowed may be a billion, or unlimited.
    with suppress(OSError):
        return [int(entry.name) for entry in _DESCRIPTORS.iterdir()]
    return range(os.sysconf("SC_OPEN_MAX"))


def _serve(work: Work, memory: mmap.mmap, requests: int, answers: int) -> None:
    process = os.getpid()
    more = select.poll()
    more.register(requests, select.POLLIN)
    kept: list[bytes] = []
    begun = 0
    while request := os.read(requests, REQUEST.size):
        begun += 1
        BEGUN.pack_into(memory, 0, begun)
        kept.append(_answer(work, memory, *REQUEST.unpack(request)))
        if os.getpid() != process:  # a copy that the work has made of itself; one may answer
            return
        if len(kept) == _TOGETHER or not more.poll(0):
            _write(answers, b"".join(kept))
            kept.clear()


def _answer(work: Work, memory: mmap.mmap, begin: int, length: int) -> bytes:
    try:
        return _packed(Ended.RETURNED, work(memory[begin : begin + length]))
    except MemoryError:
        return _packed(Ended.OUT_OF_MEMORY, b"")
    except Exception:  # noqa: BLE001 - told to the parent, which raises it
        return _packed(Ended.RAISED, traceback.format_exc().encode(errors="backslashreplace"))


def _packed(ended: Ended, answer: bytes) -> bytes:
    return ANSWER.pack(ended, len(answer)) + answer


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
