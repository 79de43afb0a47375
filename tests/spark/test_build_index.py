"""The whole job on real pictures, inside one session."""

import csv
import json
import random
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageDraw
from pyspark.sql import SparkSession

from jobs.errors import TooManyFailuresError, UserError
from matching.rules import word_keys
from signature import distances
from store import Store
from store.errors import NoSuchStoreError
from store.removable import check_removable
from tests.conftest import PROJECT
from tests.spark.jobs_in_session import build, content

pytestmark = pytest.mark.spark

TABLES = ("images", "signatures", "cells", "pairs", "clusters")


def brute_force(store: Store) -> dict[frozenset[bytes], float]:
    """Return every pair below the run's cutoff, by comparing all."""
    table = store.table("signatures")
    ids = table["signature_id"].to_pylist()
    levels = np.stack([np.frombuffer(value, np.int8) for value in table["signature"].to_pylist()])
    matrix = distances(levels, levels)
    rows, columns = np.nonzero(np.triu(matrix < store.run().cutoff, 1))
    return {frozenset((ids[i], ids[j])): matrix[i, j] for i, j in zip(rows, columns, strict=True)}


def pairs_of(store: Store) -> dict[frozenset[bytes], float]:
    """Return the pairs that a run wrote; none may be there twice."""
    rows = store.table("pairs").to_pylist()
    pairs = {frozenset((r["signature_id_a"], r["signature_id_b"])): r["distance"] for r in rows}
    assert len(pairs) == len(rows)
    assert all(r["signature_id_a"] < r["signature_id_b"] for r in rows)
    return pairs


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of photographs and drawings, with exact and near copies of some."""
    folder = tmp_path_factory.mktemp("pictures")
    for number, photo in enumerate(sorted((PROJECT / "sample" / "photos").glob("*.jpg"))[:12]):
        shutil.copy(photo, folder)
        if number % 3 == 0:
            shutil.copy(photo, folder / f"copy of {photo.name}")
        if number % 4 == 0:
            _save_smaller(photo, folder / f"smaller {photo.stem}.png")
    for number in range(4):
        _save_drawing(number, folder / f"drawing {number}.png")
    (folder / "notes.txt").write_text("no picture")
    (folder / "empty.jpg").touch()
    return folder


def _save_drawing(number: int, target: Path) -> None:
    """A disc on white: most of its words say that nothing differs, so that they are hot."""
    picture = Image.new("L", (200, 200), 255)
    left = 20 + 30 * number
    ImageDraw.Draw(picture).ellipse((left, 40, left + 70, 110), fill=40)
    picture.save(target)


def _save_smaller(photo: Path, target: Path) -> None:
    with Image.open(photo) as picture:
        picture.resize((picture.width // 2, picture.height // 2)).save(target)


@pytest.fixture(scope="module")
def built(spark: SparkSession, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store built from the pictures with default settings."""
    return build(spark, pictures, tmp_path_factory.mktemp("store") / "first")


def test_every_pair_of_brute_force_is_found_and_no_other(built: Store) -> None:
    found = pairs_of(built)
    assert found == brute_force(built)
    assert len(found) >= 3


def test_every_file_has_one_row_and_one_state(built: Store, pictures: Path) -> None:
    images = built.table("images").to_pylist()
    assert {row["path"] for row in images} == {str(file) for file in pictures.iterdir()}
    assert len(images) == len({row["image_id"] for row in images}) == 12 + 4 + 3 + 4 + 2
    failed = {Path(r["path"]).name: r["reason"] for r in images if r["status"] == "failed"}
    assert failed == {"notes.txt": "not_an_image", "empty.jpg": "empty"}
    counts = built.run().counts
    assert counts["images"] == counts["signed"] + counts["skipped"] + counts["failed"] == 25


def test_groups_hold_copies_and_near_copies_under_the_best_image(
    built: Store, pictures: Path
) -> None:
    path = {r["image_id"]: Path(r["path"]).name for r in built.table("images").to_pylist()}
    removed = [r for r in built.table("clusters").to_pylist() if r["role"] == "remove"]
    kinds = {path[r["image_id"]]: r["kind"] for r in removed}
    copies = {name for name in path.values() if name.startswith("copy of ")}
    smaller = {name for name in path.values() if name.startswith("smaller ")}
    originals = {name.removeprefix("copy of ") for name in copies}
    assert {n for n, kind in kinds.items() if kind == "same_bytes"} <= copies | originals
    assert sum(kind == "same_bytes" for kind in kinds.values()) == len(copies)
    assert {name for name, kind in kinds.items() if kind == "near"} >= smaller
    for row in removed:
        if path[row["image_id"]] in smaller:
            assert row["reason"] == "the keeper has more pixels"
            assert (
                Path(path[row["image_id"]]).stem.removeprefix("smaller ")
                in (path[row["keeper_id"]])
            )


def test_reports_agree_with_the_tables(built: Store) -> None:
    report = Path(built.layout.report(built.run().run_id))
    duplicates = pq.read_table(report / "duplicates.parquet").to_pylist()
    clusters = built.table("clusters").to_pylist()
    assert {r["image_id"] for r in duplicates} == {
        r["image_id"] for r in clusters if r["role"] == "remove"
    }
    for row in duplicates:
        assert Path(row["path"]).stat().st_size == row["bytes_to_gain"]
        assert Path(row["keeper_path"]).is_file()
    rejects = pq.read_table(report / "rejects.parquet").to_pylist()
    assert sorted(row["reason"] for row in rejects) == ["empty", "not_an_image"]


@pytest.mark.parametrize("partitions", [pytest.param(1, marks=pytest.mark.slow), 7])
def test_partitions_and_order_change_nothing(
    spark: SparkSession, built: Store, pictures: Path, tmp_path: Path, partitions: int
) -> None:
    files = [str(file) for file in pictures.iterdir()]
    random.Random(partitions).shuffle(files)  # noqa: S311
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("".join(json.dumps({"path": file}) + "\n" for file in files))
    other = build(spark, manifest, tmp_path / "store", partitions=partitions)
    for table in TABLES:
        assert content(other.table(table)) == content(built.table(table)), table
    assert other.run().model_id == built.run().model_id


def test_a_second_run_gives_the_same_tables_and_the_first_stays_readable(
    spark: SparkSession, built: Store, pictures: Path, tmp_path: Path
) -> None:
    shutil.copytree(built.layout.root, tmp_path / "store")
    store = build(spark, pictures, tmp_path / "store")
    first, second = store.runs()
    assert second.parent == first.run_id == built.run().run_id
    assert second.counts == first.counts
    for table in TABLES:
        before = content(built.table(table))
        assert content(store.table(table)) == before
        assert content(store.table(table, first.run_id)) == before


def test_a_list_of_removable_files_holds_until_something_changes(
    spark: SparkSession, pictures: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    photo = min(pictures.glob("copy of *"))
    for name in ("one.jpg", "two.jpg"):
        shutil.copy(photo, folder / name)
    (folder / "a hard link.jpg").hardlink_to(folder / "two.jpg")
    (folder / "a link.jpg").symlink_to(folder / "one.jpg")
    listed, safe = tmp_path / "removable.csv", tmp_path / "safe.csv"
    build(spark, folder, tmp_path / "store", export=listed)
    with listed.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 3
    counts = check_removable(str(listed), str(safe))
    assert sum(counts.values()) == 3
    assert counts["same file as its keeper"] == 1
    Path(lines[0]["keeper_path"]).write_bytes(b"other")
    assert "safe" not in check_removable(str(listed))


@pytest.mark.slow
def test_words_find_what_shares_an_open_word_and_the_ranking_is_the_settings(
    spark: SparkSession, built: Store, pictures: Path, tmp_path: Path
) -> None:
    limit = 3
    settings = {"matching__rules": "words", "matching__max_document_frequency": limit}
    ranking = ["pixels:smaller", "path"]
    store = build(
        spark, pictures, tmp_path / "store", cutoff=0.6, keepers__ranking=ranking, **settings
    )
    table = store.table("signatures")
    ids = table["signature_id"].to_pylist()
    levels = np.stack([np.frombuffer(v, np.int8) for v in table["signature"].to_pylist()])
    keys = word_keys(levels)
    words, frequency = np.unique(keys, return_counts=True)
    hot = words[frequency > limit]
    assert 0 < len(hot) < len(words)
    open_keys = [set(row) - set(hot) for row in keys.tolist()]
    place = {identity: i for i, identity in enumerate(ids)}
    expected = {
        pair: distance
        for pair, distance in brute_force(store).items()
        if len(set.intersection(*(open_keys[place[i]] for i in pair))) > 0
    }
    assert pairs_of(store) == expected
    counts = store.run().counts
    assert counts["hot_words"] == len(hot)
    open_frequency = frequency[frequency <= limit].astype(int)
    hot_frequency = frequency[frequency > limit].astype(int)
    assert counts["comparisons"] == sum(open_frequency * (open_frequency - 1) // 2)
    assert counts["comparisons_bounded"] == sum(hot_frequency * (hot_frequency - 1) // 2)
    assert counts["keeper_rounds"] == 1
    reasons = {row["reason"] for row in store.table("clusters").to_pylist()}
    assert reasons == {
        "best ranked of its group",
        "the keeper has fewer pixels",
        "the keeper has the path that comes first",
    }


def test_duplicate_ids_and_missing_files_are_rejected_by_name(
    spark: SparkSession, pictures: Path, tmp_path: Path
) -> None:
    a, b, c, *_ = sorted(str(file) for file in pictures.glob("*.jpg") if file.stat().st_size)
    rows = [("one", b), ("one", a), ("two", c), ("two", c), ("x" * 513, a), ("gone", "/no/file")]
    manifest = tmp_path / "manifest.csv"
    with manifest.open("w", newline="") as file:
        csv.writer(file).writerows([("image_id", "path"), *rows])
    store = build(spark, manifest, tmp_path / "store", max_failure_rate=1)
    images = {row["image_id"]: row for row in store.table("images").to_pylist()}
    assert set(images) == {"one", "two", "gone"}
    assert images["one"]["path"] == a
    assert images["gone"]["reason"] == "not_found"
    report = Path(store.layout.report(store.run().run_id))
    rejects = pq.read_table(report / "rejects.parquet").to_pylist()
    assert sorted((r["path"], r["reason"]) for r in rejects) == sorted(
        [(b, "duplicate_id"), (a, "invalid_id"), ("/no/file", "not_found")]
    )
    assert store.run().counts["images"] == 5
    assert store.run().counts["failed"] == 3


def test_too_many_failures_commit_nothing(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "text.jpg").write_text("no picture")
    with pytest.raises(TooManyFailuresError, match=r"1 of 1 images failed.*rejects\.parquet"):
        build(spark, tmp_path / "pictures", tmp_path / "store")
    with pytest.raises(NoSuchStoreError):
        Store(str(tmp_path / "store")).runs()


def test_a_source_that_is_not_there_is_a_users_mistake(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--source"):
        build(spark, tmp_path / "nothing", tmp_path / "store")


@pytest.mark.slow
def test_pictures_without_pairs_can_be_built_again(spark: SparkSession, tmp_path: Path) -> None:
    """The second time Delta makes no commit to the empty tables: nothing replaces nothing."""
    photo = min((PROJECT / "sample" / "photos").glob("*.jpg"))
    build(spark, photo, tmp_path / "store")
    store = build(spark, photo, tmp_path / "store")
    first, second = store.runs()
    assert second.versions["images"] == first.versions["images"] + 1
    assert second.versions["pairs"] == first.versions["pairs"]
    assert store.table("pairs").num_rows == 0


def test_an_empty_folder_gives_an_empty_index(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    store = build(spark, tmp_path / "pictures", tmp_path / "store")
    assert {table: store.table(table).num_rows for table in TABLES} == dict.fromkeys(TABLES, 0)


def test_the_shared_photographs_are_signed_and_compared_as_by_brute_force(
    spark: SparkSession, shared_data: Path, tmp_path: Path
) -> None:
    store = build(spark, shared_data / "photos" / "images", tmp_path / "store")
    assert store.run().counts["signed"] == 1500
    assert pairs_of(store) == brute_force(store)


def test_every_shared_fixture_ends_as_its_manifest_expects(
    spark: SparkSession, shared_data: Path, tmp_path: Path
) -> None:
    fixtures = shared_data / "fixtures"
    store = build(spark, fixtures, tmp_path / "store")
    outcome = {
        row["path"].removeprefix(f"{fixtures}/"): (row["status"], row["reason"])
        for row in store.table("images").to_pylist()
    }
    wrong = {}
    for name, expected, note in _expectations(fixtures / "MANIFEST.tsv"):
        allowed = _allowed(expected, note)
        if outcome[name] not in allowed:
            wrong[name] = (outcome[name], allowed)
    assert not wrong
    listed = {name for name, _, _ in _expectations(fixtures / "MANIFEST.tsv")}
    others = {name for name in outcome if name not in listed}
    assert others == {"MANIFEST.tsv", "README.md", "make_fixtures.py"}


def _expectations(manifest: Path) -> list[tuple[str, str, str]]:
    lines = manifest.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    header = lines[0].split("\t")
    rows = [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:]]
    return [(_plain(row["file"]), row["expected"], row["note"]) for row in rows]


def _plain(name: str) -> str:
    return name.replace("\\\\", "\0").replace("\\t", "\t").replace("\\n", "\n").replace("\0", "\\")


def _allowed(expected: str, note: str) -> set[tuple[str, str | None]]:
    """Outcomes that a row of the manifest allows; its note leaves a few open."""
    if expected.startswith("rejected:"):
        outcomes = {("failed", expected.removeprefix("rejected:").replace("-", "_"))}
    else:
        outcomes = {("signed", None)} if expected == "signed" else {("skipped", "featureless")}
    if "rejected:too-many-pixels where the limit is lower" in note:
        outcomes.add(("failed", "too_many_pixels"))
    if "'signed' is as good an outcome" in note or "may sign it" in note:
        outcomes.add(("signed", None))
    return outcomes


def test_a_run_tells_how_good_it_is(spark: SparkSession, tmp_path: Path) -> None:
    photos = PROJECT / "tests" / "fixtures" / "near"
    store = build(spark, photos, tmp_path / "s", sample__calibrated=100, sample__audited=100)
    run = store.run()
    assert run.estimates["recall"] == 1.0
    assert run.estimates["false_removals_high"] <= 1.0
    report = tmp_path / "s" / "reports" / run.run_id
    assert {"audit.json", "calibration.json", "calibration.png", "calibration.svg"} <= {
        file.name for file in report.iterdir()
    }
