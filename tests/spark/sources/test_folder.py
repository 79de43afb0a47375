import os
import stat as modes
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from jobs.sources import LISTING, SourceError, read_manifest
from jobs.sources import folder as listing

pytestmark = pytest.mark.spark

AWKWARD = [
    b"percent%20encoded.jpg",
    b"percent%.jpg",
    b"new\nline.jpg",
    b"cr\r.jpg",
    b"tab\t.jpg",
    b"trailing space.jpg ",
    b"co:lon.jpg",
    b"10:30.jpg",
    b"brackets[1].jpg",
    b"star*.jpg",
    b"question?.jpg",
    b"braces{a,b}.jpg",
    b"back\\slash.jpg",
    b"hash#mark.jpg",
    b'quote".jpg',
    b"comma,.jpg",
    "图片_👗.jpg".encode(),
    "decomposed_e\u0301.jpg".encode(),
    b"latin1_\xe9.jpg",
    b"\xff%\xfe",
    b"-dash",
    b".hidden.jpg",
    b"_SUCCESS",
]


def paths(frame: DataFrame) -> list[str]:
    return sorted(row.path for row in frame.collect())


def spelled(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        safe = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.-~"
        return "file://" + "".join(chr(b) if b in safe else f"%{b:02X}" for b in name)


@pytest.fixture
def awkward(tmp_path: Path) -> Path:
    for name in AWKWARD:
        file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        file.write_bytes(name)
    return tmp_path


def test_awkward_names_survive_a_folder(spark: SparkSession, awkward: Path) -> None:
    frame = read_manifest(spark, str(awkward))
    assert frame.schema == LISTING
    rows = {row.path: row for row in frame.collect()}
    assert rows.keys() == {spelled(os.fsencode(awkward) + b"/" + name) for name in AWKWARD}
    for name in AWKWARD:
        row = rows[spelled(os.fsencode(awkward) + b"/" + name)]
        found = Path(os.fsdecode(os.fsencode(awkward) + b"/" + name)).stat()
        assert row == Row(
            image_id=None,
            path=row.path,
            metadata=None,
            bytes=len(name),
            mtime=found.st_mtime_ns // 1000,
            reason=None,
        )


def test_each_awkward_name_is_a_source_of_its_own(spark: SparkSession, awkward: Path) -> None:
    for name in (b"brackets[1].jpg", b"star*.jpg", b"latin1_\xe9.jpg", b"10:30.jpg"):
        source = os.fsdecode(os.fsencode(awkward) + b"/" + name)
        frame = read_manifest(spark, source)
        assert frame.schema == LISTING
        assert paths(frame) == [spelled(os.fsencode(source))]


def test_a_glob_filters_what_its_folder_holds(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("x[1].jpg", "x1.jpg", "a/x1.jpg", "a/b/.x1.jpg", "a/b/x2.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    def found(pattern: str, source_format: str = "auto") -> list[str]:
        frame = read_manifest(spark, f"{tmp_path}/{pattern}", source_format)
        return [path.removeprefix(f"{tmp_path}/") for path in paths(frame)]

    assert found("x[1].jpg") == ["x[1].jpg"]
    assert found("x[1].jpg", "glob") == ["x1.jpg"]
    assert found("*.jpg") == ["x1.jpg", "x[1].jpg"]
    assert found("**/*.jpg") == ["a/b/.x1.jpg", "a/x1.jpg", "x1.jpg", "x[1].jpg"]
    assert found("a/**") == ["a/b/.x1.jpg", "a/b/x2.png", "a/x1.jpg"]
    assert found("*/*/x?.png") == ["a/b/x2.png"]
    assert found("*.gif") == []


def test_what_is_no_image_is_a_row_with_its_reason(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    (tmp_path / "sub" / "gone").symlink_to("nowhere")
    (tmp_path / "empty.jpg").touch()
    os.mkfifo(tmp_path / "pipe")
    rows = read_manifest(spark, str(tmp_path)).collect()
    assert {(Path(row.path).name, row.bytes, row.reason) for row in rows} == {
        ("empty.jpg", 0, None),
        ("pipe", None, "not_a_file"),
        ("loop", None, "link_to_folder"),
        ("gone", None, "not_found"),
    }


def test_a_tree_is_listed_in_many_partitions_and_one_folder_in_one(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "x").touch()
    frame = read_manifest(spark, str(tmp_path))
    assert frame.rdd.getNumPartitions() == 4 * spark.sparkContext.defaultParallelism
    assert read_manifest(spark, f"{tmp_path}/7").rdd.getNumPartitions() == 1
    expected = paths(frame)
    assert len(expected) == 30
    monkeypatch.setattr(listing, "_MOST_SUBTREES", 1)
    whole = read_manifest(spark, str(tmp_path))
    assert whole.rdd.getNumPartitions() == 1
    assert paths(whole) == expected


def test_an_empty_folder_gives_no_rows(spark: SparkSession, tmp_path: Path) -> None:
    frame = read_manifest(spark, str(tmp_path))
    assert (frame.schema, frame.count()) == (LISTING, 0)


def test_a_glob_beneath_nothing_is_a_mistake(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_manifest(spark, f"{tmp_path}/no/*.jpg")


def test_every_fixture_is_listed_once(spark: SparkSession, shared_data: Path) -> None:
    fixtures = shared_data / "fixtures"
    expected = [
        os.path.join(folder, name)  # noqa: PTH118
        for folder, _, names in os.walk(fixtures)
        for name in names
    ]
    rows = read_manifest(spark, str(fixtures)).collect()
    assert sorted(row.path for row in rows) == sorted(expected)
    assert len(rows) > 250
    for row in rows:
        found = os.stat(row.path)  # noqa: PTH116
        assert modes.S_ISREG(found.st_mode)
        assert (row.bytes, row.reason) == (found.st_size, None)
