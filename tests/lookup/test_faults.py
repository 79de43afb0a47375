"""Servers that are away, slow, restarting or of another version; and shards that fail."""

import json
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from pymongo import MongoClient
from pymongo.collection import Collection

from benchmarks.elasticsearch_server import Server
from elastic.mapping import index_body
from lookup import (
    DatabaseError,
    IncompleteError,
    NoSuchDatabaseError,
    SearchTimedOutError,
    SignatureES,
    SignatureMongo,
    UnreachableError,
    VersionError,
)
from signature import signature_version
from tests.lookup.pictures import CARAVAGGIO, REMIX, WIKIIMAGES, WIKIPEDIA, Pictures
from tests.mongo.server import MongoServer

pytestmark = pytest.mark.elastic

_SLOW_MACHINE_S = 20.0


def seconds_of(call: Callable[[], object]) -> float:
    """Return how long a call takes that must fail in time."""
    start = time.monotonic()
    with pytest.raises((SearchTimedOutError, UnreachableError)):
        call()
    return time.monotonic() - start


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_is_away(pictures: Pictures) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with Elasticsearch(url) as es, pytest.raises(UnreachableError, match="cannot be reached"):
        SignatureES(es, timeout="5s").search_image(pictures.path(WIKIPEDIA))
    away = f"mongodb://127.0.0.1:{free_port()}"
    with MongoClient[dict[str, Any]](away) as client:
        ses = SignatureMongo(client.images.images, timeout="1s")
        assert seconds_of(lambda: ses.search_image(pictures.path(WIKIPEDIA))) < _SLOW_MACHINE_S


def test_a_server_that_says_nothing(pictures: Pictures) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with Elasticsearch(f"http://127.0.0.1:{port}", request_timeout=600) as es:
            ses = SignatureES(es, timeout="1s")
            record = ses._record(pictures.path(WIKIPEDIA))
            assert seconds_of(lambda: ses.search_single_record(record)) < _SLOW_MACHINE_S
            assert seconds_of(ses.count) < _SLOW_MACHINE_S


def test_a_mongo_server_that_stops_answering(
    mongo_server: MongoServer, collection: Collection[dict[str, object]], pictures: Pictures
) -> None:
    ses = SignatureMongo(collection, timeout="60s")
    ses.add_image(pictures.path(WIKIPEDIA))
    record = ses._record(pictures.path(WIKIPEDIA))
    hasty = SignatureMongo(collection, timeout="1s")
    mongo_server.freeze()
    try:
        assert seconds_of(lambda: hasty.search_single_record(record)) < _SLOW_MACHINE_S
    finally:
        mongo_server.thaw()
    assert len(ses.search_single_record(record)) == 1


def test_a_server_that_restarts(own_server: Server, pictures: Pictures) -> None:
    """The same objects go on; in between there is an error, and no wrong answer."""
    with Elasticsearch(own_server.url, request_timeout=60) as es:
        ses = SignatureES(es, "restarting", timeout="60s")
        ses.add_image(pictures.path(WIKIPEDIA), refresh_after=True)
        own_server.kill()
        with pytest.raises(DatabaseError):
            ses.search_image(pictures.path(WIKIPEDIA))
        own_server.start()
        es.cluster.health(index="restarting", wait_for_status="yellow", timeout="60s")
        found = ses.search_image(pictures.path(WIKIPEDIA))
        assert [match["path"] for match in found] == [pictures.path(WIKIPEDIA)]
        es.indices.delete(index="restarting")


def test_an_index_that_is_not_there(ses: SignatureES, pictures: Pictures) -> None:
    with pytest.raises(NoSuchDatabaseError, match=ses.index):
        ses.search_image(pictures.path(WIKIPEDIA))
    with pytest.raises(NoSuchDatabaseError):
        ses.count()


def test_an_index_of_another_version_or_model(
    es: Elasticsearch, ses: SignatureES, pictures: Pictures
) -> None:
    body = index_body("full", {"signature_version": "0123456789abcdef"})
    es.indices.create(index=ses.index, mappings=body["mappings"])
    for call in (
        lambda: ses.search_image(pictures.path(WIKIPEDIA)),
        lambda: ses.add_image(pictures.path(WIKIPEDIA)),
    ):
        with pytest.raises(VersionError, match="0123456789abcdef"):
            call()
    es.indices.delete(index=ses.index)
    body = index_body("full", {"signature_version": signature_version(), "model_id": "unknown"})
    es.indices.create(index=ses.index, mappings=body["mappings"])
    with pytest.raises(VersionError, match="the model unknown, which is not on the server"):
        ses.search_image(pictures.path(WIKIPEDIA))


def test_an_alias_that_is_swapped_is_followed(
    es: Elasticsearch, index: str, pictures: Pictures
) -> None:
    old, new = f"{index}-v1", f"{index}-v2"
    for name, picture in ((old, WIKIPEDIA), (new, WIKIIMAGES)):
        SignatureES(es, name, timeout="60s").add_image(pictures.path(picture), refresh_after=True)
    es.indices.update_aliases(actions=[{"add": {"index": old, "alias": index}}])
    ses = SignatureES(es, index, timeout="60s")
    assert [m["path"] for m in ses.search_image(pictures.path(REMIX))] == [pictures.path(WIKIPEDIA)]
    es.indices.update_aliases(
        actions=[{"add": {"index": new, "alias": index}}, {"remove_index": {"index": old}}]
    )
    # The old index is gone: the search looks where the alias leads now.
    found = ses.search_image(pictures.path(REMIX))
    assert [match["path"] for match in found] == [pictures.path(WIKIIMAGES)]
    es.indices.delete(index=new)


def test_an_index_of_many_shards_names_all_that_is_near(
    es: Elasticsearch, index: str, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Numbers of documents are a shard's own; an answer here holds one for each of three shards.
    monkeypatch.setattr("lookup.index_search.MOST_HITS", 3)
    body = index_body("full", {"signature_version": signature_version()}, shards=3)
    es.indices.create(index=index, settings=body["settings"], mappings=body["mappings"])
    ses = SignatureES(es, index, timeout="60s")
    names = (WIKIPEDIA, CARAVAGGIO, WIKIIMAGES) * 4
    added = list(ses.add_images([{"path": pictures.path(name)} for name in names], True))
    found = ses.search_image(pictures.path(WIKIPEDIA))
    expected = {one.image_id for one, name in zip(added, names, strict=True) if name != CARAVAGGIO}
    assert len(found) == len(expected) == 8
    assert {match["id"] for match in found} == expected


def test_threads_share_one_object(ses: SignatureES, pictures: Pictures) -> None:
    names = (WIKIPEDIA, WIKIIMAGES, CARAVAGGIO)
    for name in names:
        ses.add_image(pictures.path(name), refresh_after=True)
    records = [ses._record(pictures.path(name)) for name in names]
    expected = [ses.search_single_record(record) for record in records]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(ses.search_single_record, records * 20))
    assert found == expected * 20


_ONE_FAILED = json.dumps(
    {
        "total": 2,
        "successful": 1,
        "skipped": 0,
        "failed": 1,
        "failures": [{"reason": {"type": "x", "reason": "a disk is gone"}}],
    }
).encode()


class _Altered(ThreadingHTTPServer):
    """Stands before Elasticsearch, and changes its answers to searches."""

    daemon_threads = True

    def __init__(self, behind: str, change: Callable[[bytes], bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind, self.change = behind, change
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}).start()

    def __exit__(self, *failure: object) -> None:
        self.shutdown()
        super().__exit__(*failure)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        server = self.server
        assert isinstance(server, _Altered)
        with Elasticsearch(server.behind, request_timeout=60) as es:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept = ("accept", "content-type")
            headers = {n: v for n, v in self.headers.items() if n.lower() in kept}
            node = es.transport.node_pool.get()
            meta, data = node.perform_request(self.command, self.path, sent or None, headers)
        if "_search" in self.path:
            data = server.change(data)
        self.send_response(meta.status)
        for name in ("content-type", "x-elastic-product"):
            self.send_header(name, meta.headers.get(name, ""))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_HEAD = _pass  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (b'"timed_out":false', b'"timed_out":true', SearchTimedOutError),
        (
            b'"_shards":{"total":1,"successful":1,"skipped":0,"failed":0}',
            b'"_shards":' + _ONE_FAILED,
            IncompleteError,
        ),
    ],
)
def test_a_search_of_a_part_is_an_error_that_holds_what_was_found(
    ses: SignatureES,
    elastic_url: str,
    pictures: Pictures,
    old: bytes,
    new: bytes,
    kind: type[IncompleteError],
) -> None:
    ses.add_image(pictures.path(WIKIPEDIA), refresh_after=True)
    with (
        _Altered(elastic_url, lambda data: data.replace(old, new)) as before,
        Elasticsearch(before.url, request_timeout=60) as es,
    ):
        partial = SignatureES(es, ses.index, timeout="60s")
        with pytest.raises(kind) as caught:
            partial.search_image(pictures.path(WIKIPEDIA))
        with pytest.raises(kind) as nothing:
            partial.search_image(pictures.path(CARAVAGGIO))
    assert [match["path"] for match in caught.value.matches] == [pictures.path(WIKIPEDIA)]
    assert nothing.value.matches == []


def test_a_document_that_is_written_anew_meanwhile_is_found(
    ses: SignatureES, elastic_url: str, pictures: Pictures
) -> None:
    """Between the request that ranks and the one that names."""
    path = pictures.path(WIKIPEDIA)
    ses.add_image(path, image_id="mine", refresh_after=True)
    times = [1, 1000]

    def write_anew(answer: bytes) -> bytes:
        if times[0]:
            times[0] -= 1
            ses.add_image(path, image_id="mine", refresh_after=True)
        return answer

    with (
        _Altered(elastic_url, write_anew) as before,
        Elasticsearch(before.url, request_timeout=60) as es,
    ):
        behind = SignatureES(es, ses.index, timeout="60s")
        assert [match["id"] for match in behind.search_image(path)] == ["mine"]
        times.pop(0)
        with pytest.raises(IncompleteError, match="written anew"):
            behind.search_image(path)
