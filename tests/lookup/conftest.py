"""The databases that lookup asks: servers that are started once, and a store of the pictures."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from elasticsearch import Elasticsearch
from pymongo import MongoClient
from pymongo.collection import Collection

from benchmarks.elasticsearch_server import java_home
from lookup import SignatureDatabaseBase, SignatureES, SignatureMongo, SignatureStore
from signature import sign_bytes
from tests.conftest import PROJECT
from tests.lookup.pictures import DOCUMENTED, Pictures
from tests.mongo.server import MongoServer, fetch
from tests.unit.lookup.examples import Content, write_store

_WAIT = "60s"
_NO_MONGO = "needs MongoDB's protocol: set MONGODB_URL, or install mvn (Maven), which fetches one"


@pytest.fixture(scope="session")
def pictures(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    """Return the four pictures of image-match's documentation, and altered ones."""
    return Pictures(shared_data / "documented", tmp_path_factory.mktemp("altered"))


@pytest.fixture
def es(elastic_url: str) -> Iterator[Elasticsearch]:
    """Return the official client of the server."""
    with Elasticsearch(elastic_url, request_timeout=60) as client:
        yield client


@pytest.fixture
def index(es: Elasticsearch) -> Iterator[str]:
    """Return the name of an index that is not there yet."""
    name = f"test-{uuid4().hex[:12]}"
    yield name
    es.options(ignore_status=404).indices.delete(index=name)


@pytest.fixture
def ses(es: Elasticsearch, index: str) -> SignatureES:
    """Return an empty database on Elasticsearch."""
    return SignatureES(es, index, timeout=_WAIT)


@pytest.fixture(scope="session")
def mongo_server() -> Iterator[MongoServer]:
    """Return a server that tests may stop and kill."""
    jars = fetch(PROJECT / "build" / "mongo")
    if jars is None:
        if os.environ.get("CI"):
            pytest.fail(_NO_MONGO)
        pytest.skip(_NO_MONGO)
    server = MongoServer(jars, java_home())
    yield server
    server.close()


@pytest.fixture
def collection(request: pytest.FixtureRequest) -> Iterator[Collection[dict[str, object]]]:
    """Return an empty collection."""
    url = os.environ.get("MONGODB_URL") or request.getfixturevalue("mongo_server").url
    with MongoClient[dict[str, object]](url) as client:
        name = f"test-{uuid4().hex[:12]}"
        yield client[name]["images"]
        client.drop_database(name)


@pytest.fixture(scope="session")
def documented_store(pictures: Pictures, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of the documented pictures, one of them with metadata."""
    store = tmp_path_factory.mktemp("documented") / "store"
    levels = [sign_bytes(Path(pictures.path(name)).read_bytes()).levels for name in DOCUMENTED]
    content = Content(("cells",), pictures=[pictures.row(name) for name in DOCUMENTED])
    write_store(store, np.stack(levels), content)
    return store


@pytest.fixture(params=["elasticsearch", "mongo", "store"])
def documented(request: pytest.FixtureRequest, pictures: Pictures) -> SignatureDatabaseBase:
    """Return each database in turn, with the documented pictures in it."""
    if request.param == "store":
        return SignatureStore(str(request.getfixturevalue("documented_store")))
    database: SignatureDatabaseBase
    if request.param == "mongo":
        database = SignatureMongo(request.getfixturevalue("collection"), timeout=_WAIT)
    else:
        database = request.getfixturevalue("ses")
    for name in DOCUMENTED:
        metadata = pictures.metadata(name)
        database.add_image(pictures.path(name), metadata=metadata, refresh_after=True)
    return database
