"""Looking pictures up: recall and time beside image-match's own query, and in the store itself.

``python benchmarks/lookup.py --signatures FILE.npz [--count N]`` puts the corpus (grown to N, see
`benchmarks.worlds`) into a store and into two indices of one Elasticsearch: ours, and the one that
image-match's client makes. Every query goes to all of them in turn, ``--rounds`` times. Recall is
of the pairs that brute force finds, for queries with at most 50 neighbours. Server times are what
Elasticsearch says it took, of all requests of a search. The quickest answer to a query owes least
to what else the machine did: their percentiles are those of the queries. The last line is one JSON
object.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_PROJECT = Path(__file__).resolve().parent.parent
sys.path[0] = str(_PROJECT)  # also when run as a file

from benchmarks.single_thread import one_thread_for_products  # noqa: E402

one_thread_for_products()

import numpy as np  # noqa: E402
from elasticsearch import Elasticsearch  # noqa: E402

from benchmarks.elasticsearch_server import Server, fetch, java_home  # noqa: E402
from benchmarks.lookup_asking import Answers, ImageMatchQuery, TimedES, throughput  # noqa: E402
from benchmarks.lookup_corpus import CUTOFF, Queries, corpus_of, model_of, queries_of  # noqa: E402
from benchmarks.lookup_indices import load_indices  # noqa: E402
from benchmarks.lookup_store import opening, write_store  # noqa: E402
from benchmarks.signature_file import Corpus  # noqa: E402
from jobs.summary import table_lines  # noqa: E402
from lookup import SignatureStore  # noqa: E402
from lookup.records import Record, record_of  # noqa: E402
from matching import Model  # noqa: E402
from signature import expand  # noqa: E402

_SEED: Final = 1
_THREADS: Final = (1, 8, 32)
_WARM_UP: Final = 20

Search = Callable[[Record], set[int]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Load, ask, and print both tables."""
    options = _options(arguments)
    corpus = corpus_of(options.signatures, options.count)
    model = model_of(corpus)
    queries = queries_of(corpus, options.exclude.split(","), options.queries, _SEED)
    records = [record_of(full, None, 16, 63) for full in expand(corpus.levels[queries.rows])]
    result: dict[str, Any] = {
        "benchmark": "lookup",
        "signatures": len(corpus),
        "cells": model.codebook.cells if model.codebook else 0,
        "queries": len(queries.rows),
        "pairs": np.bincount(queries.bins, minlength=4).tolist(),
    }
    with tempfile.TemporaryDirectory() as folder:
        result |= _in_the_store(Path(folder), corpus, model, queries, records, options.rounds)
    if options.elasticsearch != "none":
        with _server(options.elasticsearch) as url:
            result |= _on_the_server(url, corpus, model, queries, records, options.rounds)
    _print(result)
    print(json.dumps(result))


def _in_the_store(
    folder: Path,
    corpus: Corpus,
    model: Model,
    queries: Queries,
    records: list[Record],
    rounds: int,
) -> dict[str, Any]:
    write_store(folder, corpus, model)
    opened = opening(folder)
    store = SignatureStore(str(folder), size=1000, distance_cutoff=CUTOFF)

    def ask(record: Record, thorough: bool) -> set[int]:
        return {int(match["id"]) for match in store.search_records([record], None, thorough)}

    ways: dict[str, Search] = {
        "store": lambda record: ask(record, False),
        "store thorough": lambda record: ask(record, True),
    }
    asked = _asked(ways, queries, records, rounds)
    return {
        **opened,
        **asked,
        "store_per_s": throughput(ways["store"], records, _THREADS),
    }


def _on_the_server(
    url: str,
    corpus: Corpus,
    model: Model,
    queries: Queries,
    records: list[Record],
    rounds: int,
) -> dict[str, Any]:
    with Elasticsearch(url, request_timeout=600, connections_per_node=max(_THREADS)) as es:
        ours, theirs = load_indices(es, corpus, model)
        row_of = {path: row for row, path in enumerate(corpus.paths)}
        database = TimedES(es, ours, timeout="600s", size=1000, distance_cutoff=CUTOFF)
        old = ImageMatchQuery(es, theirs)
        ways: dict[str, Search] = {
            "image-match": lambda record: {row_of[path] for path in old.paths(record)},
            "index": lambda record: {row_of[p] for p in database.paths(record, False)},
            "index thorough": lambda record: {row_of[p] for p in database.paths(record, True)},
        }
        took = {"image-match": old.took, "index": database.took, "index thorough": database.took}
        asked = _asked(ways, queries, records, rounds, took)
        return {
            **asked,
            "index_per_s": throughput(ways["index"], records, _THREADS),
            "image_match_per_s": throughput(ways["image-match"], records, _THREADS),
        }


def _asked(
    ways: dict[str, Search],
    queries: Queries,
    records: list[Record],
    rounds: int,
    took: dict[str, Callable[[], float]] | None = None,
) -> dict[str, Any]:
    """Every query to every way in turn, so that a busy moment meets all of them."""
    for record in records[:_WARM_UP]:
        for search in ways.values():
            search(record)
    answers = {name: Answers() for name in ways}
    names = list(ways)
    for number in range(rounds):
        # Another one begins each round: what follows on another's heels finds its caches warm.
        order = names[number % len(names) :] + names[: number % len(names)]
        for row, record in zip(queries.rows.tolist(), records, strict=True):
            for name in order:
                start = time.perf_counter()
                found = ways[name](record)
                wall = (time.perf_counter() - start) * 1000
                answers[name].add(row, found, wall, took[name]() if took else wall)
    return {name: one.measured(queries) for name, one in answers.items()}


def _print(result: dict[str, Any]) -> None:
    rows = [
        (name, *(_percent(share) for share in one["recall"].values()), *_times(one))
        for name, one in result.items()
        if isinstance(one, dict) and "recall" in one
    ]
    times = ("p50", "p95", "p99")
    titles = (
        "",
        "<.2",
        ".2-.3",
        ".3-.4",
        ".4-.45",
        "server ms p50",
        *times[1:],
        "quickest p50",
        *times[1:],
        "wall p50",
    )
    for line in table_lines(titles, rows):
        print(line)
    print(
        f"store opened in {result['opening_s']:.1f} s, {result['opened_mb']:.0f} MB, "
        f"at the peak {result['opening_mb']:.0f} MB"
    )
    for name in ("store_per_s", "index_per_s", "image_match_per_s"):
        if name in result:
            print(f"{name:<20}{result[name]}")


def _times(measured: dict[str, Any]) -> tuple[str, ...]:
    kinds = ("server_ms", "server_best_ms")
    shown = [f"{measured[kind][p]:.1f}" for kind in kinds for p in ("p50", "p95", "p99")]
    return (*shown, f"{measured['wall_best_ms']['p50']:.1f}")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


@contextmanager
def _server(url: str | None) -> Iterator[str]:
    if url := url or os.environ.get("ELASTICSEARCH_URL"):
        yield url
        return
    archive = fetch(_PROJECT / "build" / "elasticsearch")
    if archive is None:
        raise SystemExit("No Elasticsearch: pass --elasticsearch URL, or install mvn (Maven).")
    server = Server(archive, java_home())
    server.start()
    try:
        yield server.url
    finally:
        server.close()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=Path, required=True, help="an .npz of sig and path")
    parser.add_argument("--exclude", default="debian-games", help="prefixes of paths")
    parser.add_argument("--count", type=int, help="signatures to grow to")
    parser.add_argument("--queries", type=int, default=500, help="how many (500)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is asked (3)")
    parser.add_argument("--elasticsearch", help="URL, or none; default: a server of its own")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
