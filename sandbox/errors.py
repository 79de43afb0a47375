"""How a call in a child process can fail, as one hierarchy."""


class SandboxError(Exception):
    """Base of what a call can fail with; the sandbox itself goes on working."""


class CrashedError(SandboxError):
    """The child died of the call: by a signal, or by leaving."""


class TimedOutError(SandboxError):
    """The call used up its time, or waited for something that never comes."""


class OutOfMemoryError(SandboxError):
    """The call asked for more memory than it may have."""
