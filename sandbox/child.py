"""The child process: bytes in, bytes out, until its parent closes the pipe or dies."""

import gc
import mmap
import os
import struct
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NoReturn

from sandbox.limits import Limits, restrain

Work = Callable[[bytes], bytes]

#: Where in the shared memory the bytes of a call begin, and how many they are.
REQUEST: Final = struct.Struct("=QQ")

#: How the call ended, and how many bytes follow.
ANSWER: Final = struct.Struct("=BQ")

_STANDARD_STREAMS: Final = 3


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
    """
    child_requests, requests = os.pipe()
    answers, child_answers = os.pipe()
    parent = os.getpid()
    with warnings.catch_warnings():
        # Python warns of locks that other threads may hold at the fork. The child uses none of
        # what has threads in its parent (Arrow, Spark's connection), and leaves by `os._exit`.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _live(work, memory, limits, (child_requests, child_answers, parent))
    os.close(child_requests)
    os.close(child_answers)
    return Child(pid, requests, answers)


def _live(work: Work, memory: mmap.mmap, limits: Limits, ends: tuple[int, int, int]) -> NoReturn:
    """What the child does from its first to its last breath; nothing of its parent's runs."""
    status = 1
    try:
        gc.freeze()  # the parent's objects stay shared with it
        requests, answers, parent = ends
        _keep_only(requests, answers)
        restrain(limits)
        if os.getppid() == parent:  # else it died before `restrain` could bind the child to it
            _serve(work, memory, requests, answers)
            status = 0
    finally:
        os._exit(status)


def _keep_only(requests: int, answers: int) -> None:
    """Close what was inherited: a parent that dies must be seen to have closed its sockets."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    low, high = sorted((requests, answers))
    os.closerange(_STANDARD_STREAMS, low)
    os.closerange(low + 1, high)
    os.closerange(high + 1, os.sysconf("SC_OPEN_MAX"))


def _serve(work: Work, memory: mmap.mmap, requests: int, answers: int) -> None:
    while request := os.read(requests, REQUEST.size):
        start, length = REQUEST.unpack(request)
        ended, answer = _called(work, memory[start : start + length])
        _write(answers, ANSWER.pack(ended, len(answer)) + answer)


def _called(work: Work, data: bytes) -> tuple[Ended, bytes]:
    try:
        return Ended.RETURNED, work(data)
    except MemoryError:
        return Ended.OUT_OF_MEMORY, b""
    except Exception:  # noqa: BLE001 - told to the parent, which raises it
        return Ended.RAISED, traceback.format_exc().encode()


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
