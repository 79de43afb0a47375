"""How a job ends: errors with a meaning, and the exit code of each."""

SUCCESS = 0
CRASH = 1
USER_MISTAKE = 2
TOO_MANY_FAILURES = 3
CONFLICT = 4
LOW_RECALL = 5
NOT_LOADED = 6


class JobError(Exception):
    """A job cannot go on; the message is a sentence for the user."""

    exit_code = CRASH


class UserError(JobError):
    """Something was asked for in a way that cannot be done."""

    exit_code = USER_MISTAKE


class TooManyFailuresError(JobError):
    """More images failed than the settings allow; nothing was committed."""

    exit_code = TOO_MANY_FAILURES


class ConflictError(JobError):
    """Another run committed to the same store first; nothing of this one is visible."""

    exit_code = CONFLICT


class LowRecallError(JobError):
    """The search missed more than the settings allow; the run is committed."""

    exit_code = LOW_RECALL


class LoadError(JobError):
    """The run is committed, but its index is not complete; the next start goes on with it."""

    exit_code = NOT_LOADED


class CountsError(JobError):
    """The counts of a run do not add up: a defect, so nothing was committed."""
