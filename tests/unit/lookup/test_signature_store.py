import threading
import time
from pathlib import Path

import numpy as np
import pytest

from lookup import (
    NoSuchDatabaseError,
    ReadOnlyError,
    RequestError,
    SignatureStore,
    VersionError,
)
from lookup.records import record_of
from signature import Orientation, distances, expand, oriented
from signature.levels import Levels
from tests.unit.lookup.examples import Content, near_copies, random_levels, write_store


def records(levels: Levels) -> list[dict[str, object]]:
    return [record_of(row, None, 16, 63) for row in expand(levels)]


@pytest.mark.parametrize("rules", [("cells",), ("exhaustive",), ("words",)])
def test_what_is_near_is_found_with_its_exact_distance(
    tmp_path: Path, rules: tuple[str, ...]
) -> None:
    levels = random_levels(400)
    write_store(tmp_path, levels, Content(rules))
    store = SignatureStore(str(tmp_path))
    for row, query in enumerate(near_copies(levels[:20], 30)):
        (found,) = store.search_records(records(query[np.newaxis]))
        assert found["id"] == f"id-{row}-0"
        assert found["path"] == f"/photos/{row}-0.jpg"
        assert found["dist"] == distances(levels[row][np.newaxis], query[np.newaxis])[0, 0]
        assert found["score"] == 1 - found["dist"]
    assert store.count() == 400


def test_the_cutoff_is_strict(tmp_path: Path) -> None:
    levels = random_levels(50)
    write_store(tmp_path, levels, Content(("exhaustive",)))
    query = records(near_copies(levels[:1], 30))
    distance = SignatureStore(str(tmp_path)).search_records(query)[0]["dist"]
    assert SignatureStore(str(tmp_path), distance_cutoff=distance).search_records(query) == []
    above = float(np.nextafter(distance, 1))
    assert len(SignatureStore(str(tmp_path), distance_cutoff=above).search_records(query)) == 1


def test_all_images_of_a_signature_come_and_no_more_than_asked_for(tmp_path: Path) -> None:
    levels = random_levels(60)
    write_store(tmp_path, levels, Content(images_of_each=3, metadata='{"shop": "a"}'))
    found = SignatureStore(str(tmp_path)).search_records(records(levels[7:8]))
    assert [match["path"] for match in found] == [f"/photos/7-{copy}.jpg" for copy in range(3)]
    assert [match["metadata"] for match in found] == [{"shop": "a"}] * 3
    assert len(SignatureStore(str(tmp_path), size=2).search_records(records(levels[7:8]))) == 2


def test_the_nearest_form_is_named(tmp_path: Path) -> None:
    levels = random_levels(80)
    write_store(tmp_path, levels)
    forms = np.concatenate(
        [oriented(levels[3:4], way) for way in Orientation]
        + [-oriented(levels[3:4], way) for way in Orientation]
    )
    (found,) = SignatureStore(str(tmp_path)).search_records(records(forms))
    assert (found["id"], found["dist"], found["orientation"]) == ("id-3-0", 0.0, "upright")
    turned = np.roll(forms, 1, axis=0)
    (found,) = SignatureStore(str(tmp_path)).search_records(records(turned))
    assert found["orientation"] == "mirrored"


def test_a_filter_applies_before_the_size(tmp_path: Path) -> None:
    levels = random_levels(60)
    write_store(tmp_path, levels, Content(images_of_each=5))
    store = SignatureStore(str(tmp_path), size=1)
    wanted = {"term": {"path": "/photos/9-4.jpg"}}
    (found,) = store.search_records(records(levels[9:10]), wanted)
    assert found["id"] == "id-9-4"
    assert store.count(wanted) == 1


def test_a_newer_run_is_seen_without_a_restart(tmp_path: Path) -> None:
    old, new = random_levels(60), random_levels(70, seed=9)
    write_store(tmp_path, old)
    store = SignatureStore(str(tmp_path), look_again_s=0.0)
    assert len(store.search_records(records(old[:1]))) == 1
    assert store.search_records(records(new[:1])) == []
    write_store(tmp_path, new, Content(sequence=2))
    end = time.monotonic() + 60
    while not store.search_records(records(new[:1])) and time.monotonic() < end:
        time.sleep(0.05)
    assert store.search_records(records(old[:1])) == []
    assert (store.count(), store.refresh()) == (70, "run-2")


def test_threads_that_open_and_search_at_once_agree(tmp_path: Path) -> None:
    levels = random_levels(300)
    write_store(tmp_path, levels)
    store = SignatureStore(str(tmp_path))
    asked = [records(row[np.newaxis]) for row in levels[:40]]
    answers: dict[tuple[int, int], object] = {}

    def ask(thread: int) -> None:
        for number, query in enumerate(asked):
            answers[thread, number] = [match["id"] for match in store.search_records(query)]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {(t, n): [f"id-{n}-0"] for t in range(8) for n in range(40)}


def test_a_store_is_not_written(tmp_path: Path) -> None:
    write_store(tmp_path, random_levels(40))
    store = SignatureStore(str(tmp_path))
    for change in (
        lambda: store.add_image("/not/even/read.jpg"),
        lambda: list(store.add_images([{"path": "/x"}])),
        lambda: store.insert_single_record({}),
        lambda: store.delete_by_path("/x"),
        lambda: store.delete_by_id("x"),
        lambda: store.delete_duplicates("/x"),
    ):
        with pytest.raises(ReadOnlyError, match="build_index"):
            change()


def test_what_cannot_be_opened_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoSuchDatabaseError, match="no committed run"):
        SignatureStore(str(tmp_path / "nowhere")).count()
    write_store(tmp_path / "other", random_levels(40), Content(version="0123456789abcdef"))
    with pytest.raises(VersionError, match="0123456789abcdef"):
        SignatureStore(str(tmp_path / "other")).count()
    model = write_store(tmp_path / "damaged", random_levels(40))
    folder = tmp_path / "damaged" / "models" / model.model_id
    (folder / "codebook.npy").write_bytes(b"damaged")
    with pytest.raises(NoSuchDatabaseError, match="cannot be read"):
        SignatureStore(str(tmp_path / "damaged")).count()


def test_pictures_are_signed_with_the_parameters_of_the_store(tmp_path: Path) -> None:
    levels = random_levels(40)
    write_store(tmp_path, levels, Content(settings={"signature": {"n": 9}}))
    store = SignatureStore(str(tmp_path))
    store.refresh()
    assert store.gis.parameters.n == 9
    with pytest.raises(RequestError, match="kind of signature"):
        store.search_records([{"signature": [0] * 144}])
