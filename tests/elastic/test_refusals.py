"""What must not be done with an index is refused in one sentence, before any work."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from benchmarks.elasticsearch_server import free_port
from elastic import Client
from jobs.errors import UserError
from jobs.loads.writer import IndexWriter
from jobs.run import Run
from jobs.sinks.elasticsearch import refuse_dangers, write_documents
from tests.elastic.session import Loader, quiet

pytestmark = [pytest.mark.spark, pytest.mark.elastic]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("spark.speculation", "true", "twice"),
        ("spark.es.index.auto.create", "true", "spark.es.index.auto.create"),
        ("spark.es.write.operation", "create", "spark.es.write.operation"),
        ("spark.es.write.rest.error.handlers", "log", "error.handlers"),
        ("spark.es.net.http.auth.pass", "planted-secret", "auth.pass"),
    ],
)
def test_settings_that_lose_double_or_show_are_refused(
    loader: Loader, photos: Path, tmp_path: Path, name: str, value: str, told: str
) -> None:
    configuration = loader.spark.sparkContext._jsc.sc().conf()  # type: ignore[union-attr]
    before = configuration.get(name, None)
    configuration.set(name, value)
    try:
        with pytest.raises(UserError, match=told) as caught:
            loader.build(photos, tmp_path / "store")
    finally:
        configuration.remove(name)
        if before is not None:
            configuration.set(name, before)
    assert "planted-secret" not in str(caught.value)
    assert not (tmp_path / "store" / "images").exists()
    refuse_dangers(loader.spark)  # and without it, it is fine


def test_a_server_that_is_not_there_is_told_before_any_work(
    spark: SparkSession, photos: Path, tmp_path: Path
) -> None:
    nobody = Loader(spark, f"http://127.0.0.1:{free_port()}", "pictures")
    with pytest.raises(UserError, match=r"cannot reach Elasticsearch at http://127"):
        nobody.build(photos, tmp_path / "store")
    assert not (tmp_path / "store" / "images").exists()


def test_a_missing_index_is_never_made_by_writing(
    loader: Loader, client: Client, store: Path
) -> None:
    """The connector is told a name that is not there."""
    request = loader.request(None, store)
    with quiet() as progress:
        run = Run(loader.spark, "test", str(store), request.settings, progress)
        writing = IndexWriter(run, request.settings.elasticsearch).writing(loader.alias, 1)
        rows = loader.spark.createDataFrame([("a", "b")], ["image_id", "path"])
        with pytest.raises(Exception, match=r"gone|not exist|could not be found"):
            write_documents(rows, writing)
    assert not client.get(f"/_cat/indices/{loader.alias}*", format="json")


@pytest.mark.parametrize("name", ["Upper", "a b", "-a", "a,b", "a*", "a/b", "a" * 300])
def test_names_that_no_index_can_have_are_refused(
    loader: Loader, photos: Path, tmp_path: Path, name: str
) -> None:
    odd = Loader(loader.spark, loader.url, name)
    with pytest.raises(UserError, match=r"lower case"):
        odd.build(photos, tmp_path / "store")
