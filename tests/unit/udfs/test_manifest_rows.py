import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from fetch import NotFoundError
from udfs.listing import LISTING_ARROW, ListingRow
from udfs.manifest_row import ManifestRow
from udfs.manifest_rows import listing_row, opened_manifest, read_manifest_parts

LONGEST_ID = "é" * 256


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (ManifestRow("a.jpg"), ListingRow(None, "/data/a.jpg", None, None, None, None)),
        (ManifestRow("s3a://b/k", "7", "{}"), ListingRow("7", "s3://b/k", "{}", None, None, None)),
        (ManifestRow("\udcff"), ListingRow(None, "file:///data/%FF", None, None, None, None)),
        (ManifestRow(None, "7"), ListingRow("7", None, None, None, None, "invalid_path")),
        (ManifestRow(""), ListingRow(None, "", None, None, None, "invalid_path")),
        (ManifestRow("a\0b"), ListingRow(None, "a\0b", None, None, None, "invalid_path")),
        (ManifestRow("\ud800"), ListingRow(None, r"\ud800", None, None, None, "invalid_path")),
        (ManifestRow("a", ""), ListingRow(None, "/data/a", None, None, None, None)),
        (ManifestRow("a", LONGEST_ID), ListingRow(LONGEST_ID, "/data/a", None, None, None, None)),
        (
            ManifestRow("a", LONGEST_ID + "x"),
            ListingRow(LONGEST_ID + "x", "/data/a", None, None, None, "invalid_id"),
        ),
        (
            ManifestRow("a", "\udcff", "\udcff"),
            ListingRow(r"\udcff", "/data/a", r"\udcff", None, None, "invalid_id"),
        ),
        (
            ManifestRow(None, malformed="\udcff" + "x" * 2000 + "\r\n"),
            ListingRow(None, r"\udcff" + "x" * 999, None, None, None, "invalid_row"),
        ),
    ],
)
def test_judgement(row: ManifestRow, expected: ListingRow) -> None:
    assert listing_row(row, "/data") == expected


def parts(*files: Path) -> pa.RecordBatch:
    names = [str(file) for file in files]
    return pa.record_batch({"file": names, "row_group": pa.nulls(len(names), pa.int32())})


def test_parts_are_read_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("path\nx\n")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"image_id,path\n1,y\n"))
    batches = list(
        read_manifest_parts([parts(tmp_path / "a.csv", tmp_path / "b.csv.gz")], "csv", "/data")
    )
    assert [batch.schema for batch in batches] == [LISTING_ARROW]
    assert batches[0].column("path").to_pylist() == ["/data/x", "/data/y"]
    assert batches[0].column("image_id").to_pylist() == [None, "1"]


def test_a_part_that_is_gone_ends_the_reading(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        list(read_manifest_parts([parts(tmp_path / "gone.jsonl")], "jsonl", "/data"))


def test_rows_come_in_bounded_batches(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"path": "a"}\n' * 25_000)
    batches = read_manifest_parts([parts(tmp_path / "a.jsonl")], "jsonl", "/data")
    assert [batch.num_rows for batch in batches] == [10_000, 10_000, 5_000]


def test_a_manifest_is_closed_with_its_context(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"path\n"))
    with opened_manifest(f"{tmp_path}/a.csv.gz") as stream:
        assert stream.read() == b"path\n"
    assert stream.closed
