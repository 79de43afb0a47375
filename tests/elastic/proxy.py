"""A proxy before a server that loses, delays and cuts what goes through it, as it is told."""

import random
import select
import socket
import threading
import time
from contextlib import closing, suppress
from typing import Self

_BLOCK = 65_536


class Proxy:
    """Listens on loopback and passes bytes on, with the faults that its attributes name.

    ``refuse`` is the share of connections that are closed at once, ``cut_after`` the bytes after
    which one is broken off (None for never), ``cuts`` how often that happens, ``delay_s`` how
    long each block waits.
    """

    def __init__(self, port: int, seed: int) -> None:
        self._target = port
        self._rng = random.Random(seed)  # noqa: S311 - no secret
        self.refuse = 0.0
        self.cut_after: int | None = None
        self.cuts = 0
        self.delay_s = 0.0
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
                other[source].sendall(block)
