"""Requests to one server: repeated while it is busy or away, for a bounded time."""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from elastic.connection import Connection
from elastic.errors import (
    AnswerError,
    ForbiddenError,
    NotFoundError,
    OverloadedError,
    UnreachableError,
)

_BUSY: Final = (429, 503)
"""The server wants to be asked again: its queue is full, its disk is, or it is starting."""

_FORBIDDEN: Final = (401, 403)
_NOT_FOUND: Final = 404
_SMALLEST_ERROR: Final = 400
_MAX_REASON: Final = 500

Body = Mapping[str, Any] | bytes | None

Json: TypeAlias = Any
"""What a server answers: its shape is the caller's business."""


@dataclass(frozen=True)
class Patience:
    """How long to try.

    Attributes
    ----------
    tries : int
        At least 1.
    first_wait_s : float
        Before the second try; each further wait is twice as long.
    longest_wait_s : float
        No wait is longer.
    timeout_s : float
        For one answer.
    """

    tries: int = 6
    first_wait_s: float = 0.5
    longest_wait_s: float = 10.0
    timeout_s: float = 60.0

    def wait(self, tried: int) -> float:
        """Return how long to wait.

        Parameters
        ----------
        tried : int
            Tries so far, from 1.

        Returns
        -------
        float
            Seconds.
        """
        return float(min(self.longest_wait_s, self.first_wait_s * 2 ** (tried - 1)))


class Client:
    """Sends requests, one at a time, over a connection that is kept.

    All requests of this project may be repeated: they create by name, write by id, or ask.

    Parameters
    ----------
    connection : Connection
        Where to.
    patience : Patience
        How long to try.
    """

    def __init__(self, connection: Connection, patience: Patience | None = None) -> None:
        self.connection = connection
        self.patience = patience or Patience()
        self._sleep: Callable[[float], None] = time.sleep
        self._open: http.client.HTTPConnection | None = None

    def __reduce__(self) -> tuple[type["Client"], tuple[Connection, Patience]]:
        return Client, (self.connection, self.patience)

    def get(self, path: str, **parameters: object) -> Json:
        """Ask for something; see `Client.request`."""
        return self.request("GET", path, None, **parameters)

    def post(self, path: str, body: Body = None, **parameters: object) -> Json:
        """Ask with a body, or set something going; see `Client.request`."""
        return self.request("POST", path, body, **parameters)

    def put(self, path: str, body: Body = None, **parameters: object) -> Json:
        """Make or change something; see `Client.request`."""
        return self.request("PUT", path, body, **parameters)

    def delete(self, path: str, **parameters: object) -> Json:
        """Delete something; see `Client.request`."""
        return self.request("DELETE", path, None, **parameters)

    def request(self, method: str, path: str, body: Body = None, **parameters: object) -> Json:
        """Send a request and return the answer, after as many tries as patience allows.

        Parameters
        ----------
        method : str
            Of HTTP.
        path : str
            With a slash before it, quoted where it must be.
        body : mapping or bytes, optional
            A JSON object, or lines of JSON as bytes.
        **parameters : object
            Of the query; booleans become ``true`` and ``false``.

        Returns
        -------
        object
            The answer's JSON; None if it has none.

        Raises
        ------
        UnreachableError
            If no try got a whole answer.
        OverloadedError
            If the server was busy at the last try.
        ForbiddenError
            If it did not let us in.
        NotFoundError
            If there is no such thing.
        AnswerError
            If it refused otherwise.
        """
        target = self.connection.prefix + path + _query(parameters)
        tried = 0
        while True:
            tried += 1
            try:
                status, content = self._send(method, target, body)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                failure: Exception = _unreachable(self.connection, error)
            else:
                if status < _SMALLEST_ERROR:
                    return _parsed(content)
                failure = _refusal(status, content)
                if status not in _BUSY:
                    raise failure
            if tried >= self.patience.tries:
                raise failure
            self._sleep(self.patience.wait(tried))

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _send(self, method: str, target: str, body: Body) -> tuple[int, bytes]:
        headers = {"Accept": "application/json", **self.connection.headers()}
        data = None
        if isinstance(body, bytes):
            data, headers["Content-Type"] = body, "application/x-ndjson"
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        if self._open is None:
            self._open = self._connect()
        self._open.request(method, target, data, headers)
        response = self._open.getresponse()
        return response.status, response.read()

    def _connect(self) -> http.client.HTTPConnection:
        place, wait = self.connection, self.patience.timeout_s
        if place.secure:
            return http.client.HTTPSConnection(
                place.host, place.port, timeout=wait, context=place.tls
            )
        return http.client.HTTPConnection(place.host, place.port, timeout=wait)


def _query(parameters: Mapping[str, object]) -> str:
    if not parameters:
        return ""
    shown = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in parameters.items()
    }
    return "?" + urlencode(shown)


def _parsed(content: bytes) -> Json:
    if not content.strip():
        return None
    try:
        return json.loads(content)
    except ValueError:
        raise AnswerError(200, "no JSON", "what answers there is not Elasticsearch") from None


def _unreachable(connection: Connection, error: Exception) -> UnreachableError:
    told = str(error) or type(error).__name__
    return UnreachableError(f"cannot reach Elasticsearch at {connection.url}: {told}")


def _refusal(status: int, content: bytes) -> AnswerError:
    kind, reason = "error", content.decode("utf-8", "replace")[:_MAX_REASON]
    try:
        error = json.loads(content)["error"]
        kind, reason = error["type"], error["reason"][:_MAX_REASON]
    except (ValueError, KeyError, TypeError):
        pass
    if status in _FORBIDDEN and kind != "cluster_block_exception":
        return ForbiddenError(status, kind, reason)
    if status == _NOT_FOUND:
        return NotFoundError(status, kind, reason)
    if status in _BUSY:
        return OverloadedError(status, kind, reason)
    return AnswerError(status, kind, reason)
