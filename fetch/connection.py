"""One HTTP request to a checked address, none of whose steps outlasts a deadline."""

import http.client
import io
import queue
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, cast
from urllib.parse import SplitResult

from fetch.addresses import is_public
from fetch.errors import InvalidPathError, NotFoundError, PrivateAddressError, UnreadableError

_PORTS: Final = {"http": 80, "https": 443}

#: Family and address of an end, as ``socket.getaddrinfo`` gives them.
End = tuple[socket.AddressFamily, tuple[Any, ...]]


class Deadline:
    """A moment by the monotonic clock after which nothing waits any more.

    Parameters
    ----------
    at : float
        Seconds of ``time.monotonic``.
    """

    def __init__(self, at: float) -> None:
        self._at = at

    def left(self) -> float:
        """Return how long may still be waited.

        Returns
        -------
        float
            Seconds, above 0.

        Raises
        ------
        TimeoutError
            If there are none left.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class Connection:
    """A connection for one request.

    Parameters
    ----------
    parts : SplitResult
        A URL of scheme ``http`` or ``https`` with a host.
    deadline : Deadline
        Of all steps together.
    allow_private : bool
        Whether the address may be outside the public internet.
    """

    def __init__(self, parts: SplitResult, deadline: Deadline, allow_private: bool) -> None:
        self._parts = parts
        self._deadline = deadline
        self._allow_private = allow_private
        self._socket: socket.socket | None = None

    def request(
        self, method: str, target: str, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        """Send a request and read the head of the answer.

        Parameters
        ----------
        method, target : str
            Of the first line.
        headers : mapping
            Name to value; ``Host`` is added.

        Returns
        -------
        http.client.HTTPResponse
            Its body is still to be read.

        Raises
        ------
        FetchError
            If the host has no address, or one that is not allowed.
        OSError, http.client.HTTPException
            If the connection fails; TimeoutError after the deadline.
        """
        connected = self._connect()
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._host_header()}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        connected.settimeout(self._deadline.left())
        connected.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        readable = cast("socket.socket", _Readable(connected, self._deadline))
        answer = http.client.HTTPResponse(readable, method=method)
        answer.begin()
        return answer

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()

    def _connect(self) -> socket.socket:
        host = _ascii_host(self._parts.hostname or "")
        port = self._parts.port or _PORTS[self._parts.scheme]
        ends = _addresses(host, port, self._deadline)
        if not self._allow_private:
            _require_public(host, ends)
        plain = self._first_that_answers(ends)
        self._socket = plain
        if self._parts.scheme == "https":
            plain.settimeout(self._deadline.left())
            self._socket = _tls().wrap_socket(plain, server_hostname=host)
        return self._socket

    def _first_that_answers(self, ends: list[End]) -> socket.socket:
        refusal: OSError = OSError("no address")
        for family, address in ends:
            plain = socket.socket(family, socket.SOCK_STREAM)
            try:
                plain.settimeout(self._deadline.left())
                plain.connect(address)
            except OSError as error:
                plain.close()
                refusal = error
            else:
                return plain
        raise refusal

    def _host_header(self) -> str:
        host = _ascii_host(self._parts.hostname or "")
        shown = f"[{host}]" if ":" in host else host
        return f"{shown}:{self._parts.port}" if self._parts.port else shown


class _Readable:
    """What HTTPResponse asks of a socket: a file, whose every read minds the deadline."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._connected, self._deadline = connected, deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Bytes(self._connected, self._deadline))


class _Bytes(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._connected, self._deadline = connected, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        self._connected.settimeout(self._deadline.left())
        return self._connected.recv_into(buffer)


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise InvalidPathError(f"{host!r} is no host name.") from None


def _addresses(host: str, port: int, deadline: Deadline) -> list[End]:
    """Resolve a name; in a thread, because the system's resolver minds no deadline."""
    answers: queue.SimpleQueue[list[Any] | OSError | UnicodeError] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=resolve, daemon=True).start()
    try:
        found = answers.get(timeout=deadline.left())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, socket.gaierror) and found.errno == socket.EAI_AGAIN:
        raise UnreadableError(f"{host}: its address cannot be looked up now.")
    if isinstance(found, Exception):
        raise NotFoundError(f"{host}: no such host.")
    return [(family, address) for family, _, _, _, address in found]


def _require_public(host: str, ends: list[End]) -> None:
    """Refuse a name as soon as one of its addresses is inside."""
    if not all(is_public(address[0]) for _, address in ends):
        raise PrivateAddressError(
            f"{host}: its address is not on the public internet; such addresses are read only "
            "where that is allowed."
        )


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
