"""Requests over real sockets, to a server that answers what the test wants."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from elastic import (
    AnswerError,
    Client,
    ForbiddenError,
    NotFoundError,
    OverloadedError,
    UnreachableError,
    connection,
)
from elastic.client import Patience

QUICK = Patience(tries=4, first_wait_s=0.001, longest_wait_s=0.002, timeout_s=2)


class Answers:
    """What a server says, request by request; the last answer stays. None breaks off."""

    def __init__(self, *answers: tuple[int, object] | None) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, str, bytes, str | None]] = []

    def next(self) -> tuple[int, object] | None:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@contextmanager
def served(answers: Answers) -> Iterator[Client]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            kind = self.headers.get("Content-Type")
            answers.asked.append((self.command, self.path, self.rfile.read(length), kind))
            answer = answers.next()
            if answer is None:
                self.close_connection = True
                return
            content = answer[1] if isinstance(answer[1], bytes) else json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = Client(connection(f"http://127.0.0.1:{server.server_port}"), QUICK)
    try:
        yield client
    finally:
        client.close()
        server.shutdown()
        server.server_close()


def error(kind: str, reason: str = "because") -> dict[str, object]:
    return {"error": {"type": kind, "reason": reason}, "status": 0}


def test_requests_carry_method_query_and_body() -> None:
    answers = Answers((200, {"ok": True}))
    with served(answers) as client:
        assert client.post("/a/_search", {"size": 1}, pretty=True, n=2) == {"ok": True}
        client.put("/b", b'{"x":1}\n')
        client.get("/c")
        client.delete("/d")
    assert answers.asked[0] == (
        "POST", "/a/_search?pretty=true&n=2", b'{"size": 1}', "application/json")  # fmt: skip
    assert answers.asked[1] == ("PUT", "/b", b'{"x":1}\n', "application/x-ndjson")
    assert [(asked[0], asked[1]) for asked in answers.asked[2:]] == [
        ("GET", "/c"),
        ("DELETE", "/d"),
    ]


@pytest.mark.parametrize("busy", [(429, error("es_rejected_execution_exception")), (503, {}), None])
def test_a_busy_server_and_a_broken_connection_are_asked_again(
    busy: tuple[int, object] | None,
) -> None:
    answers = Answers(busy, busy, (200, {"ok": 1}))
    with served(answers) as client:
        assert client.get("/") == {"ok": 1}
    assert len(answers.asked) == 3


def test_patience_ends() -> None:
    answers = Answers((429, error("circuit_breaking_exception")))
    with served(answers) as client, pytest.raises(OverloadedError, match="circuit_breaking"):
        client.get("/")
    assert len(answers.asked) == QUICK.tries
    with served(Answers(None)) as client, pytest.raises(UnreachableError, match="127"):
        client.get("/")


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (404, "index_not_found_exception", NotFoundError),
        (401, "security_exception", ForbiddenError),
        (403, "security_exception", ForbiddenError),
        (400, "mapper_parsing_exception", AnswerError),
        (403, "cluster_block_exception", AnswerError),
    ],
)
def test_refusals_have_names_and_are_not_repeated(
    status: int, kind: str, expected: type[AnswerError]
) -> None:
    answers = Answers((status, error(kind, "no such thing")))
    with served(answers) as client, pytest.raises(expected) as caught:
        client.get("/")
    assert type(caught.value) is expected
    assert (caught.value.status, caught.value.kind, caught.value.reason) == (
        status, kind, "no such thing")  # fmt: skip
    assert len(answers.asked) == 1


@pytest.mark.parametrize("content", [b"<html>", b'{"error": "text"}', b"[]"])
def test_answers_of_another_form_are_told_as_they_are(content: bytes) -> None:
    with served(Answers((500, content))) as client, pytest.raises(AnswerError) as caught:
        client.get("/")
    assert caught.value.reason == content.decode()


def test_what_is_not_elasticsearch_is_told() -> None:
    with served(Answers((200, b"<html>"))) as client, pytest.raises(AnswerError, match="not Elast"):
        client.get("/")


def test_waits_grow_up_to_the_longest() -> None:
    patience = Patience(first_wait_s=0.5, longest_wait_s=3)
    assert [patience.wait(tried) for tried in range(1, 6)] == [0.5, 1, 2, 3, 3]
