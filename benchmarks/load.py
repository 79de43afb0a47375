"""Loading an index: the connector beside image-match's way and beside a client in Python.

``python benchmarks/load.py --signatures FILE.npz --count 70000`` makes a store of real signatures
and loads the same documents, into the same node, in one run:

- through the job's own writer (elasticsearch-hadoop from ``local[2]``), full and lean;
- with ``elasticsearch.helpers.parallel_bulk`` from one Python process, into the same mapping;
- with the same client into an index as image-match leaves it: dynamic mapping, no settings.

The node is the one at ``ELASTICSEARCH_URL``, or one that is started for it. Each index is merged
into one segment before its bytes are counted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from benchmarks.elasticsearch_server import Server, fetch, java_home
from benchmarks.image_match import CLIENT, prepared
from benchmarks.signature_file import load
from benchmarks.signature_store import make_store
from elastic import Client, connection
from elastic.indices import count, create, remove
from elastic.mapping import index_body
from elastic.sizes import bytes_of, merge_whole
from jobs.loads.estimate import Trial, try_load
from jobs.loads.sizes import shards_for
from jobs.loads.stored import Stored
from jobs.loads.writer import IndexWriter
from jobs.progress import Progress
from jobs.run import Run
from jobs.settings import Settings, read_settings
from jobs.sinks.run_log import RunLog

_PROJECT = Path(__file__).resolve().parent.parent
_SIZES = (80_000_000, 1_000_000_000)
_PAGE = 1_000

# image-match names no mapping, so the server makes one; 711 fields of one document are all it has.
_DYNAMIC: dict[str, object] = {"settings": {"index": {"number_of_replicas": 0}}}

_PARALLEL_BULK = """
import json, sys, time
from elasticsearch import Elasticsearch
from elasticsearch.helpers import parallel_bulk
wish = json.load(sys.stdin)
es = Elasticsearch(wish["url"], timeout=300)
with open(wish["file"]) as lines:
    documents = [json.loads(line) for line in lines]
actions = [{"_index": wish["index"], "_id": d["image_id"], "_source": d} for d in documents]
begun = time.monotonic()
for ok, _ in parallel_bulk(es, actions, thread_count=4, chunk_size=500):
    assert ok
json.dump(time.monotonic() - begun, sys.stdout)
"""
"""Reading the documents is not counted, making JSON of them is: so it is with the connector."""


@dataclass(frozen=True)
class Bench:
    """What all ways of loading share.

    Attributes
    ----------
    client : Client
        The node.
    run : Run
        Brings Spark and the store.
    stored : Stored
        The run that is loaded.
    """

    client: Client
    run: Run
    stored: Stored

    def by_connector(self, profile: str) -> Trial:
        """Load with the job's own writer.

        Parameters
        ----------
        profile : str
            Of the index.

        Returns
        -------
        Trial
            What it took.
        """
        settings = self.run.settings.elasticsearch.model_copy(update={"profile": profile})
        writer = IndexWriter(self.run, settings)
        rows = self.run.stash(
            writer.documents.rows(self.stored, writer.documents.images(self.stored)), "rows"
        )
        return try_load(self.run, writer, self.stored, rows, profile)

    def by_client(self, documents: Path, body: dict[str, object], names: set[str] | None) -> Trial:
        """Load with ``parallel_bulk``.

        Parameters
        ----------
        documents : Path
            A JSON object on each line.
        body : dict
            Of the index.
        names : set of str, optional
            Fields to keep; all of them by default.

        Returns
        -------
        Trial
            What it took.
        """
        index = "benchmark-client"
        remove(self.client, index)
        create(self.client, index, body)
        kept = documents if names is None else _only(documents, names)
        wish = {"url": self.client.connection.url, "index": index, "file": str(kept)}
        ended = subprocess.run(
            [prepared(CLIENT), "-c", _PARALLEL_BULK],
            env={**os.environ, "ELASTIC_CLIENT_APIVERSIONING": "true"},
            input=json.dumps(wish),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        merge_whole(self.client, index)
        trial = Trial(count(self.client, index), float(ended.stdout), bytes_of(self.client, index))
        remove(self.client, index)
        return trial

    def documents(self, file: Path) -> None:
        """Write down the documents of a full index, as the connector made them.

        Parameters
        ----------
        file : Path
            A JSON object on each line.
        """
        index = "benchmark-documents"
        remove(self.client, index)
        create(self.client, index, index_body("full", {}))
        writer = IndexWriter(self.run, self.run.settings.elasticsearch)
        images = writer.documents.images(self.stored)
        kind = writer.documents.task(self.stored), None
        rows, number = writer.documents.rows(self.stored, images), images.count()
        writer.write("making documents", rows, number, writer.writing(index, 1), kind)
        count(self.client, index)
        with file.open("w") as lines:
            for source in _sources(self.client, index):
                lines.write(json.dumps(source) + "\n")
        remove(self.client, index)
        remove(self.client, f"{index}-rejects")


def _sources(client: Client, index: str) -> Iterator[object]:
    answer = client.post(f"/{index}/_search", {"size": _PAGE, "sort": ["_doc"]}, scroll="5m")
    while answer["hits"]["hits"]:
        yield from (hit["_source"] for hit in answer["hits"]["hits"])
        wish = {"scroll": "5m", "scroll_id": answer["_scroll_id"]}
        answer = client.post("/_search/scroll", wish)


def _only(documents: Path, names: set[str]) -> Path:
    target = documents.with_name("some.jsonl")
    with documents.open() as lines, target.open("w") as some:
        for line in lines:
            document = json.loads(line)
            kept = {name: document[name] for name in document if name in names}
            some.write(json.dumps(kept | {"image_id": document["image_id"]}) + "\n")
    return target


@contextmanager
def _node() -> Iterator[str]:
    if url := os.environ.get("ELASTICSEARCH_URL"):
        yield url
        return
    archive = fetch(_PROJECT / "build" / "elasticsearch")
    if archive is None:
        sys.exit("benchmarks/load.py needs ELASTICSEARCH_URL, or mvn to fetch a server")
    server = Server(archive, java_home())
    try:
        server.start()
        yield server.url
    finally:
        server.close()


def _measure(bench: Bench, folder: Path) -> dict[str, Trial]:
    documents = folder / "documents.jsonl"
    bench.documents(documents)  # warms up both sides, too
    words = {f"simple_word_{number}" for number in range(63)}
    theirs = {"path", "signature", "timestamp", *words}
    full = index_body("full", {})
    return {
        "image-match's mapping, parallel_bulk": bench.by_client(documents, _DYNAMIC, theirs),
        "full, parallel_bulk": bench.by_client(documents, full, None),
        "full, connector": bench.by_connector("full"),
        "lean, connector": bench.by_connector("lean"),
    }


def _table(trials: dict[str, Trial]) -> list[str]:
    dynamic = trials["image-match's mapping, parallel_bulk"]
    lines = [f"{'':<40} {'documents/s':>12} {'bytes each':>12} {'of dynamic':>12}"]
    for name, trial in trials.items():
        share = trial.bytes_each / dynamic.bytes_each
        lines.append(f"{name:<40} {trial.rate:>12,.0f} {trial.bytes_each:>12,.0f} {share:>12.3f}")
    ratio = trials["full, connector"].rate / trials["full, parallel_bulk"].rate
    lines += ["", f"the connector loads {ratio:.2f} times what parallel_bulk does", ""]
    lines.append(f"{'':<40} {'disk':>12} {'shards':>12} {'hours':>12}")
    for size in _SIZES:
        for profile in ("full", "lean"):
            trial = trials[f"{profile}, connector"]
            shards = shards_for(size, profile, trial.bytes_each)
            disk, hours = size * trial.bytes_each / 1e9, size / trial.rate / 3600
            name = f"{size:,} documents, {profile}"
            lines.append(f"{name:<40} {disk:>9,.0f} GB {shards:>12} {hours:>12,.1f}")
    return lines


def main(arguments: Sequence[str]) -> None:
    """Measure and print.

    Parameters
    ----------
    arguments : sequence of str
        Words of the command line.
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--signatures", type=Path, required=True, help="an .npz of signatures")
    parser.add_argument("--count", type=int, default=70_000, help="documents to load")
    given = parser.parse_args(arguments)
    corpus = load(given.signatures)
    levels, paths = corpus.levels[: given.count], [str(p) for p in corpus.paths[: given.count]]
    spark = SparkSession.builder.master("local[2]").appName("benchmark").getOrCreate()
    with _node() as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        overrides = {"elasticsearch.url": url, "elasticsearch.index": "benchmark"}
        settings: Settings = read_settings(None, overrides)
        make_store(spark, folder / "store", levels, paths, settings)
        with Progress(lambda: (0, 0), sys.stderr) as progress:
            run = Run(spark, "benchmark", str(folder / "store"), settings, progress)
            row = RunLog(spark, run.layout).newest()
            assert row is not None
            bench = Bench(Client(connection(url)), run, Stored.of(row))
            trials = _measure(bench, folder)
            run.clean_up()
    print("\n".join([f"{len(levels):,} documents of real signatures", "", *_table(trials)]))
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
