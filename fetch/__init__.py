"""A location becomes bytes.

Runs on executors and in online lookups; imports no Spark. ``registry`` is the seam at which
further kinds of locations join.
"""

from fetch.content import Fetched, Stat
from fetch.errors import (
    FetchError,
    InvalidPathError,
    NotAFileError,
    NotFoundError,
    PermissionDeniedError,
    PrivateAddressError,
    TimedOutError,
    TooManyBytesError,
    UnreadableError,
    UnsupportedSchemeError,
)
from fetch.location import canonical, image_id_of, scheme_of
from fetch.registry import fetch, open_stream, stat
from fetch.web import WebLimits

__all__ = [
    "FetchError",
    "Fetched",
    "InvalidPathError",
    "NotAFileError",
    "NotFoundError",
    "PermissionDeniedError",
    "PrivateAddressError",
    "Stat",
    "TimedOutError",
    "TooManyBytesError",
    "UnreadableError",
    "UnsupportedSchemeError",
    "WebLimits",
    "canonical",
    "fetch",
    "image_id_of",
    "open_stream",
    "scheme_of",
    "stat",
]
