"""Jobs that load, against the one Elasticsearch of the test run."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from elastic import Client, connection
from store import Store
from tests.conftest import PROJECT
from tests.elastic.session import Loader
from tests.spark.jobs_in_session import build


@pytest.fixture
def client(elastic_url: str) -> Client:
    """Return a client of the server."""
    return Client(connection(elastic_url))


@pytest.fixture
def alias(client: Client) -> Iterator[str]:
    """Return a name that nobody else uses; what is made of it goes at the end."""
    name = f"test-{uuid4().hex[:12]}"
    yield name
    found = client.get(f"/_cat/indices/{name}*", format="json", h="index", expand_wildcards="all")
    for row in found:
        client.delete(f"/{row['index']}")


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two dozen photographs and a copy of one."""
    folder = tmp_path_factory.mktemp("photos")
    names = sorted((PROJECT / "sample" / "photos").glob("*.jpg"))[:24]
    for photo in names:
        shutil.copy(photo, folder)
    shutil.copy(names[0], folder / "a copy.jpg")
    return folder


@pytest.fixture(scope="session")
def built(spark: SparkSession, photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store of the photographs, built without a server. Tests copy it."""
    return build(spark, photos, tmp_path_factory.mktemp("built") / "store")


@pytest.fixture
def store(built: Store, tmp_path: Path) -> Path:
    """Return a copy of that store, to be loaded."""
    target = tmp_path / "store"
    shutil.copytree(built.layout.root, target)
    return target


@pytest.fixture(scope="session")
def changed(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a manifest of those photographs without the copy of one, and with one of another."""
    folder = tmp_path_factory.mktemp("changed")
    files = sorted(photos.glob("*.jpg"))
    other = shutil.copy(files[3], folder / "b copy.jpg")
    paths = [str(file) for file in files if file.name != "a copy.jpg"]
    pq.write_table(pa.table({"path": [*paths, str(other)]}), folder / "manifest.parquet")
    return folder / "manifest.parquet"


@pytest.fixture(scope="session")
def built_again(
    spark: SparkSession, built: Store, changed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a copy of that store with a second run, of the changed photographs."""
    target = tmp_path_factory.mktemp("again") / "store"
    shutil.copytree(built.layout.root, target)
    build(spark, changed, target)
    return target


@pytest.fixture
def second_run(built_again: Path) -> Callable[[Path], None]:
    """Return what gives a store of the photographs its second run, as another job would."""

    def give(store: Path) -> None:
        shutil.copytree(built_again, store, dirs_exist_ok=True)

    return give


@pytest.fixture
def loader(spark: SparkSession, elastic_url: str, alias: str) -> Loader:
    """Return what runs jobs against the server, inside the session."""
    return Loader(spark, elastic_url, alias)
