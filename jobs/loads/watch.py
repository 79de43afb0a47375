"""An eye on the server while a load runs: how far it is, and whether it is too busy."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from elastic import Client, ElasticError
from elastic.client import Patience
from elastic.indices import indexed
from jobs.loads.rejects import rejects_index

_EVERY_S = 5.0
_ALERT_AGAIN = 12
"""Looks between two alerts: a minute."""


class Watch:
    """Looks at the server every few seconds, from a thread of its own.

    Parameters
    ----------
    client : Client
        The server; a connection of its own is opened.
    index : str
        What is loaded.
    tell : callable
        Takes lines for the user.
    most_rejects : int
        With more, the load is stopped.
    stop : callable
        Stops the load.
    """

    def __init__(
        self,
        client: Client,
        index: str,
        tell: Callable[[list[str]], None],
        most_rejects: int,
        stop: Callable[[], None],
    ) -> None:
        self._client = Client(client.connection, Patience(tries=1, timeout_s=5.0))
        self._index, self._tell = index, tell
        self._most_rejects, self._stop_load = most_rejects, stop
        self._before = self._ask(lambda: indexed(self._client, index)) or 0
        self._busy = self._ask(self._refused) or 0
        self._silent = 0
        self.written = 0
        self.stopped = False

    @contextmanager
    def watching(self, every_s: float = _EVERY_S) -> Iterator["Watch"]:
        """Look for as long as the block runs.

        Parameters
        ----------
        every_s : float
            Seconds between two looks.

        Yields
        ------
        Watch
            Itself.
        """
        end = threading.Event()

        thread = threading.Thread(
            target=self._look_until, args=(end, every_s), daemon=True, name="watch"
        )
        thread.start()
        try:
            yield self
        finally:
            end.set()
            thread.join()
            self._client.close()

    def _look_until(self, end: threading.Event, every_s: float) -> None:
        while not end.wait(every_s):
            self.look()

    def look(self) -> None:
        """Look once."""
        total = self._ask(lambda: indexed(self._client, self._index))
        if total is not None:
            # The server counts from its start: after a restart it begins again.
            self._before = min(self._before, total)
            self.written = max(self.written, total - self._before)
        rejects = self._ask(lambda: indexed(self._client, rejects_index(self._index)))
        if rejects is not None and rejects > self._most_rejects and not self.stopped:
            self.stopped = True
            self._stop_load()
        self._alert(total is None)

    def _alert(self, away: bool) -> None:
        refused = self._ask(self._refused)
        busy = refused is not None and refused > self._busy
        self._busy = self._busy if refused is None else refused
        self._silent = max(0, self._silent - 1)
        if not (away or busy) or self._silent:
            return
        self._silent = _ALERT_AGAIN
        what = "does not answer" if away else "is too busy and refuses batches"
        self._tell([f"Elasticsearch {what}: they are sent again, for a bounded time"])

    def _refused(self) -> int:
        """Batches that the nodes refused since they started, for their queue or their memory."""
        answer = self._client.get("/_nodes/stats/thread_pool,indexing_pressure")
        total = 0
        for node in answer["nodes"].values():
            total += int(node["thread_pool"]["write"]["rejected"])
            memory = node["indexing_pressure"]["memory"]["total"]
            total += int(memory.get("coordinating_rejections", 0))
            total += int(memory.get("primary_rejections", 0))
        return total

    def _ask(self, question: Callable[[], int]) -> int | None:
        try:
            return question()
        except (ElasticError, KeyError):
            return None
