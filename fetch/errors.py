"""Why the bytes of a location could not be had.

Each class carries the reason code that the image's row gets, and whether a later run may
try again. All of them pickle: they cross from Spark's workers and child processes.
"""

import errno
from typing import ClassVar


class FetchError(Exception):
    """A location did not become bytes."""

    reason: ClassVar[str] = "unreadable"
    transient: ClassVar[bool] = False


class NotFoundError(FetchError):
    """Nothing is at the location, or a link there leads nowhere."""

    reason = "not_found"


class PermissionDeniedError(FetchError):
    """The location exists, and this user may not read it."""

    reason = "permission_denied"


class NotAFileError(FetchError):
    """The location is a folder, a pipe, a socket or a device."""

    reason = "not_a_file"


class TooManyBytesError(FetchError):
    """The file is larger than the limit of this run."""

    reason = "too_many_bytes"


class UnreadableError(FetchError):
    """Reading broke off (disk, network file system); another run may succeed."""

    reason = "unreadable"
    transient = True


class TimedOutError(UnreadableError):
    """The location did not answer in time; another run may succeed."""

    reason = "timed_out"


class PrivateAddressError(FetchError):
    """The URL leads to an address outside the public internet, which is not allowed here."""

    reason = "private_address"


class UnsupportedSchemeError(FetchError):
    """No module here reads locations of this scheme."""

    reason = "unsupported_scheme"


class InvalidPathError(FetchError):
    """The text cannot be a location: empty, with a NUL, too long, not a well-formed URI."""

    reason = "invalid_path"


_CLASS_OF_ERRNO: dict[int | None, type[FetchError]] = {
    errno.ENOENT: NotFoundError,
    errno.ENOTDIR: NotFoundError,
    errno.ELOOP: NotFoundError,
    errno.EACCES: PermissionDeniedError,
    errno.EPERM: PermissionDeniedError,
    errno.EISDIR: NotAFileError,
    errno.ENXIO: NotAFileError,  # what open() says of a socket
    errno.ENODEV: NotAFileError,
    errno.ENAMETOOLONG: InvalidPathError,
}


def from_os_error(error: OSError, path: str) -> FetchError:
    """Translate an operating system's error into one of this hierarchy.

    Parameters
    ----------
    error : OSError
        What ``os.open``, ``os.stat``, ``os.read`` or ``os.scandir`` raised.
    path : str
        Canonical path, for the message.

    Returns
    -------
    FetchError
        To be raised by the caller. An errno that is not known gives ``UnreadableError``.
    """
    described = error.strerror or type(error).__name__
    return _CLASS_OF_ERRNO.get(error.errno, UnreadableError)(f"{path}: {described}.")
