"""The one Elasticsearch of a test run: the user's (ELASTICSEARCH_URL), or one of our own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.elasticsearch_server import Server, fetch, java_home

PROJECT = Path(__file__).resolve().parents[2]

_ABSENT = "needs an Elasticsearch: set ELASTICSEARCH_URL, or install mvn (Maven), which fetches one"


def _without() -> None:
    """Skip, or fail where nothing may be skipped."""
    if os.environ.get("CI"):
        pytest.fail(_ABSENT)
    pytest.skip(_ABSENT)


@pytest.fixture(scope="session")
def archive() -> Path:
    """Return the distribution, or skip."""
    found = fetch(PROJECT / "build" / "elasticsearch")
    if found is None:
        _without()
    assert found is not None
    return found


@pytest.fixture(scope="session")
def own_server(archive: Path) -> Iterator[Server]:
    """Return a server that tests may kill and start again."""
    server = Server(archive, java_home())
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def elastic_url(request: pytest.FixtureRequest) -> str:
    """Return the address of a server for tests that only load and ask."""
    if url := os.environ.get("ELASTICSEARCH_URL"):
        return url
    server: Server = request.getfixturevalue("own_server")
    return server.url
