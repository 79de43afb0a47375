"""Asking each of them, and what its answers say."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import Any, Final

import numpy as np
from elasticsearch import Elasticsearch

from benchmarks.lookup_corpus import CUTOFF, Queries
from lookup import SignatureES, normalized_distance
from lookup.records import Record

_SIZE: Final = 100
_SEARCHES: Final = 200


class Answers:
    """What one way of searching found, and how long it took, each query perhaps several times."""

    def __init__(self) -> None:
        self._found: dict[int, set[int]] = {}
        self._wall: dict[int, list[float]] = {}
        self._server: dict[int, list[float]] = {}

    def add(self, row: int, found: set[int], wall_ms: float, server_ms: float) -> None:
        """Note an answer."""
        self._found[row] = found
        self._wall.setdefault(row, []).append(wall_ms)
        self._server.setdefault(row, []).append(server_ms)

    def measured(self, queries: Queries) -> dict[str, Any]:
        """Recall by bin; percentiles of both times, of all answers and of each query's quickest."""
        return {
            "recall": queries.recall(self._found),
            "server_ms": _percentiles([ms for asked in self._server.values() for ms in asked]),
            "server_best_ms": _percentiles([min(asked) for asked in self._server.values()]),
            "wall_ms": _percentiles([ms for asked in self._wall.values() for ms in asked]),
            "wall_best_ms": _percentiles([min(asked) for asked in self._wall.values()]),
        }


class TimedES(SignatureES):
    """Our client, which also adds up what the server says that it took."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - handed on
        super().__init__(*arguments, **named)
        self._here = threading.local()

    def paths(self, record: Record, thorough: bool) -> list[str]:
        """Paths of what is found."""
        self._here.took = 0
        return [match["path"] for match in self.search_records([record], None, thorough)]

    def took(self) -> float:
        """Milliseconds of all requests of the last search of this thread."""
        return float(self._here.took)

    def _ask(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - handed on
        answer = super()._ask(*arguments, **named)
        self._here.took += answer["took"]
        return answer


class ImageMatchQuery:
    """The query of image-match's client: 63 words, the first 100 documents with their source."""

    def __init__(self, es: Elasticsearch, index: str) -> None:
        self._es, self._index = es, index
        self._here = threading.local()

    def paths(self, record: Record) -> list[str]:
        """Paths of what it finds below the cutoff."""
        words = {name: value for name, value in record.items() if name.startswith("simple_word_")}
        answer = self._es.search(
            index=self._index,
            query={"bool": {"should": [{"term": {name: word}} for name, word in words.items()]}},
            source_excludes=["simple_word_*"],
            size=_SIZE,
        )
        self._here.took = answer["took"]
        hits = answer["hits"]["hits"]
        if not hits:
            return []
        signatures = np.array([hit["_source"]["signature"] for hit in hits])
        found = normalized_distance(signatures, np.array(record["signature"]))
        return [
            hit["_source"]["path"]
            for hit, distance in zip(hits, found, strict=True)
            if distance < CUTOFF
        ]

    def took(self) -> float:
        """Milliseconds of the last search of this thread."""
        return float(self._here.took)


def throughput(
    search: Callable[[Record], object], records: Sequence[Record], threads: Sequence[int]
) -> dict[str, float]:
    """Searches a second with so many clients at once.

    Parameters
    ----------
    search : callable
        One search.
    records : sequence of dict
        The queries, in turn.
    threads : sequence of int
        How many clients.

    Returns
    -------
    dict of str to float
        Number of clients to searches a second.
    """
    asked = list(islice(cycle(records), _SEARCHES))
    rates = {}
    for count in threads:
        with ThreadPoolExecutor(count) as pool:
            start = time.perf_counter()
            list(pool.map(search, asked))
            rates[str(count)] = _SEARCHES / (time.perf_counter() - start)
    return rates


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    return {f"p{percent}": float(np.percentile(values, percent)) for percent in (50, 95, 99)}
