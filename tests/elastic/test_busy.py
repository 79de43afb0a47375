"""Requests that a server refuses whole: they are sent again, and for no longer than said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from elastic import Client
from elastic.indices import aliased, indexed
from jobs.errors import LoadError
from tests.elastic.proxy import Proxy
from tests.elastic.session import Loader
from tests.elastic.test_load import contents

pytestmark = [pytest.mark.spark, pytest.mark.elastic]

SMALL = {"elasticsearch__batch_bytes": 10_000, "elasticsearch__wan_only": True}
"""Several requests for two dozen documents."""


@pytest.fixture
def proxy(client: Client, alias: str) -> Iterator[Proxy]:
    with Proxy(client.connection.port, seed=1) as proxy:
        proxy.busy_for = f"{alias}-v1"
        yield proxy


def test_what_a_busy_server_refused_is_sent_again_and_nothing_else(
    spark: SparkSession, client: Client, alias: str, store: Path, proxy: Proxy
) -> None:
    proxy.busy_after, proxy.busy = 2, 3
    Loader(spark, proxy.url, alias).backfill(store, **SMALL)
    assert proxy.busy == 0
    (index,) = aliased(client, alias)
    assert indexed(client, index) == len(contents(client, alias)) == 25


@pytest.mark.slow
def test_a_server_that_stays_busy_fails_the_load_and_the_next_start_goes_on(
    spark: SparkSession, client: Client, alias: str, store: Path, proxy: Proxy
) -> None:
    proxy.busy = 100
    loader = Loader(spark, proxy.url, alias)
    with pytest.raises(LoadError, match="too busy for too long"):
        loader.backfill(store, elasticsearch__retries=2, **SMALL)
    assert 100 - proxy.busy >= 3
    assert aliased(client, alias) == []
    proxy.busy = 0
    loader.backfill(store, **SMALL)
    assert len(contents(client, alias)) == 25


@pytest.mark.slow
def test_deletions_that_a_busy_server_refused_are_sent_again(
    spark: SparkSession, client: Client, alias: str, store: Path, proxy: Proxy, second_run: object
) -> None:
    loader = Loader(spark, proxy.url, alias)
    loader.load(store, **SMALL)
    assert callable(second_run)
    second_run(store)
    proxy.busy_after, proxy.busy = 0, 4
    loader.load(store, **SMALL)
    assert proxy.busy == 0
    assert {Path(d["path"]).name for d in contents(client, alias).values()} >= {"b copy.jpg"}
    assert len(contents(client, alias)) == 25
