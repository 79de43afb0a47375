"""A server that wants TLS and a password or key; and secrets that nobody gets to see."""

import base64
import os
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from benchmarks.elasticsearch_server import Server, java_home
from elastic import Client, connection
from elastic.client import Patience
from elastic.indices import aliased, count
from jobs.errors import LoadError, UserError
from tests.elastic.session import Loader

pytestmark = [pytest.mark.spark, pytest.mark.elastic, pytest.mark.faults]

PASSWORD = "planted-password-4711"  # noqa: S105 - planted, to be looked for
PLACE = "env:PLANTED_PASSWORD"


KEY = "cGxhbnRlZDprZXktMDgxNQ=="
LOOKING = """
look:
  cluster: [monitor]
  indices: [{names: ["*"], privileges: [read, monitor, view_index_metadata]}]
"""
"""A role that may only look. The distribution for tests has files for users, and no API keys: these
need an index of its own, with an analysis that it lacks."""


@dataclass(frozen=True)
class Secured:
    """A server with TLS and one user, ``elastic``."""

    server: Server
    authority: Path

    @property
    def url(self) -> str:
        return self.server.url.replace("http:", "https:")

    @contextmanager
    def client(self) -> Iterator[Client]:
        place = connection(self.url, "elastic", "env:PLANTED_PASSWORD", ca_file=str(self.authority))
        with closing(Client(place, Patience(tries=60, longest_wait_s=1.0))) as client:
            yield client

    def count(self, index: str) -> int:
        with self.client() as client:
            return count(client, index)

    def aliased(self, alias: str) -> list[str]:
        with self.client() as client:
            return aliased(client, alias)


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
    roles = server.config / "roles.yml"
    roles.write_text(LOOKING)
    roles.chmod(0o644)
    server.tool("elasticsearch-users", "useradd", "looker", "-p", PASSWORD, "-r", "look")
    server.tool("elasticsearch-keystore", "create")
    server.tool("elasticsearch-keystore", "add", "-x", "bootstrap.password", given=PASSWORD)
    os.environ["PLANTED_PASSWORD"] = PASSWORD
    try:
        server.start()
        found = Secured(server, certificate)
        with found.client() as client:
            client.get("/_cluster/health", wait_for_status="yellow")
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
    assert secured.count("by-password") == 25
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
    """Whoever comes through the door with the key is let in as the user."""
    key = tmp_path / "key"
    key.write_text(KEY + "\n")
    with _door(secured) as url:
        loader = Loader(spark, url, "by-key")
        loader.build(
            photos,
            tmp_path / "store",
            elasticsearch__api_key=f"file:{key}",
            elasticsearch__wan_only=True,
        )
    assert secured.count("by-key") == 25
    assert KEY not in shown(spark)


@contextmanager
def _door(secured: Secured) -> Iterator[str]:
    """Forward requests that bring the key, as the user ``elastic``; others get 401."""
    user = base64.b64encode(f"elastic:{PASSWORD}".encode()).decode()
    context = ssl.create_default_context(cafile=str(secured.authority))

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Authorization") != f"ApiKey {KEY}":
                self.answer(401, "application/json", b"{}")
                return
            kinds = {n: self.headers[n] for n in ("Content-Type", "Accept") if n in self.headers}
            request = urllib.request.Request(  # noqa: S310 - our own server
                secured.url + self.path,
                data=body or None,
                headers={"Authorization": f"Basic {user}", **kinds},
                method=self.command,
            )
            try:
                with urllib.request.urlopen(request, context=context) as got:  # noqa: S310
                    self.answer(got.status, got.headers["Content-Type"], got.read())
            except urllib.error.HTTPError as error:
                with error:
                    self.answer(error.code, error.headers["Content-Type"], error.read())

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward  # noqa: N815 - their names

        def answer(self, status: int, kind: str | None, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind or "application/json")
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


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
    assert secured.aliased("nobody") == []


def test_a_user_who_may_only_look_ends_in_a_sentence(
    spark: SparkSession, secured: Secured, photos: Path, tmp_path: Path
) -> None:
    loader = Loader(spark, secured.url, "forbidden")
    user = {"elasticsearch__user": "looker", "elasticsearch__password": PLACE}
    with pytest.raises(LoadError, match=r"does not let us into") as caught:
        loader.build(photos, tmp_path / "store", **settings(secured, **user))
    assert PASSWORD not in str(caught.value)
    assert secured.aliased("forbidden") == []
