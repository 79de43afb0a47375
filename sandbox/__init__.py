"""Calling code that may crash, hang or swell, in a child process that is allowed to.

A decoder in C that meets hostile bytes takes its process with it. Here that process is a child:
the call fails with an error that says how, the next call finds a new child, and the caller lives.

This is for accidents, not for attackers: the child may read and write whatever its user may.
"""

from sandbox.errors import CrashedError, OutOfMemoryError, SandboxError, TimedOutError
from sandbox.limits import Limits
from sandbox.sandbox import DEPTH, Call, Sandbox

__all__ = [
    "DEPTH",
    "Call",
    "CrashedError",
    "Limits",
    "OutOfMemoryError",
    "Sandbox",
    "SandboxError",
    "TimedOutError",
]
