import os
from pathlib import Path

import pytest

from jobs.sources import SOURCE_FORMATS, Source, SourceError, recognise
from jobs.sources.kind import format_of_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m.parquet", "parquet"),
        ("m.snappy.parquet", "parquet"),
        ("M.CSV", "csv"),
        ("m.csv.gz", "csv"),
        ("m.jsonl", "jsonl"),
        ("m.ndjson.gz", "jsonl"),
        ("m.json", "jsonl"),
        ("m.parquet.gz", None),
        ("m.gz", None),
        ("m.jpg", None),
        ("csv", None),
    ],
)
def test_format_of_name(name: str, expected: str | None) -> None:
    assert format_of_name(name) == expected
    assert format_of_name(f"/folder.csv/{name}") == expected


def make(root: Path, *files: str) -> Path:
    root.mkdir(exist_ok=True)
    for file in files:
        (root / file).touch()
    return root


@pytest.mark.parametrize(
    ("folder", "files", "expected"),
    [
        ("photos", ("a.jpg",), "folder"),
        ("photos", (), "folder"),
        ("m.parquet", ("anything",), "parquet"),
        ("out", ("part-0.snappy.parquet", "_SUCCESS", ".part-0.crc"), "parquet"),
        ("out", ("part-0.csv", "part-1.csv.gz"), "csv"),
        ("out", ("part-0.csv", "part-1.jsonl"), "folder"),
        ("out", ("part-0.parquet", "photo.jpg"), "folder"),
        ("out", ("a.parquet",), "folder"),
        ("out", ("part-0.jpg",), "folder"),
        ("out", ("_SUCCESS",), "folder"),
    ],
)
def test_folders(tmp_path: Path, folder: str, files: tuple[str, ...], expected: str) -> None:
    path = make(tmp_path / folder, *files)
    assert recognise(str(path)) == Source(expected, str(path))


def test_a_stated_format_wins(tmp_path: Path) -> None:
    path = make(tmp_path / "m.parquet", "a.jpg")
    assert recognise(str(path), "folder").format == "folder"
    assert recognise(f"{path}/a.jpg", "csv").format == "csv"


def test_files_and_uris(tmp_path: Path) -> None:
    make(tmp_path, "a b.jpg", "m.csv")
    assert recognise(f"file://{tmp_path}/a%20b.jpg") == Source("folder", f"{tmp_path}/a b.jpg")
    assert recognise(f"{tmp_path}/m.csv").format == "csv"


def test_what_exists_is_taken_literally(tmp_path: Path) -> None:
    make(tmp_path, "a1.jpg", "a[1].jpg")
    assert recognise(f"{tmp_path}/a[1].jpg").format == "folder"
    assert recognise(f"{tmp_path}/a[2].jpg").format == "glob"
    assert recognise(f"{tmp_path}/a[1].jpg", "glob").format == "glob"


def test_relative_sources_start_at_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert recognise("*/x") == Source("glob", f"{tmp_path}/*/x")


@pytest.mark.parametrize(
    ("source", "source_format", "sentence"),
    [
        ("no/such", "auto", "No such file or folder"),
        ("no/such.csv", "csv", "No such file or folder"),
        ("", "auto", "no location"),
        ("a\0b", "auto", "no location"),
        ("file://host/x", "auto", "no location"),
        ("s3://bucket/photos", "auto", "not on a file system"),
        (".", "xml", "one of auto, folder, glob, parquet, csv, jsonl"),
        ("/dev/null", "auto", "neither a file nor a folder"),
    ],
)
def test_mistakes_end_in_a_sentence(source: str, source_format: str, sentence: str) -> None:
    with pytest.raises(SourceError, match=sentence) as caught:
        recognise(source, source_format)
    assert isinstance(caught.value, ValueError)


def test_a_pipe_is_no_source_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="neither"):
        recognise(f"{tmp_path}/pipe")


def test_auto_is_not_among_the_formats() -> None:
    assert "auto" not in SOURCE_FORMATS
