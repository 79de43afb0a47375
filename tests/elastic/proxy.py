"""A proxy before a server that loses, delays, cuts and refuses what goes through, as it is told."""

import random
import re
import select
import socket
import threading
import time
from contextlib import closing, suppress
from typing import Self

_BLOCK = 65_536
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_REASON = b"""{"error": {"root_cause": [], "type": "es_rejected_execution_exception", "reason":
 "rejected execution of coordinating operation"}, "status": 429}"""
_TOO_BUSY = b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\n"
_TOO_BUSY += b"content-length: %d\r\n\r\n%b" % (len(_REASON), _REASON)


class Proxy:
    """Listens on loopback and passes bytes on, with the faults that its attributes name.

    ``refuse`` is the share of connections that are closed at once, ``cut_after`` the bytes after
    which one is broken off (None for never), ``cuts`` how often that happens, ``delay_s`` how
    long each block waits. After ``busy_after`` bulk requests to the index ``busy_for``, the next
    ``busy`` are answered with 429, whole.
    """

    def __init__(self, port: int, seed: int) -> None:
        self._target = port
        self._rng = random.Random(seed)  # noqa: S311 - no secret
        self.refuse = 0.0
        self.cut_after: int | None = None
        self.cuts = 0
        self.delay_s = 0.0
        self.busy = self.busy_after = 0
        self.busy_for = ""
        self.connections = self.refused = self.broken = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                incoming, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self._rng.random() < self.refuse:
                self.refused += 1
                incoming.close()
                continue
            threading.Thread(target=self._serve, args=(incoming,), daemon=True).start()

    def _serve(self, incoming: socket.socket) -> None:
        with (
            closing(incoming),
            suppress(OSError),
            closing(socket.create_connection(("127.0.0.1", self._target))) as outgoing,
        ):
            self._pump(incoming, outgoing)

    def _pump(self, incoming: socket.socket, outgoing: socket.socket) -> None:
        other = {incoming: outgoing, outgoing: incoming}
        passed = 0
        while not self._ended.is_set():
            readable, _, _ = select.select(list(other), [], [], 0.5)
            for source in readable:
                block = source.recv(_BLOCK)
                if not block:
                    return
                passed += len(block)
                if self.cuts > 0 and self.cut_after is not None and passed > self.cut_after:
                    self.cuts -= 1
                    self.broken += 1
                    return
                if self.delay_s:
                    time.sleep(self.delay_s)
                if self._is_too_many(block):
                    _take_whole(source, block)
                    source.sendall(_TOO_BUSY)
                else:
                    other[source].sendall(block)

    def _is_too_many(self, block: bytes) -> bool:
        if not self.busy or not re.match(rf"PUT /{self.busy_for}/_bulk".encode(), block):
            return False
        self.busy_after -= 1
        self.busy -= self.busy_after < 0
        return self.busy_after < 0


def _take_whole(source: socket.socket, begun: bytes) -> None:
    """Read a request to its end."""
    while b"\r\n\r\n" not in begun:
        begun += source.recv(_BLOCK)
    head, _, body = begun.partition(b"\r\n\r\n")
    found = _LENGTH.search(head)
    left = int(found[1]) - len(body) if found else 0
    while left > 0:
        left -= len(source.recv(_BLOCK))
