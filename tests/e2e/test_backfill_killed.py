"""kill -9 of the job and of Elasticsearch in the middle of backfills: the index is the same."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from benchmarks.elasticsearch_server import Server
from benchmarks.signature_store import make_store
from elastic import Client, ElasticError, connection
from elastic.client import Patience
from elastic.indices import aliased, count, indexed, remove, versions
from jobs.settings import Settings
from tests.conftest import PROJECT, QUICK_JVM
from tests.elastic.session import Loader
from tests.elastic.test_load import contents

pytestmark = [pytest.mark.e2e, pytest.mark.elastic, pytest.mark.faults]

SEED = 20_253
DOCUMENTS = 2_000
CHUNK = 500
_LIMIT_S = 600


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of signatures that no picture has."""
    root = tmp_path_factory.mktemp("made") / "store"
    levels = np.random.default_rng(SEED).integers(-2, 3, (DOCUMENTS, 272)).astype(np.int8)
    paths = [f"/pictures/{number:06d}.jpg" for number in range(DOCUMENTS)]
    make_store(spark, root, levels, paths, Settings())
    return root


@pytest.fixture
def names(own_server: Server) -> Iterator[tuple[str, str]]:
    """Return two aliases; what is made of them goes at the end."""
    yield "undisturbed", "killed"
    client = Client(connection(own_server.url))
    for alias in ("undisturbed", "killed"):
        for index in versions(client, alias).values():
            remove(client, index)


@dataclass
class Killer:
    """Starts backfills as a user does, and kills the job or the server in their middle."""

    server: Server
    store: Path
    alias: str
    environment: dict[str, str]
    rng: random.Random
    in_time: int = 0
    ended: list[int] = field(default_factory=list)

    def start(self) -> subprocess.Popen[str]:
        door = [str(PROJECT / "spark-submit.sh"), "--master", "local[2]"]
        place = ["--store", str(self.store), "--index", self.alias]
        slow = ["--chunk-documents", str(CHUNK), "--set", "elasticsearch.batch_bytes=20000"]
        return subprocess.Popen(
            [*door, "--driver-java-options", QUICK_JVM, "jobs/backfill.py", *place, *slow,
             "--elasticsearch", self.server.url],
            env=self.environment,
            cwd=self.store.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )  # fmt: skip

    def kill_server(self) -> None:
        """Kill the node, see the job end with a sentence, and start the node again."""
        with self.start() as job:
            self._midway(job)
            self.server.kill()
            output, _ = job.communicate(timeout=_LIMIT_S)
        self.server.start()
        self.ended.append(job.returncode)
        assert "Traceback" not in output, output

    def kill_job(self) -> None:
        """Kill the job."""
        with self.start() as job:
            self._midway(job)
            with suppress(ProcessLookupError):  # it may be done
                os.killpg(job.pid, signal.SIGKILL)
            job.communicate(timeout=_LIMIT_S)

    def finish(self) -> None:
        """Let a job come to its end."""
        with self.start() as job:
            output, _ = job.communicate(timeout=_LIMIT_S)
        assert job.returncode == 0, output

    def _midway(self, job: subprocess.Popen[str]) -> None:
        """Wait for a moment of this start: some documents later, and perhaps a little more."""
        client = Client(connection(self.server.url), Patience(tries=30))
        before = versions(client, self.alias)
        newest = before.get(max(before, default=0))
        unfinished = newest is not None and aliased(client, self.alias) != [newest]
        there = count(client, newest) if newest and unfinished else 0
        target = self.rng.randrange(1, max(2, DOCUMENTS - there + 1))
        delay = self.rng.choice((0.0, 0.5, 4.0)) * self.rng.random()
        total = {index: indexed(client, index) for index in before.values()}
        end = time.monotonic() + _LIMIT_S
        while job.poll() is None and time.monotonic() < end:
            if self._written(client, total) >= target:
                time.sleep(delay)
                break
            time.sleep(0.02)
        self.in_time += job.poll() is None

    def _written(self, client: Client, before: dict[str, int]) -> int:
        try:
            now = versions(client, self.alias)
            newest = now[max(now)]
            return indexed(client, newest) - before.get(newest, 0)
        except (ElasticError, KeyError, ValueError):
            return 0


@pytest.mark.parametrize("points", [2, 20])
def test_the_index_is_the_same_after_kills_at_seeded_points(
    spark: SparkSession,
    own_server: Server,
    store: Path,
    names: tuple[str, str],
    environment: dict[str, str],
    points: int,
) -> None:
    undisturbed, alias = names
    Loader(spark, own_server.url, undisturbed).backfill(store)
    client = Client(connection(own_server.url), Patience(tries=30))
    expected = contents(client, undisturbed)
    assert len(expected) == DOCUMENTS
    killer = Killer(own_server, store, alias, environment, random.Random(SEED))  # noqa: S311
    for point in range(points):
        (killer.kill_job if point % 2 else killer.kill_server)()
        for index in aliased(client, alias):
            assert contents(client, index) == expected, f"point {point}"
    assert set(killer.ended) <= {0, 6}
    assert 6 in killer.ended
    assert killer.in_time >= points // 2, "most kills came when the job was done already"
    killer.finish()
    assert contents(client, alias) == expected
