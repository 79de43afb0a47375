"""``build_index --elasticsearch`` into a fresh and into a live index."""

import base64
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from elasticsearch import Elasticsearch
from pyspark.sql import SparkSession

from elastic import Client
from elastic.indices import aliased, count, find_one
from jobs.errors import LoadError, UserError
from lookup.published_models import published_model
from lookup.time_left import TimeLeft
from matching import Model
from signature import ImageSignature, expand, pack_levels, words
from store import Store
from tests.elastic.session import Loader
from tests.spark.jobs_in_session import build, night

pytestmark = [pytest.mark.spark, pytest.mark.elastic]


def contents(client: Client, index: str) -> dict[str, dict[str, Any]]:
    """Return every document of an index, by id."""
    client.post(f"/{index}/_refresh")
    answer = client.post(f"/{index}/_search", {"size": 10_000, "version": True})
    hits = answer["hits"]["hits"]
    assert len(hits) == answer["hits"]["total"]["value"]
    return {hit["_id"]: hit["_source"] | {"_version": hit["_version"]} for hit in hits}


def loads(store: Path) -> list[dict[str, Any]]:
    """Return the rows of the table ``loads``, oldest first."""
    rows = DeltaTable(str(store / "loads")).to_pyarrow_table().to_pylist()
    return sorted(rows, key=lambda row: row["sequence"])


def test_documents_are_what_image_match_and_we_need(
    loader: Loader, client: Client, photos: Path, tmp_path: Path
) -> None:
    lines = loader.build(photos, tmp_path / "store")
    assert aliased(client, loader.alias) == [f"{loader.alias}-v1"]
    documents = contents(client, loader.alias)
    store = Store(str(tmp_path / "store"))
    images = {row["image_id"]: row for row in store.table("images").to_pylist()}
    assert set(documents) == set(images)
    assert len(documents) == 25
    signed = store.table("signatures").to_pylist()
    compact = {row["signature_id"]: np.frombuffer(row["signature"], np.int8) for row in signed}
    cells = {row["signature_id"]: row["cells"] for row in store.table("cells").to_pylist()}
    for image_id, document in documents.items():
        row = images[image_id]
        levels = compact[row["signature_id"]]
        full = expand(levels)
        of_words = {f"simple_word_{k}": int(w) for k, w in enumerate(words(full))}
        assert len(of_words) == 63
        assert document == {
            "image_id": image_id,
            "path": row["path"],
            "signature": full.tolist(),
            "sig": base64.b64encode(pack_levels(levels).tobytes()).decode(),
            "cells": [cell for cell in cells[row["signature_id"]] if cell >= 0],
            "timestamp": row["mtime"].strftime("%Y-%m-%dT%H:%M:%S.")
            + f"{row['mtime'].microsecond // 1000:03d}Z",
            "_version": 1,
            **of_words,
        }
    # image-match's own interface signs the same.
    some = next(iter(documents.values()))
    assert ImageSignature().generate_signature(some["path"]).tolist() == some["signature"]
    assert any("documents" in line and "25" in line for line in lines)
    states = [(row["state"], row["index"]) for row in loads(tmp_path / "store")]
    assert states[0][0] == "pending"
    assert states[-1] == ("loaded", f"{loader.alias}-v1")


def test_the_lean_profile_keeps_no_signature_of_image_match(
    loader: Loader, client: Client, store: Path
) -> None:
    loader.load(store, elasticsearch__profile="lean")
    documents = contents(client, loader.alias)
    assert len(documents) == 25
    assert {key for document in documents.values() for key in document} == {"path", "_version"}
    fields = ["sig", "path"]
    hits = client.post(
        f"/{loader.alias}/_search", {"size": 30, "_source": False, "docvalue_fields": fields}
    )["hits"]["hits"]
    for hit in hits:
        assert len(base64.b64decode(hit["fields"]["sig"][0])) == 91
        assert hit["fields"]["path"] == [documents[hit["_id"]]["path"]]


def test_a_second_run_overwrites_and_deletes_what_is_gone(
    loader: Loader, client: Client, store: Path, changed: Path, second_run: Callable[[Path], None]
) -> None:
    loader.load(store)
    before = contents(client, loader.alias)
    second_run(store)
    lines = loader.load(store)
    after = contents(client, loader.alias)
    assert {document["_version"] for document in after.values()} == {2}
    assert {document["path"] for document in after.values()} == set(
        pq.read_table(changed)["path"].to_pylist()
    )
    assert len(after) == len(before) == 25
    assert any(line.split() == ["deleted", "1", "of", "images", "that", "are", "gone"]
               for line in lines)  # fmt: skip
    assert aliased(client, loader.alias) == [f"{loader.alias}-v1"]


METADATA = (
    {"things": ["cat", "tree"], "nested": {"a.b": 1, "A": True}},
    {"things": ["dog"], "price": 9.5, "A": 1, "a": 2},
    {"things": [], "nested": {"more": {"deep": "x"}}},
    None,
    "no object",
    {"text": "x" * 33_000},  # longer than any term may be
)


@pytest.fixture(scope="module")
def with_metadata(
    spark: SparkSession, photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a store of images with metadata."""
    folder = tmp_path_factory.mktemp("metadata")
    files = sorted(photos.glob("*.jpg"))[: len(METADATA)]
    manifest = {
        "path": [str(file) for file in files],
        "image_id": [f"id-{number}" for number in range(len(files))],
        "metadata": [None if m is None else json.dumps(m) for m in METADATA],
    }
    pq.write_table(pa.table(manifest), folder / "manifest.parquet")
    build(spark, folder / "manifest.parquet", folder / "store")
    return folder / "store"


def test_metadata_can_be_asked_for_and_what_is_refused_reaches_the_rejects(
    loader: Loader, client: Client, with_metadata: Path
) -> None:
    lines = loader.load(with_metadata)
    documents = contents(client, loader.alias)
    assert sorted(documents) == ["id-0", "id-1", "id-2", "id-3", "id-4"]
    for number in range(3):
        assert documents[f"id-{number}"]["metadata"] == METADATA[number]
    assert "metadata" not in documents["id-3"]
    assert "metadata" not in documents["id-4"]
    for key, value, found in (
        ("metadata.things", "tree", ["id-0"]),
        ("metadata.price", "9.5", ["id-1"]),
        ("metadata.nested.more.deep", "x", ["id-2"]),
    ):
        query = {"query": {"term": {key: value}}}
        hits = client.post(f"/{loader.alias}/_search", query)["hits"]["hits"]
        assert [hit["_id"] for hit in hits] == found
    report = with_metadata / "reports" / Store(str(with_metadata)).run().run_id
    (reject,) = pq.read_table(report / "rejects.parquet").to_pylist()
    assert reject["image_id"] == "id-5"
    assert Path(reject["path"]).is_file()
    assert reject["status"] == "rejected"
    assert reject["reason"].endswith("_exception")
    assert "32766" in reject["message"] or "immense" in reject["message"]
    assert any("refused by the server" in line and "1" in line for line in lines)
    left = client.get("/_cat/indices/*-rejects", format="json", h="index")
    assert all(loader.alias not in row["index"] for row in left)


def test_an_index_of_other_signatures_or_of_nobody_is_refused(
    loader: Loader, client: Client, store: Path, photos: Path, tmp_path: Path
) -> None:
    loader.load(store)
    before = contents(client, loader.alias)
    with pytest.raises(UserError, match="documents of signature_version"):
        loader.build(photos, tmp_path / "other", signature__n=8)
    assert not (tmp_path / "other" / "images").exists()
    assert contents(client, loader.alias) == before
    client.put(f"/{loader.alias}-plain", {"mappings": {}})
    foreign = Loader(loader.spark, loader.url, f"{loader.alias}-plain")
    with pytest.raises(UserError, match="was not made by this program"):
        foreign.build(photos, tmp_path / "other")
    assert count(client, f"{loader.alias}-plain") == 0


def test_an_index_of_another_model_is_refused_before_the_search(
    loader: Loader, store: Path, photos: Path, tmp_path: Path
) -> None:
    loader.load(store)
    with pytest.raises(UserError, match="documents of model_id"):
        loader.build(photos, tmp_path / "other", cutoff=0.3)
    assert not (tmp_path / "other" / "pairs").exists()


def test_an_older_store_never_overwrites_a_newer_run(
    loader: Loader, client: Client, store: Path, built_again: Path, tmp_path: Path
) -> None:
    newer = shutil.copytree(built_again, tmp_path / "newer")
    loader.load(newer)
    before = contents(client, loader.alias)
    assert {document["_version"] for document in before.values()} == {2}
    with pytest.raises(LoadError, match="documents of a later run") as caught:
        loader.load(store)
    assert contents(client, loader.alias) == before
    run_id = Store(str(store)).run().run_id
    assert f"Run {run_id} is committed and stands" in str(caught.value)


def test_meta_says_what_the_documents_are_and_their_model_is_published(
    loader: Loader, client: Client, store: Path
) -> None:
    loader.load(store)
    run = Store(str(store)).run()
    state = find_one(client, f"{loader.alias}-v1")
    assert state.meta == {
        "signature_version": run.signature_version,
        "model_id": run.model_id,
        "profile": "full",
        "run_sequence": 1,
    }
    assert "index.refresh_interval" not in state.settings
    assert state.settings["index.number_of_replicas"] == "0"
    with Elasticsearch(loader.url) as es:
        found = published_model(es, run.model_id, TimeLeft(60.0))
    assert found.files() == Model.from_files(Store(str(store)).model_files(run.model_id)).files()


def test_a_load_of_build_index_that_fails_resumes_without_signing(
    loader: Loader, client: Client, photos: Path, tmp_path: Path
) -> None:
    """The pictures are gone at the second start: nothing needs them."""
    source, store = tmp_path / "source", tmp_path / "store"
    shutil.copytree(photos, source)
    blocked = f"{loader.alias}-v1-rejects"
    # An alias in the way of the index of rejects: the load cannot begin.
    client.put(f"/{loader.alias}-in-the-way", {"aliases": {blocked: {}}})
    with pytest.raises(LoadError, match="without signing or searching again") as caught:
        loader.build(source, store)
    assert f"Run {Store(str(store)).run().run_id} is committed and stands" in str(caught.value)
    assert loads(store)[-1]["state"] == "failed"
    assert aliased(client, loader.alias) == []
    shutil.rmtree(source)
    client.delete(f"/{loader.alias}-in-the-way")
    loader.build(source, store)
    assert count(client, loader.alias) == 25
    assert aliased(client, loader.alias) == [f"{loader.alias}-v1"]
    states = [row["state"] for row in loads(store)]
    assert states[-1] == "loaded"
    assert len({row["run_id"] for row in loads(store)}) == 1


@pytest.mark.slow
def test_a_night_loads_what_changed_and_resumes_without_its_source(
    loader: Loader, client: Client, photos: Path, tmp_path: Path
) -> None:
    source, store = tmp_path / "source", tmp_path / "store"
    shutil.copytree(photos, source)
    loader.build(source, store)
    before = contents(client, loader.alias)
    (source / "a copy.jpg").unlink()
    names = sorted(photos.glob("*.jpg"))
    shutil.copy(names[3], source / "another copy.jpg")
    where = {"elasticsearch": loader.url, "index": loader.alias}
    blocked = f"{loader.alias}-v1-rejects"
    client.put(f"/{loader.alias}-in-the-way", {"aliases": {blocked: {}}})
    with pytest.raises(LoadError, match="without signing or searching again"):
        night(loader.spark, source, store, **where)
    client.delete(f"/{loader.alias}-in-the-way")
    shutil.rmtree(source)
    lines = night(loader.spark, source, store, **where)
    after = contents(client, loader.alias)
    assert [line.split() for line in lines][1:4] == [
        ["documents", "1"],
        ["unchanged", "24", "since", "the", "run", "that", "it", "held"],
        ["deleted", "1", "of", "images", "that", "are", "gone"],
    ]
    (new,) = after.keys() - before.keys()
    (gone,) = before.keys() - after.keys()
    assert Path(after[new]["path"]).name == "another copy.jpg"
    assert Path(before[gone]["path"]).name == "a copy.jpg"
    assert {name for name in after if after[name]["_version"] == 2} == {new}
    whole = replace(loader, alias=f"{loader.alias}-whole")
    whole.load(store)
    loaded = contents(client, whole.alias)
    assert {name: dict(row, _version=2) for name, row in after.items()} == loaded
