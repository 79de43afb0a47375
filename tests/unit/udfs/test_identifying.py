"""Rows of a manifest get canonical paths and ids."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from fetch import image_id_of
from udfs.identifying import IDENTIFIED_ROWS, identify

MANIFEST = pa.schema(
    [field for field in IDENTIFIED_ROWS if field.name != "message"],
)


def identified(**row: str | int | None) -> dict[str, Any]:
    batch = pa.RecordBatch.from_pylist([row], MANIFEST)
    (given,) = identify(iter([batch]))
    assert given.schema == IDENTIFIED_ROWS
    (only,) = given.to_pylist()
    return only


def test_an_id_is_made_from_the_canonical_path() -> None:
    row = identified(path="/pictures/./a//b.jpg", bytes=7, mtime=8, metadata="{}")
    assert row == {
        "image_id": image_id_of("/pictures/a/b.jpg"),
        "path": "/pictures/a/b.jpg",
        "metadata": "{}",
        "bytes": 7,
        "mtime": 8,
        "reason": None,
        "message": None,
    }


def test_an_id_that_was_given_stays() -> None:
    assert identified(image_id=" 17 ", path="/a.jpg")["image_id"] == " 17 "


def test_a_path_that_names_nothing_fails_in_words() -> None:
    for path in (None, "", "a\0b", "file://elsewhere/a.jpg"):
        row = identified(path=path)
        assert (row["image_id"], row["path"], row["reason"]) == (None, path, "invalid_path")
        assert row["message"].endswith(".")


def test_what_the_source_knew_already_stays() -> None:
    row = identified(path="/closed", reason="permission_denied")
    assert row["reason"] == "permission_denied"
    assert row["image_id"] == image_id_of("/closed")
    assert identified(path="", reason="not_a_file")["reason"] == "not_a_file"


def test_text_that_is_no_path_is_not_made_one() -> None:
    # A manifest's malformed line stands in the column path as it is.
    row = identified(path='{"broken', reason="invalid_row")
    assert row["path"] == '{"broken'
    assert not row["path"].startswith(str(Path.cwd()))


def test_order_and_number_of_rows_stay() -> None:
    paths = [f"/{number}.jpg" for number in range(30)]
    batch = pa.RecordBatch.from_pylist([{"path": path} for path in paths], MANIFEST)
    given = [
        row["path"]
        for b in identify(iter([batch.slice(0, 4), batch.slice(4)]))
        for row in b.to_pylist()
    ]
    assert given == paths
