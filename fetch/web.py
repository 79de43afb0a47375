"""Addresses of http and https, which strangers may name: bounded and guarded.

Bytes, redirects and time have limits, and the address is looked at when it is known: the host is
resolved once, every address it has is checked, and the connection goes to a checked address. So
a name that resolves otherwise a moment later (DNS rebinding) gains nothing, and each redirect is
a new address with the same checks. Proxies of the environment are not used: they would resolve.
"""

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from fetch.connection import Connection, Deadline
from fetch.content import Fetched, Stat
from fetch.errors import (
    FetchError,
    InvalidPathError,
    NotFoundError,
    PermissionDeniedError,
    TimedOutError,
    TooManyBytesError,
    UnreadableError,
    UnsupportedSchemeError,
)
from fetch.location import canonical

SCHEMES: Final = frozenset({"http", "https"})

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK: Final = 200
_ERROR_OF_STATUS: Final[dict[int, type[FetchError]]] = {
    401: PermissionDeniedError,
    403: PermissionDeniedError,
    404: NotFoundError,
    410: NotFoundError,
}
_HEADERS: Final = {
    "User-Agent": "spark-image-match",
    "Accept": "image/*,*/*;q=0.5",
    "Accept-Encoding": "identity",  # a compressed answer could swell
    "Connection": "close",
}
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class WebLimits:
    """What a URL may cost, and where it may lead.

    Attributes
    ----------
    timeout_s : float
        Seconds for the whole of it: names, connections, redirects, bytes.
    max_redirects : int
        How many are followed.
    allow_private : bool
        Whether addresses outside the public internet are allowed, see `fetch.addresses`.
    """

    timeout_s: float = 20.0
    max_redirects: int = 5
    allow_private: bool = False


def fetch(path: str, max_bytes: int, limits: WebLimits | None = None) -> Fetched:
    """Read a URL.

    Parameters
    ----------
    path : str
        Of scheme ``http`` or ``https``.
    max_bytes : int
        A longer answer is refused.
    limits : WebLimits, optional
        Time, redirects, addresses.

    Returns
    -------
    Fetched
        The bytes; ``etag`` and ``mtime`` as the server gives them.

    Raises
    ------
    FetchError
        NotFoundError, PermissionDeniedError, PrivateAddressError, TooManyBytesError,
        TimedOutError, InvalidPathError, UnsupportedSchemeError or UnreadableError.
    """
    with _opened(path, "GET", limits or WebLimits()) as (answer, url):
        data = _read_bounded(answer, max_bytes, url)
        found = _stat(answer, len(data))
    return Fetched(data, len(data), found.mtime, found.etag)


def stat(path: str, limits: WebLimits | None = None) -> Stat:
    """Size and version of what a URL leads to, without reading it.

    Parameters
    ----------
    path : str
        Of scheme ``http`` or ``https``.
    limits : WebLimits, optional
        Time, redirects, addresses.

    Returns
    -------
    Stat
        Size in bytes, 0 where the server does not say.

    Raises
    ------
    FetchError
        As ``fetch`` does, save TooManyBytesError.
    """
    with _opened(path, "HEAD", limits or WebLimits()) as (answer, _):
        announced = answer.headers.get("Content-Length", "")
        return _stat(answer, int(announced) if announced.isdecimal() else 0)


@contextmanager
def _opened(
    path: str, method: str, limits: WebLimits
) -> Iterator[tuple[http.client.HTTPResponse, str]]:
    """The answer behind all redirects, and its own address."""
    deadline = Deadline(time.monotonic() + limits.timeout_s)
    url = path
    for _ in range(limits.max_redirects + 1):
        parts = _parts(url)
        with _errors_named(url, limits):
            connection = Connection(parts, deadline, limits.allow_private)
            try:
                answer = connection.request(method, _target(parts), _HEADERS)
                following = _next_address(answer, url)
                if following is None:
                    _require_success(answer, url)
                    yield answer, url
                    return
            finally:
                connection.close()
        url = following
    raise UnreadableError(f"{path}: more than {limits.max_redirects} redirects.")


@contextmanager
def _errors_named(url: str, limits: WebLimits) -> Iterator[None]:
    """Every way in which a connection fails, as one of ours."""
    try:
        yield
    except TimeoutError as error:
        raise TimedOutError(f"{url}: no answer within {limits.timeout_s:g} s.") from error
    except http.client.IncompleteRead as error:
        raise UnreadableError(f"{url}: the answer broke off.") from error
    except http.client.HTTPException as error:
        raise UnreadableError(f"{url}: the server does not speak HTTP.") from error
    except OSError as error:
        described = error.strerror or str(error) or type(error).__name__
        raise UnreadableError(f"{url}: {described}.") from error


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(canonical(url))
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidPathError(f"{url!r} is no URL: {error}.") from None
    if parts.scheme not in SCHEMES:
        raise UnsupportedSchemeError(f"{url}: only http and https are followed.")
    if not host or any(ord(letter) <= ord(" ") for letter in url):
        raise InvalidPathError(f"{url!r} names no host, or holds spaces or control characters.")
    if parts.username is not None:
        raise InvalidPathError("A URL with a user's name or password in it is not followed.")
    return parts


def _target(parts: SplitResult) -> str:
    """Path and query as they are sent: what is not ASCII is escaped."""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return "".join(
        letter if letter.isascii() else "".join(f"%{byte:02X}" for byte in letter.encode())
        for letter in target
    )


def _next_address(answer: http.client.HTTPResponse, url: str) -> str | None:
    location = answer.headers.get("Location")
    if answer.status not in _REDIRECTS or location is None:
        return None
    # http.client reads headers as Latin-1; addresses in them are UTF-8, if not ASCII.
    text = location.encode("latin-1", "replace").decode("utf-8", "replace")
    return urljoin(url, text.strip())


def _require_success(answer: http.client.HTTPResponse, url: str) -> None:
    if answer.status != _OK:
        kind = _ERROR_OF_STATUS.get(answer.status, UnreadableError)
        raise kind(f"{url}: the server answers {answer.status} {answer.reason}.")
    encoding = answer.headers.get("Content-Encoding", "identity").lower()
    if encoding != "identity":
        raise UnreadableError(f"{url}: the answer is compressed ({encoding}).")


def _read_bounded(answer: http.client.HTTPResponse, max_bytes: int, url: str) -> bytes:
    if answer.length is not None and answer.length > max_bytes:
        raise TooManyBytesError(f"{url}: {answer.length} bytes, above the limit of {max_bytes}.")
    chunks, room = [], max_bytes + 1
    while chunk := answer.read(min(room, _CHUNK)):
        chunks.append(chunk)
        room -= len(chunk)
        if room == 0:
            raise TooManyBytesError(f"{url}: more than the limit of {max_bytes} bytes.")
    if answer.length:  # what is still missing of what was announced
        raise UnreadableError(f"{url}: the answer broke off.")
    return b"".join(chunks)


def _stat(answer: http.client.HTTPResponse, size: int) -> Stat:
    return Stat(
        size, _microseconds(answer.headers.get("Last-Modified")), answer.headers.get("ETag")
    )


def _microseconds(date: str | None) -> int | None:
    try:
        moment = parsedate_to_datetime(date or "")
        return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()) * 1_000_000
    except (ValueError, OverflowError):
        return None
