"""A server that wants TLS and a password or key; and secrets that nobody gets to see."""

import base64
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from benchmarks.elasticsearch_server import Server, java_home
from elastic import Client, connection
from elastic.client import Patience
from elastic.indices import aliased, count
from jobs.errors import UserError
from tests.elastic.session import Loader

pytestmark = [pytest.mark.spark, pytest.mark.elastic, pytest.mark.faults]

PASSWORD = "planted-password-4711"  # noqa: S105 - planted, to be looked for
PLACE = "env:PLANTED_PASSWORD"


@dataclass(frozen=True)
class Secured:
    """A server with TLS and one user, ``elastic``."""

    server: Server
    authority: Path

    @property
    def url(self) -> str:
        return self.server.url.replace("http:", "https:")

    def client(self) -> Client:
        place = connection(self.url, "elastic", "env:PLANTED_PASSWORD", ca_file=str(self.authority))
        return Client(place, Patience(tries=60, longest_wait_s=1.0))


def _certificates(folder: Path) -> tuple[Path, Path]:
    """An authority that is its own server: key and certificate for 127.0.0.1."""
    key, certificate = folder / "key.pem", folder / "authority.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return key, certificate


@pytest.fixture(scope="module")
def secured(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    key, certificate = _certificates(tmp_path_factory.mktemp("certificates"))
    server = Server(
        archive,
        java_home(),
        **{
            "xpack.security.enabled": True,
            "xpack.security.http.ssl.enabled": True,
            "xpack.security.http.ssl.key": "key.pem",
            "xpack.security.http.ssl.certificate": "authority.pem",
            "xpack.security.transport.ssl.enabled": False,
            "xpack.security.authc.api_key.enabled": True,
        },
    )
    for file in (key, certificate):
        copy = server.config / file.name
        copy.write_bytes(file.read_bytes())
        copy.chmod(0o644)
    server.tool("elasticsearch-keystore", "create")
    server.tool("elasticsearch-keystore", "add", "-x", "bootstrap.password", given=PASSWORD)
    os.environ["PLANTED_PASSWORD"] = PASSWORD
    try:
        server.start()
        found = Secured(server, certificate)
        found.client().get("/_cluster/health", wait_for_status="yellow")
        yield found
    finally:
        server.close()
        del os.environ["PLANTED_PASSWORD"]


def settings(secured: Secured, **more: object) -> dict[str, object]:
    """Return how to be let in, and to whom."""
    known = {"elasticsearch__ca_file": str(secured.authority)}
    return {**known, **more}


def shown(spark: SparkSession) -> str:
    """Return all that Spark's interface and event log would show of SQL and settings."""
    jvm = spark._jvm
    assert jvm is not None
    store = spark._jsparkSession.sharedState().statusStore()  # type: ignore[attr-defined]
    plans = store.executionsList().mkString("\n")
    details = [
        str(store.executionsList().apply(place).physicalPlanDescription())
        for place in range(store.executionsList().size())
    ]
    conf = "\n".join(f"{k}={v}" for k, v in spark.sparkContext.getConf().getAll())
    return "\n".join([str(plans), *details, conf])


def test_user_and_password_over_tls_and_no_secret_is_shown(
    spark: SparkSession,
    secured: Secured,
    photos: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    store = tmp_path / "store"
    loader = Loader(spark, secured.url, "by-password")
    lines = loader.build(
        photos,
        store,
        **settings(
            secured,
            elasticsearch__user="elastic",
            elasticsearch__password=PLACE,
        ),
    )
    assert count(secured.client(), "by-password") == 25
    coded = base64.b64encode(f"elastic:{PASSWORD}".encode()).decode()
    printed = capfd.readouterr()
    everything = "\n".join([*lines, printed.out, printed.err, shown(spark)])
    assert "SaveIntoDataSource" in everything  # what would show it is there
    for secret in (PASSWORD, coded):
        assert secret not in everything
        for file in store.rglob("*"):
            if file.is_file():
                assert secret.encode() not in file.read_bytes(), file


def test_an_api_key_from_a_file(
    spark: SparkSession, secured: Secured, photos: Path, tmp_path: Path
) -> None:
    made = secured.client().post("/_security/api_key", {"name": "loader"})
    key = tmp_path / "key"
    key.write_text(made["encoded"] + "\n")
    loader = Loader(spark, secured.url, "by-key")
    wish = settings(secured, elasticsearch__api_key=f"file:{key}")
    loader.build(photos, tmp_path / "store", **wish)
    assert count(secured.client(), "by-key") == 25
    assert made["encoded"] not in shown(spark)


def test_wrong_credentials_and_an_unknown_authority_are_told_before_any_work(
    spark: SparkSession, secured: Secured, photos: Path, tmp_path: Path
) -> None:
    loader = Loader(spark, secured.url, "nobody")
    wrong = tmp_path / "wrong"
    wrong.write_text("planted-wrong-0815")
    user = {"elasticsearch__user": "elastic", "elasticsearch__password": f"file:{wrong}"}
    with pytest.raises(UserError, match=r"401") as caught:
        loader.build(photos, tmp_path / "store", **settings(secured, **user))
    assert "planted-wrong-0815" not in str(caught.value)
    with pytest.raises(UserError, match=r"cannot reach.*certificate"):
        loader.build(photos, tmp_path / "store", elasticsearch__user="elastic",
                     elasticsearch__password=PLACE)  # fmt: skip
    assert not (tmp_path / "store" / "images").exists()
    assert aliased(secured.client(), "nobody") == []


def test_a_key_that_may_only_look_ends_in_a_sentence(
    spark: SparkSession, secured: Secured, photos: Path, tmp_path: Path
) -> None:
    role = {"look": {"cluster": ["monitor"], "indices": [
        {"names": ["*"], "privileges": ["read", "monitor", "view_index_metadata"]}]}}  # fmt: skip
    made = secured.client().post("/_security/api_key", {"name": "look", "role_descriptors": role})
    key = tmp_path / "key"
    key.write_text(made["encoded"])
    loader = Loader(spark, secured.url, "forbidden")
    wish = settings(secured, elasticsearch__api_key=f"file:{key}")
    with pytest.raises(Exception, match=r"403") as caught:
        loader.build(photos, tmp_path / "store", **wish)
    assert made["encoded"] not in str(caught.value)
    assert aliased(secured.client(), "forbidden") == []
