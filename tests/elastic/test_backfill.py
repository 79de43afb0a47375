"""``backfill``: a fresh index, chunk by chunk, what came meanwhile, and one swap."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from elasticsearch import Elasticsearch

from benchmarks.image_match_client import insert, search
from elastic import Client
from elastic.indices import aliased, find_one, remove
from jobs.errors import LoadError, UserError
from jobs.loads.swapping import Swap
from jobs.run import Run
from lookup import SignatureES
from store import Store
from tests.elastic.session import Loader, quiet
from tests.elastic.test_load import contents, loads

pytestmark = [pytest.mark.spark, pytest.mark.elastic]


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Do something after the chunks are loaded and before the swap, once."""
    settle = Swap.settle

    def settled(self: Swap) -> None:
        settle(self)
        act()

    monkeypatch.setattr(Swap, "settle", settled)


def test_both_jobs_make_the_same_index(loader: Loader, client: Client, store: Path) -> None:
    loader.load(store)
    by_build = contents(client, loader.alias)
    loader.backfill(store, backfill__chunk_documents=10)
    assert aliased(client, loader.alias) == [f"{loader.alias}-v2"]
    assert contents(client, loader.alias) == by_build
    chunks = [row for row in loads(store) if row["state"] == "chunk"]
    assert [row["chunk"] for row in chunks] == [0, 1, 2]
    assert sum(row["documents"] for row in chunks) == 25
    assert loads(store)[-1]["state"] == "live"
    assert not list((store / "backfills").iterdir())
    old = find_one(client, f"{loader.alias}-v1")
    assert old.settings["index.blocks.write"] == "true"


@pytest.mark.slow
def test_from_a_manifest_it_signs_and_loads_the_same(
    loader: Loader, client: Client, built: Store, store: Path, photos: Path, tmp_path: Path
) -> None:
    loader.load(store)
    by_build = contents(client, loader.alias)
    other = Loader(loader.spark, loader.url, f"{loader.alias}-manifest")
    signed = tmp_path / "signed"
    other.backfill(signed, photos, backfill__chunk_documents=10)
    assert contents(client, other.alias) == by_build
    run = Store(str(signed)).run()
    assert run.job == "backfill"
    assert run.counts["signed"] == 25
    assert run.model_id == built.run().model_id
    assert not list((signed / "backfills").iterdir())
    with pytest.raises(UserError, match="has a run already"):
        other.backfill(signed, photos)


@pytest.mark.slow
def test_settings_are_restored_and_the_old_index_goes_if_asked(
    loader: Loader, client: Client, store: Path
) -> None:
    loader.backfill(store)
    loader.backfill(
        store, backfill__remove_old=True, backfill__merge_segments=1, elasticsearch__shards=2
    )
    state = find_one(client, f"{loader.alias}-v2")
    assert "index.refresh_interval" not in state.settings
    assert state.settings["index.number_of_shards"] == "2"
    assert client.get("/_cat/indices/" + loader.alias + "*", format="json", h="index") == [
        {"index": f"{loader.alias}-v2"}
    ]
    segments = client.get(f"/{loader.alias}/_segments")["indices"][f"{loader.alias}-v2"]
    for copies in segments["shards"].values():
        assert copies[0]["num_search_segments"] <= 1


@pytest.mark.slow
def test_without_copies_of_the_shards_the_alias_stays_and_the_next_start_goes_on(
    loader: Loader, client: Client, store: Path
) -> None:
    loader.backfill(store)
    with pytest.raises(LoadError, match="has not become green within 1 s"):
        loader.backfill(store, elasticsearch__replicas=5, backfill__green_timeout_s=1)
    assert aliased(client, loader.alias) == [f"{loader.alias}-v1"]
    lines = loader.backfill(store)
    assert aliased(client, loader.alias) == [f"{loader.alias}-v2"]
    chunks = [row for row in loads(store) if row["state"] == "chunk"]
    assert [row["index"] for row in chunks] == [f"{loader.alias}-v1", f"{loader.alias}-v2"]
    assert any(line.startswith("  the index") and "kept" in line for line in lines)


@pytest.mark.slow
def test_what_reached_the_old_index_meanwhile_is_carried_over(
    loader: Loader,
    client: Client,
    store: Path,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loader.backfill(store)
    before = contents(client, loader.alias)
    changed, deleted, early = sorted(before)[:3]
    client.delete(f"/{loader.alias}/_doc/{early}")  # before the backfill: the store has it again
    extra, online = sorted(photos.glob("*.jpg"))[5:7]
    with Elasticsearch(loader.url) as es:  # before the backfill, but the store has it not
        SignatureES(es, loader.alias).add_image(str(online), image_id="online")

    def act() -> None:
        insert(loader.url, loader.alias, [extra], metadata={"by": "image-match"})
        client.delete(f"/{loader.alias}/_doc/{deleted}")
        client.post(f"/{loader.alias}/_update/{changed}", {"doc": {"metadata": {"new": 1}}})

    meanwhile(monkeypatch, act)
    lines = loader.backfill(store)
    after = contents(client, loader.alias)
    assert aliased(client, loader.alias) == [f"{loader.alias}-v2"]
    assert deleted not in after
    assert early in after
    assert after[changed]["metadata"] == {"new": 1}
    assert after["online"]["path"] == str(online)
    (foreign,) = set(after) - set(before) - {"online"}
    assert after[foreign]["metadata"] == {"by": "image-match"}
    assert after[foreign]["path"] == str(extra)
    twin = next(d for d in before.values() if d["path"] == str(extra))
    for name in ("sig", "cells", "signature", "simple_word_7"):
        assert after[foreign][name] == twin[name]
    untouched = set(before) - {changed, deleted}
    assert {i: after[i] for i in untouched} == {i: before[i] for i in untouched}
    assert len(after) == len(before) + 1  # two more, one less
    assert any("carried over from the old index" in line for line in lines)
    assert any("deleted as in the old index" in line for line in lines)
    monkeypatch.undo()
    loader.backfill(store)  # and the next time again
    assert {foreign, "online"} <= set(contents(client, loader.alias))


def paths_of(client: Client, alias: str) -> set[str]:
    return {document["path"] for document in contents(client, alias).values()}


@pytest.mark.slow
def test_what_the_store_got_meanwhile_is_carried_over(
    loader: Loader,
    client: Client,
    store: Path,
    changed: Path,
    second_run: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meanwhile(monkeypatch, lambda: second_run(store))
    loader.backfill(store)
    assert paths_of(client, loader.alias) == set(pq.read_table(changed)["path"].to_pylist())


@pytest.mark.slow
def test_after_a_backfill_a_load_deletes_what_is_gone(
    loader: Loader, client: Client, store: Path, changed: Path, second_run: Callable[[Path], None]
) -> None:
    loader.backfill(store)
    second_run(store)
    loader.load(store)
    assert paths_of(client, loader.alias) == set(pq.read_table(changed)["path"].to_pylist())
    assert aliased(client, loader.alias) == [f"{loader.alias}-v1"]


@pytest.mark.slow
def test_a_store_of_another_model_meanwhile_stops_the_swap(
    loader: Loader, client: Client, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act() -> None:
        request = loader.request(None, store)
        with quiet() as progress:
            run = Run(loader.spark, "test", str(store), request.settings, progress)
            run.commit("0123456789abcdef", str(run.parent_signature_version))

    loader.backfill(store)
    meanwhile(monkeypatch, act)
    with pytest.raises(UserError, match="another model_id"):
        loader.backfill(store)
    assert aliased(client, loader.alias) == [f"{loader.alias}-v1"]


@pytest.mark.slow
def test_an_old_index_that_was_deleted_meanwhile_stops_the_swap(
    loader: Loader, client: Client, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader.backfill(store)
    meanwhile(monkeypatch, lambda: remove(client, f"{loader.alias}-v1"))
    with pytest.raises(UserError, match="was deleted since"):
        loader.backfill(store)
    assert aliased(client, loader.alias) == []


@pytest.mark.slow
def test_image_matchs_own_index_is_taken_over(
    loader: Loader, client: Client, store: Path, photos: Path
) -> None:
    some = sorted(photos.glob("*.jpg"))[:3]
    insert(loader.url, loader.alias, some)
    with pytest.raises(UserError, match="is an index, not an alias"):
        loader.backfill(store)
    lines = loader.backfill(store, backfill__remove_old=True)
    assert aliased(client, loader.alias) == [f"{loader.alias}-v1"]
    assert len(contents(client, loader.alias)) == 25 + 3
    assert any("deleted" in line for line in lines)
    (hits,) = search(loader.url, loader.alias, some[:1])
    assert sum(hit["dist"] == 0 for hit in hits) >= 2


def test_a_dry_run_writes_nothing_and_estimates(
    loader: Loader, client: Client, store: Path, photos: Path, tmp_path: Path
) -> None:
    lines = loader.backfill(store, dry_run=True)
    text = "\n".join(lines)
    for words in ("documents", "shards", "bytes on disk", "documents a second", "--dry-run"):
        assert words in text
    assert not client.get(f"/_cat/indices/{loader.alias}*", format="json")
    assert not (store / "loads").exists()
    lines = loader.backfill(tmp_path / "empty", photos, dry_run=True)
    assert any("signing takes about" in line for line in lines)
    assert not (tmp_path / "empty" / "images").exists()


def test_an_empty_store_and_an_unknown_one_are_refused(loader: Loader, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no committed run"):
        loader.backfill(tmp_path / "nothing")
