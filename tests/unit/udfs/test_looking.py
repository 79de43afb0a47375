"""What is told of a file without decoding it."""

import os
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest

from udfs.looking import LOOKED_ROWS, looker

_UNKNOWN = {"image_id": "a", "metadata": None, "bytes": None, "mtime": None, "message": None}


def looked(rows: list[dict[str, object]], contents: bool = False) -> list[dict[str, object]]:
    names = [name for name in LOOKED_ROWS.names if name not in ("etag", "content_sha256")]
    schema = pa.schema([LOOKED_ROWS.field(name) for name in names])
    batch = pa.RecordBatch.from_pylist(
        [{"admitted": True, "reason": None, **r} for r in rows], schema
    )
    (found,) = looker(100, contents)([batch])
    assert found.schema == LOOKED_ROWS
    rows_found: list[dict[str, object]] = found.to_pylist()
    return rows_found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"seven!!")
    os.utime(path, ns=(1, 5_000_000_123_000))
    return path


def test_a_file_of_which_nobody_told_is_asked_for_its_size_and_time(file: Path) -> None:
    (row,) = looked([{**_UNKNOWN, "path": str(file)}])
    assert (row["bytes"], row["mtime"]) == (7, 5_000_000_123)
    assert row["content_sha256"] is None


def test_what_the_listing_told_is_believed(file: Path) -> None:
    (row,) = looked([{**_UNKNOWN, "path": str(file), "bytes": 3, "mtime": 4}])
    assert (row["bytes"], row["mtime"]) == (3, 4)


def test_contents_are_hashed_on_request(file: Path) -> None:
    (row,) = looked([{**_UNKNOWN, "path": str(file), "bytes": 3, "mtime": 4}], contents=True)
    assert row["content_sha256"] == sha256(b"seven!!").hexdigest()
    assert (row["bytes"], row["mtime"]) == (7, 5_000_000_123)


@pytest.mark.parametrize("contents", [True, False])
def test_what_cannot_be_had_stays_unknown(tmp_path: Path, contents: bool) -> None:
    (row,) = looked([{**_UNKNOWN, "path": str(tmp_path / "gone")}], contents)
    assert row["bytes"] is row["mtime"] is row["content_sha256"] is row["reason"] is None


def test_too_large_a_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(101))
    (row,) = looked([{**_UNKNOWN, "path": str(tmp_path / "large"), "bytes": 101}], contents=True)
    assert row["bytes"] is row["content_sha256"] is None


@pytest.mark.parametrize("other", [{"admitted": False}, {"reason": "invalid_path"}])
def test_rows_that_are_not_signed_are_not_looked_at(file: Path, other: dict[str, object]) -> None:
    (row,) = looked([{**_UNKNOWN, "path": str(file), **other}], contents=True)
    assert row["bytes"] is row["content_sha256"] is None
