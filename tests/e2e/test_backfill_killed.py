"""kill -9 of the job and of Elasticsearch in the middle of backfills: the index is the same."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from benchmarks.elasticsearch_server import Server, fetch, java_home
from benchmarks.signature_store import make_store
from elastic import Client, ElasticError, connection
from elastic.client import Patience
from elastic.indices import aliased
from jobs.settings import Settings
from tests.conftest import PROJECT
from tests.elastic.test_load import contents

pytestmark = [pytest.mark.e2e, pytest.mark.elastic, pytest.mark.slow]

POINTS = 20
SEED = 20_253
DOCUMENTS = 2_000
CHUNK = 250
_LIMIT_S = 600


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a server of these tests' own, to be killed."""
    archive = fetch(PROJECT / "build" / "elasticsearch")
    if archive is None:
        if os.environ.get("CI"):
            pytest.fail("needs mvn (Maven), which fetches an Elasticsearch")
        pytest.skip("needs mvn (Maven), which fetches an Elasticsearch")
    found = Server(archive, java_home())
    found.start()
    yield found
    found.close()


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of signatures that no picture has."""
    root = tmp_path_factory.mktemp("made") / "store"
    levels = np.random.default_rng(SEED).integers(-2, 3, (DOCUMENTS, 272)).astype(np.int8)
    paths = [f"/pictures/{number:06d}.jpg" for number in range(DOCUMENTS)]
    make_store(spark, root, levels, paths, Settings())
    return root


def start(server: Server, store: Path, alias: str, environment: dict[str, str]) -> subprocess.Popen:
    """Start a backfill as a user does."""
    door = [str(PROJECT / "spark-submit.sh"), "--master", "local[2]"]
    quick = ["--driver-java-options", "-XX:TieredStopAtLevel=1"]
    place = ["--store", str(store), "--elasticsearch", server.url, "--index", alias]
    slow = ["--chunk-documents", str(CHUNK), "--set", "elasticsearch.batch_bytes=20000"]
    return subprocess.Popen(
        [*door, *quick, "jobs/backfill.py", *place, *slow],
        env=environment,
        cwd=store.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(client: Client, alias: str, documents: int, job: subprocess.Popen) -> None:
    """Wait until the newest index has so many documents, or the job has ended."""
    end = time.monotonic() + _LIMIT_S
    while job.poll() is None and time.monotonic() < end:
        try:
            rows = client.get(f"/_cat/indices/{alias}-v*", format="json", h="index")
            names = [row["index"] for row in rows if not row["index"].endswith("-rejects")]
            newest = max(names, key=lambda name: int(name.rpartition("-v")[2]), default=None)
            if newest is not None:
                stats = client.get(f"/{newest}/_stats/docs,indexing")["_all"]["primaries"]
                written = max(stats["docs"]["count"], stats["indexing"]["index_total"])
                if written >= documents:
                    return
        except (ElasticError, KeyError, ValueError):
            pass
        time.sleep(0.02)


def test_the_index_is_the_same_after_kills_at_seeded_points(
    server: Server, store: Path, environment: dict[str, str]
) -> None:
    client = Client(connection(server.url), Patience(tries=30))
    quick = Client(connection(server.url), Patience(tries=1, timeout_s=5))
    with start(server, store, "whole", environment) as job:
        output, _ = job.communicate(timeout=_LIMIT_S)
    assert job.returncode == 0, output
    expected = contents(client, "whole")
    assert len(expected) == DOCUMENTS
    rng = random.Random(SEED)  # noqa: S311
    killed = {"job": 0, "server": 0}
    ended: list[int] = []
    for point in range(POINTS):
        victim = "job" if point % 2 else "server"
        documents = rng.randrange(1, DOCUMENTS + 1)
        delay = rng.uniform(0, 0.3)
        with start(server, store, "killed", environment) as job:
            wait_for(quick, "killed", documents, job)
            time.sleep(delay)
            if victim == "server":
                server.kill()
                output, _ = job.communicate(timeout=_LIMIT_S)
                server.start()
                ended.append(job.returncode)
                assert "Traceback" not in output, output
            else:
                os.killpg(job.pid, signal.SIGKILL)
                job.communicate(timeout=_LIMIT_S)
        killed[victim] += 1
        for index in aliased(client, "killed"):
            assert contents(client, index) == expected, f"point {point}"
    assert set(ended) <= {0, 2, 6}  # 2: it was killed before the job had looked at it
    assert 5 in ended
    with start(server, store, "killed", environment) as job:
        output, _ = job.communicate(timeout=_LIMIT_S)
    assert job.returncode == 0, output
    assert contents(client, "killed") == expected
    assert killed == {"job": POINTS // 2, "server": POINTS // 2}
