"""A real server on loopback; what it must not be asked is counted there."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fetch import (
    FetchError,
    InvalidPathError,
    NotFoundError,
    PermissionDeniedError,
    PrivateAddressError,
    TimedOutError,
    TooManyBytesError,
    UnreadableError,
    UnsupportedSchemeError,
    WebLimits,
)
from fetch.web import fetch, stat

_ROOM = 1000
_OPEN = WebLimits(timeout_s=20, allow_private=True)
_HASTY = WebLimits(timeout_s=1, allow_private=True)

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """Answers each path as it was told, and counts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []

    def url(self, path: str = "/picture", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.asked.append(self.path)
        server.answers[self.path.partition("?")[0]](self)

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def log_message(self, *_: object) -> None:
        pass


def body(content: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        shown = {"Content-Length": str(len(content))} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        for name, value in shown.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(content)
        handler.close_connection = True

    return answer


def chunks(pieces: list[bytes], pause_s: float = 0.0) -> Answer:
    """Answer raw pieces, one after the other, and hang up."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        for piece in pieces:
            try:
                handler.wfile.write(piece)
                handler.wfile.flush()
            except OSError:
                break
            time.sleep(pause_s)
        handler.close_connection = True

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_bytes_and_version_come(server: Server) -> None:
    server.answers["/picture"] = body(
        b"data", ETag='"v1"', Last_Modified="Thu, 01 Jan 1970 00:01:00 GMT"
    )
    found = fetch(server.url("/picture?size=2"), _ROOM, _OPEN)
    assert (found.data, found.size, found.etag, found.mtime) == (b"data", 4, '"v1"', 60_000_000)
    assert server.asked == ["/picture?size=2"]
    seen = stat(server.url(), _OPEN)
    assert (seen.size, seen.etag) == (4, '"v1"')


@pytest.mark.parametrize(
    ("status", "kind", "transient"),
    [
        (404, NotFoundError, False),
        (410, NotFoundError, False),
        (401, PermissionDeniedError, False),
        (403, PermissionDeniedError, False),
        (429, UnreadableError, True),
        (500, UnreadableError, True),
    ],
)
def test_other_answers_have_their_errors(
    server: Server, status: int, kind: type[FetchError], transient: bool
) -> None:
    server.answers["/picture"] = body(b"sorry", status)
    with pytest.raises(kind, match=str(status)) as caught:
        fetch(server.url(), _ROOM, _OPEN)
    assert caught.value.transient is transient


def test_an_answer_above_the_limit_is_refused_with_and_without_a_length(server: Server) -> None:
    server.answers["/picture"] = body(b"x" * (_ROOM + 1))
    server.answers["/exact"] = body(b"x" * _ROOM)
    server.answers["/endless"] = chunks([b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 400] * 10])
    for path in ("/picture", "/endless"):
        with pytest.raises(TooManyBytesError):
            fetch(server.url(path), _ROOM, _OPEN)
    assert fetch(server.url("/exact"), _ROOM, _OPEN).size == _ROOM


def test_an_answer_that_breaks_off_is_no_picture(server: Server) -> None:
    server.answers["/picture"] = chunks([b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
    with pytest.raises(UnreadableError, match="broke off"):
        fetch(server.url(), _ROOM, _OPEN)
    server.answers["/picture"] = chunks([b"SSH-2.0-OpenSSH\r\n"])
    with pytest.raises(UnreadableError, match="HTTP"):
        fetch(server.url(), _ROOM, _OPEN)


def test_compressed_answers_are_refused(server: Server) -> None:
    server.answers["/picture"] = body(gzip.compress(b"0" * 10**6), Content_Encoding="gzip")
    with pytest.raises(UnreadableError, match="compressed"):
        fetch(server.url(), 10**7, _OPEN)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 100],
        [bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"],
    ],
)
def test_a_server_that_drips_does_not_outlast_the_limit(
    server: Server, pieces: list[bytes]
) -> None:
    server.answers["/picture"] = chunks(pieces, pause_s=0.2)
    start = time.monotonic()
    with pytest.raises(TimedOutError, match="within 1 s"):
        fetch(server.url(), _ROOM, _HASTY)
    assert time.monotonic() - start < 5


def test_a_server_that_says_nothing_does_not_either() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(TimedOutError):
            fetch(f"http://127.0.0.1:{port}/", _ROOM, _HASTY)
        with pytest.raises(TimedOutError):
            fetch(f"https://127.0.0.1:{port}/", _ROOM, _HASTY)
    with pytest.raises(UnreadableError, match="refused"):
        fetch(f"http://127.0.0.1:{port}/", _ROOM, _HASTY)


def test_redirects_are_followed_so_far(server: Server) -> None:
    server.answers["/picture"] = body(b"here")
    server.answers["/moved"] = body(b"", 302, Location="/picture")
    server.answers["/loop"] = body(b"", 301, Location="/loop")
    server.answers["/file"] = body(b"", 302, Location="file:///etc/hostname")
    assert fetch(server.url("/moved"), _ROOM, _OPEN).data == b"here"
    with pytest.raises(UnreadableError, match="redirects"):
        fetch(server.url("/loop"), _ROOM, _OPEN)
    assert server.asked.count("/loop") == _OPEN.max_redirects + 1
    with pytest.raises(UnsupportedSchemeError):
        fetch(server.url("/file"), _ROOM, _OPEN)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "0x7f000001",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "0.0.0.0",  # noqa: S104 - not bound to
        "\uff11\uff12\uff17.0.0.1",  # full-width digits
        "127\u30020\u30020\u30021",  # ideographic full stops
        "169.254.169.254",
        "10.0.0.1",
        "[fd00:ec2::254]",
    ],
)
def test_nothing_inside_is_reached_in_any_spelling(server: Server, host: str) -> None:
    server.answers["/picture"] = body(b"secret")
    with pytest.raises(FetchError) as caught:
        fetch(server.url(host=host), _ROOM, WebLimits(timeout_s=20))
    assert not isinstance(caught.value, TimedOutError)
    assert server.asked == []
    # A machine without IPv6 cannot name some of these at all.
    assert isinstance(caught.value, PrivateAddressError | NotFoundError)
    if "[" not in host:
        assert isinstance(caught.value, PrivateAddressError)


def test_a_redirect_leads_nowhere_inside(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    # The server stands for one outside: only its own address counts as public.
    monkeypatch.setattr("fetch.connection.is_public", lambda address: address == "127.0.0.1")
    server.answers["/picture"] = body(b"", 302, Location=server.url("/secret", "127.0.0.2"))
    server.answers["/secret"] = body(b"secret")
    with pytest.raises(PrivateAddressError):
        fetch(server.url(), _ROOM, WebLimits(timeout_s=20))
    assert server.asked == ["/picture"]


def test_a_name_is_resolved_once_and_every_address_counts(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    resolved: list[str] = []
    connected: list[str] = []

    def resolve(host: str, port: int, **_: object) -> list[object]:
        resolved.append(host)
        found = answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def connect(_: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    monkeypatch.setattr("socket.socket.connect", connect)
    with pytest.raises(UnreadableError):
        fetch(server.url(host="rebinding.example"), _ROOM, WebLimits(timeout_s=20))
    assert (resolved, connected) == (["rebinding.example"], ["93.184.216.34"])
    answers[:] = [["93.184.216.34", "10.0.0.1"]]
    with pytest.raises(PrivateAddressError):
        fetch(server.url(host="two.example"), _ROOM, WebLimits(timeout_s=20))
    assert connected == ["93.184.216.34"]


@pytest.mark.parametrize(
    "url",
    [
        "http://user:password@example.org/x",
        "http:///x",
        "http://example.org:port/x",
        "http://exa mple.org/",
        "http://example.org/\r\nX: y",
        "http://[::1/",
    ],
)
def test_malformed_addresses_are_told(url: str) -> None:
    with pytest.raises(InvalidPathError) as caught:
        fetch(url, _ROOM, _OPEN)
    assert "password@" not in str(caught.value)
