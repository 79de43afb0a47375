"""Things break while an index is loaded: it is complete in the end, or the alias stays."""

import itertools
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from benchmarks.elasticsearch_server import Server, java_home
from benchmarks.signature_store import make_store
from elastic import Client, ElasticError, connection
from elastic.client import Patience
from elastic.indices import aliased, change, indexed
from jobs.errors import LoadError
from jobs.loads.watch import Watch
from jobs.settings import Settings
from tests.elastic.proxy import Proxy
from tests.elastic.session import Loader
from tests.elastic.test_load import contents

pytestmark = [pytest.mark.spark, pytest.mark.elastic, pytest.mark.faults]

DOCUMENTS = 2_000
SEED = 20_252

SLOW = {"elasticsearch__batch_bytes": 20_000, "elasticsearch__retries": 5}
"""Some hundreds of requests, so that there is a middle to break."""


@pytest.fixture(scope="module")
def made(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of signatures that no picture has."""
    root = tmp_path_factory.mktemp("made") / "store"
    rng = np.random.default_rng(SEED)
    levels = rng.integers(-2, 3, (DOCUMENTS, 272)).astype(np.int8)
    paths = [f"/pictures/{number:06d}.jpg" for number in range(DOCUMENTS)]
    make_store(spark, root, levels, paths, Settings())
    return root


@pytest.fixture
def many(made: Path, tmp_path: Path) -> Path:
    """Return a copy of that store."""
    target = tmp_path / "store"
    shutil.copytree(made, target)
    return target


@pytest.fixture
def own(spark: SparkSession, own_server: Server, alias: str) -> Loader:
    """Return what loads into a server that may be harmed."""
    return Loader(spark, own_server.url, alias)


@contextmanager
def midway(client: Client, index: str, act: Callable[[], None], share: float) -> Iterator[None]:
    """Do something once so large a share of the documents is written."""
    quick = Client(client.connection, Patience(tries=1))
    done = threading.Event()
    acted = threading.Event()

    def run() -> None:
        while not done.is_set():
            try:
                written = indexed(quick, index)
            except (ElasticError, KeyError):
                written = 0
            if written >= share * DOCUMENTS:
                act()
                acted.set()
                return
            time.sleep(0.02)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert acted.is_set(), "nothing was broken: the load was too quick"


def check_whole(client: Client, alias: str) -> None:
    documents = contents(client, alias)
    assert len(documents) == DOCUMENTS
    assert {len(document["signature"]) for document in documents.values()} == {648}
    assert {d["path"] for d in documents.values()} == {
        f"/pictures/{number:06d}.jpg" for number in range(DOCUMENTS)
    }


def test_a_node_that_is_killed_midway(own: Loader, own_server: Server, many: Path) -> None:
    client = Client(connection(own.url), Patience(tries=30))
    with pytest.raises(LoadError), midway(client, f"{own.alias}-v1", own_server.kill, 0.3):
        own.backfill(many, **SLOW)
    own_server.start()
    assert aliased(client, own.alias) == []
    own.backfill(many, **SLOW)
    check_whole(client, own.alias)


def test_a_disk_that_is_full_for_good_and_for_a_while(own: Loader, many: Path) -> None:
    """The block is the one that Elasticsearch sets at its flood stage, and lifts afterwards."""
    client = Client(connection(own.url))
    index = f"{own.alias}-v1"

    def fill() -> None:
        change(client, index, blocks__read_only_allow_delete=True)

    def fill_for_a_while() -> None:
        fill()
        time.sleep(1)
        change(client, index, blocks__read_only_allow_delete=None)

    with (
        pytest.raises(LoadError, match=r"disk of Elasticsearch is full"),
        midway(client, index, fill, 0.3),
    ):
        own.backfill(many, **SLOW)
    assert aliased(client, own.alias) == []
    change(client, index, blocks__read_only_allow_delete=None)
    patient = SLOW | {"elasticsearch__retries": 60}
    with midway(client, index, fill_for_a_while, 0.5):
        own.backfill(many, **patient)
    check_whole(client, own.alias)


def test_an_index_that_is_deleted_midway(own: Loader, many: Path) -> None:
    client = Client(connection(own.url))
    index = f"{own.alias}-v1"
    with (
        pytest.raises(LoadError, match=r"gone|deleted while"),
        midway(client, index, lambda: client.delete(f"/{index}"), 0.3),
    ):
        own.backfill(many, **SLOW)
    assert aliased(client, own.alias) == []
    own.backfill(many, **SLOW)
    check_whole(client, own.alias)


def test_a_proxy_that_drops_delays_and_cuts(
    spark: SparkSession, own_server: Server, alias: str, many: Path
) -> None:
    client = Client(connection(own_server.url))
    with Proxy(own_server.port, SEED) as proxy:
        through = Loader(spark, proxy.url, alias)
        proxy.refuse, proxy.cut_after, proxy.cuts, proxy.delay_s = 0.1, 300_000, 6, 0.001
        failures = 0
        for _ in itertools.count():
            try:
                through.backfill(many, elasticsearch__wan_only=True, **SLOW)
            except LoadError:
                failures += 1
                assert aliased(client, alias) == []
                assert failures < 20
            else:
                break
        assert proxy.broken > 0
    check_whole(client, alias)


def test_a_server_that_is_too_busy_loses_nothing(
    spark: SparkSession, archive: Path, many: Path
) -> None:
    """A queue of one, and others who fill it."""
    small = {"thread_pool.write.queue_size": 1, "node.processors": 1}
    server = Server(archive, java_home(), **small)
    try:
        server.start()
        client = Client(connection(server.url))
        patient = {"elasticsearch__batch_bytes": 200_000, "elasticsearch__retries": 500}
        told: list[str] = []
        watch = Watch(client, "busy-v1", told.extend, DOCUMENTS, lambda: None)
        with _others(server):
            Loader(spark, server.url, "busy").backfill(many, **patient)
        watch.look()
        assert told == [
            "Elasticsearch is too busy and refuses batches: they are sent again, for a bounded time"
        ]
        pools = client.get("/_nodes/stats/thread_pool")["nodes"]
        assert sum(n["thread_pool"]["write"]["rejected"] for n in pools.values()) > 0
        check_whole(client, "busy")
    finally:
        server.close()


@contextmanager
def _others(server: Server) -> Iterator[None]:
    """Six clients that write as fast as they can."""
    ended = threading.Event()
    lines = b"".join(b'{"index":{}}\n{"text":"%d"}\n' % n for n in range(300))

    def write(_: int) -> None:
        mine = Client(connection(server.url), Patience(tries=1))
        while not ended.is_set():
            try:
                mine.post("/others/_bulk", lines)
            except ElasticError:
                time.sleep(0.01)

    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(write, number) for number in range(6)]
        try:
            yield
        finally:
            ended.set()
    for one in running:
        one.result()
