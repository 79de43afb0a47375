"""Files of this machine, or of a file system mounted on it."""

import os
import stat as modes
from io import BufferedReader, FileIO
from typing import BinaryIO

from fetch.content import Fetched, Stat
from fetch.errors import NotAFileError, TooManyBytesError, from_os_error
from fetch.location import local_name

# O_NONBLOCK: opening a pipe that nobody writes to would otherwise wait for ever.
# O_NOCTTY: opening a terminal must not make it ours.
_OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NS_PER_US = 1000
_LEAST_READ_BYTES = 1 << 16


def fetch(path: str, max_bytes: int) -> Fetched:
    """Read a regular file, or the one that a link leads to.

    Parameters
    ----------
    path : str
        Canonical local path.
    max_bytes : int
        Largest size that is read.

    Returns
    -------
    Fetched
        All bytes up to the end of the file, even if it grew or shrank on the way.

    Raises
    ------
    FetchError
        NotFoundError, PermissionDeniedError, NotAFileError (which also holds for pipes, that
        are never waited for), TooManyBytesError, InvalidPathError or UnreadableError.
    """
    try:
        with _open_regular(path) as file:
            found = os.fstat(file.fileno())
            data = _read_bounded(file, found.st_size, max_bytes, path)
    except OSError as error:
        raise from_os_error(error, path) from error
    return Fetched(data, len(data), found.st_mtime_ns // _NS_PER_US, None)


def stat(path: str) -> Stat:
    """Size and time of a regular file, or of the one that a link leads to.

    Parameters
    ----------
    path : str
        Canonical local path.

    Returns
    -------
    Stat
        Size in bytes, modification time, no etag.

    Raises
    ------
    FetchError
        As ``fetch``, save TooManyBytesError.
    """
    try:
        found = os.stat(local_name(path))  # noqa: PTH116 - a name in bytes is no Path
    except OSError as error:
        raise from_os_error(error, path) from error
    _require_regular(found, path)
    return Stat(found.st_size, found.st_mtime_ns // _NS_PER_US, None)


def open_stream(path: str) -> BinaryIO:
    """Open a regular file, or the one that a link leads to.

    Parameters
    ----------
    path : str
        Canonical local path.

    Returns
    -------
    binary file
        Seekable, buffered; to be closed by the caller.

    Raises
    ------
    FetchError
        As ``fetch``, save TooManyBytesError.
    """
    try:
        return BufferedReader(_open_regular(path))
    except OSError as error:
        raise from_os_error(error, path) from error


def _open_regular(path: str) -> FileIO:
    descriptor = os.open(local_name(path), _OPEN_FLAGS)
    try:
        _require_regular(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)  # FileIO would not: it closes no descriptor that it refuses
        raise
    return FileIO(descriptor)


def _require_regular(found: os.stat_result, path: str) -> None:
    if not modes.S_ISREG(found.st_mode):
        raise NotAFileError(f"{path}: a folder, pipe, socket or device, not a file.")


def _read_bounded(file: FileIO, expected: int, max_bytes: int, path: str) -> bytes:
    """Everything up to the end of the file, which may have moved since ``expected``."""
    if expected > max_bytes:
        raise TooManyBytesError(f"{path}: {expected} bytes, above the limit of {max_bytes}.")
    chunks = []
    room = max_bytes + 1
    # One byte more than expected: a file that stood still is read in one piece.
    while chunk := file.read(min(room, max(expected + 1, _LEAST_READ_BYTES))):
        chunks.append(chunk)
        room -= len(chunk)
        if room == 0:
            raise TooManyBytesError(f"{path}: it grew above the limit of {max_bytes} bytes.")
    return b"".join(chunks)
