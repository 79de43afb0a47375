import csv
import gzip
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.sources import LISTING, SourceError, read_manifest

pytestmark = pytest.mark.spark

AWKWARD = [
    "percent%20encoded.jpg",
    "new\nline.jpg",
    "crlf\r\n.jpg",
    "tab\t.jpg",
    "  spaces  ",
    "co:lon.jpg",
    "s3:x.jpg",
    "star*[1]{a,b}?.jpg",
    "back\\slash.jpg",
    "back\\",
    '"quoted".jpg',
    "quote'single.jpg",
    "comma,semicolon;.jpg",
    "#comment.jpg",
    "图片_👗.jpg",
    "line\u2028separator",
    "null",
    "NaN",
]


def write_csv(file: Path, names: list[str]) -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["path"], *([name] for name in names)])


def write_jsonl(file: Path, names: list[str]) -> None:
    lines = (json.dumps({"path": name}, ensure_ascii=False) for name in names)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")


def write_parquet(file: Path, names: list[str]) -> None:
    pq.write_table(pa.table({"path": names}), file, row_group_size=7)


WRITERS = {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}
Writer = Callable[[Path, list[str]], None]


@pytest.mark.parametrize(("suffix", "write"), WRITERS.items())
def test_awkward_names_survive(
    spark: SparkSession, tmp_path: Path, suffix: str, write: Writer
) -> None:
    folder = tmp_path / "co:lon [1] {a} %20"  # what Hadoop's paths stumble over
    folder.mkdir()
    write(folder / f"_m.{suffix}", AWKWARD)
    frame = read_manifest(spark, str(folder / f"_m.{suffix}"))
    assert frame.schema == LISTING
    rows = frame.collect()
    assert sorted(row.path for row in rows) == sorted(f"{folder}/{name}" for name in AWKWARD)
    assert {(row.image_id, row.metadata, row.bytes, row.mtime, row.reason) for row in rows} == {
        (None, None, None, None, None)
    }


@pytest.mark.parametrize(("suffix", "write"), WRITERS.items())
def test_fixture_names_survive(
    spark: SparkSession, shared_data: Path, tmp_path: Path, suffix: str, write: Writer
) -> None:
    folders = [shared_data / "fixtures" / name for name in ("names", "names_colon")]
    names = [str(file) for folder in folders for file in folder.iterdir()]
    assert len(names) == 28
    write(tmp_path / f"m.{suffix}", names)
    rows = read_manifest(spark, str(tmp_path / f"m.{suffix}")).collect()
    assert sorted(row.path for row in rows) == sorted(names)
    assert all(os.path.isfile(row.path) for row in rows)  # noqa: PTH113


def test_ids_and_metadata(spark: SparkSession, tmp_path: Path) -> None:
    table = pa.table(
        {
            "path": ["a", "b", "a", None],
            "image_id": [1, 2, 1, 4],
            "metadata": [{"n": 1, "s": "ü"}, None, {"n": None, "s": None}, None],
        }
    )
    pq.write_table(table, tmp_path / "m.parquet")
    rows = read_manifest(spark, str(tmp_path / "m.parquet")).collect()
    assert sorted((r.image_id, r.path, r.metadata, r.reason) for r in rows if r.path) == [
        ("1", f"{tmp_path}/a", '{"n":1,"s":"ü"}', None),
        ("1", f"{tmp_path}/a", '{"n":null,"s":null}', None),
        ("2", f"{tmp_path}/b", None, None),
    ]
    assert [(r.image_id, r.reason) for r in rows if r.path is None] == [("4", "invalid_path")]


def test_no_row_is_lost_to_a_bad_one(spark: SparkSession, tmp_path: Path) -> None:
    text = 'path,image_id\r\na,1\nb,c,2\r\n,3\nhttp://h:x/,4\n"e"f,5\nlast,\n'
    (tmp_path / "m.csv").write_bytes(text.encode())
    rows = read_manifest(spark, str(tmp_path / "m.csv")).collect()
    assert [(row.image_id, row.path, row.reason) for row in rows] == [
        ("1", f"{tmp_path}/a", None),
        (None, "b,c,2", "invalid_row"),
        ("3", None, "invalid_path"),
        ("4", "http://h:x/", "invalid_path"),
        (None, '"e"f,5', "invalid_row"),
        (None, f"{tmp_path}/last", None),
    ]


def test_names_that_are_not_utf8(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(b"path\n\xff.jpg\n")
    pq.write_table(pa.table({"path": [b"\xff.jpg"]}), tmp_path / "m.parquet")
    (tmp_path / "m.jsonl").write_text(f'{{"path": "file://{tmp_path}/%FF.jpg"}}')
    for name in ("m.csv", "m.parquet", "m.jsonl"):
        rows = read_manifest(spark, str(tmp_path / name)).collect()
        assert [row.path for row in rows] == [f"file://{tmp_path}/%FF.jpg"]


def test_a_folder_of_parts_is_one_manifest(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parts = tmp_path / "m.csv"
    (parts / "day=1").mkdir(parents=True)
    (parts / "part-0.csv").write_text("path,label\na,x\n")
    (parts / "day=1" / "part-1.csv.gz").write_bytes(gzip.compress(b"image_id,path\n7,b\n"))
    (parts / "_SUCCESS").touch()
    (parts / ".part-0.csv.crc").write_bytes(b"\0")
    with caplog.at_level(logging.WARNING):
        frame = read_manifest(spark, str(parts))
    assert [record.getMessage() for record in caplog.records] == [
        "Columns of the manifest that are not used: label."
    ]
    assert frame.rdd.getNumPartitions() == 2
    # Relative to where the manifest is, whether it is one file or a folder of parts.
    assert sorted((row.path, row.image_id) for row in frame.collect()) == [
        (f"{tmp_path}/a", None),
        (f"{tmp_path}/b", "7"),
    ]


def test_what_spark_writes_is_read(spark: SparkSession, tmp_path: Path) -> None:
    frame = spark.createDataFrame([(name,) for name in AWKWARD], "path string").repartition(3)
    frame.write.parquet(f"{tmp_path}/p")
    frame.write.option("escape", '"').csv(f"{tmp_path}/c", header=True)
    frame.write.json(f"{tmp_path}/j")
    for folder in "pcj":
        rows = read_manifest(spark, f"{tmp_path}/{folder}").collect()
        # Spark's CSV writer strips the spaces around a value unless told otherwise.
        expected = {name.strip() if folder == "c" else name for name in AWKWARD}
        assert {row.path.removeprefix(f"{tmp_path}/") for row in rows} == expected
        assert len(rows) == len(AWKWARD)


@pytest.mark.parametrize("row_group_size", [1, 5, 1000])
def test_row_groups_change_nothing(
    spark: SparkSession, tmp_path: Path, row_group_size: int
) -> None:
    names = [f"/data/{number}" for number in range(20)]
    pq.write_table(pa.table({"path": names}), tmp_path / "m.parquet", row_group_size=row_group_size)
    frame = read_manifest(spark, str(tmp_path / "m.parquet"))
    expected = min(-(-20 // row_group_size), 4 * spark.sparkContext.defaultParallelism)
    assert frame.rdd.getNumPartitions() == expected
    assert sorted(row.path for row in frame.collect()) == sorted(names)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("m.csv", b"file,label\na,b\n", "no column 'path'; its columns: file, label"),
        ("m.csv", b"", "no column 'path'; its columns: none"),
        ("m.csv", b"path,path\na,b\n", "two columns 'path'"),
        ("m.csv.gz", b"path\n", "not a manifest in csv"),
        ("m.jsonl", b'{"file": "a"}\n', "no column 'path'"),
        ("m.jsonl", b'[\n{"path": "a"}\n]', "not a JSON object"),
        ("m.jsonl", b"", "not a JSON object"),
        ("m.parquet", b"not parquet", "not a manifest in parquet"),
    ],
)
def test_mistakes_end_in_a_sentence(
    spark: SparkSession, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=sentence):
        read_manifest(spark, str(tmp_path / name))


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"Path": ["a"]}, "no column 'path'; its columns: Path"),
        ({"path": [1]}, "'path' of .* is int64"),
        ({"path": ["a"], "image_id": [b"1"]}, "'image_id' of .* is binary"),
        ({"path": ["a"], "image_id": [{"x": 1}]}, "'image_id' of .* is struct"),
    ],
)
def test_types_that_cannot_be_used(
    spark: SparkSession, tmp_path: Path, table: dict[str, list[object]], sentence: str
) -> None:
    pq.write_table(pa.table(table), tmp_path / "m.parquet")
    with pytest.raises(SourceError, match=sentence):
        read_manifest(spark, str(tmp_path / "m.parquet"))


def test_a_folder_without_parts_is_a_mistake(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "m.parquet").mkdir()
    with pytest.raises(SourceError, match="holds no manifest file"):
        read_manifest(spark, str(tmp_path / "m.parquet"))


def test_a_manifest_with_no_rows(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path\n")
    pq.write_table(pa.table({"path": pa.array([], pa.string())}), tmp_path / "m.parquet")
    for name in ("m.csv", "m.parquet"):
        frame = read_manifest(spark, str(tmp_path / name))
        assert (frame.schema, frame.count()) == (LISTING, 0)
