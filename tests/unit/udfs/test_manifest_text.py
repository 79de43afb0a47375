import csv
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from udfs.manifest_row import ManifestRow
from udfs.manifest_text import csv_header, csv_rows, first_json_object, jsonl_rows

# Text as files hold it: any character, and bytes that are not UTF-8 as surrogates.
TEXT = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF),
        st.sampled_from('",\r\n \t\\#\x00\u2028'),
    ),
    min_size=1,
)


def as_read(text: str) -> str:
    """Surrogates that together are UTF-8 come back as the letter."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def encoded(text: str) -> io.BytesIO:
    return io.BytesIO(text.encode("utf-8", "surrogateescape"))


@given(st.lists(st.tuples(TEXT, TEXT)), st.sampled_from(["\r\n", "\n", "\r"]))
@example([("new\nline", "a"), ("cr\r\nlf", "b"), (" spaces ", "c"), ('q"u,o', "d")], "\r\n")
def test_any_text_survives_csv(rows: list[tuple[str, str]], line_end: str) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([("image_id", "path"), *rows])
    expected = [ManifestRow(as_read(path), as_read(image_id)) for image_id, path in rows]
    assert list(csv_rows(encoded(file.getvalue()))) == expected


def test_csv_with_mixed_line_ends_loses_no_row() -> None:
    text = "path,label\r\na,1\nb,2\r\nc,3\rd,4"
    assert [row.path for row in csv_rows(encoded(text))] == ["a", "b", "c", "d"]


def test_csv_with_a_byte_order_mark_and_other_columns() -> None:
    text = "\ufefflabel,metadata,path\nx,{},a.jpg\n\ny,,b.jpg\nz,,\n"
    assert list(csv_rows(encoded(text))) == [
        ManifestRow("a.jpg", None, "{}"),
        ManifestRow("b.jpg"),
        ManifestRow(None),
    ]
    assert csv_header(encoded(text)) == ["label", "metadata", "path"]
    assert csv_header(io.BytesIO()) == []


def test_malformed_csv_rows_come_out_with_their_text() -> None:
    text = 'path,image_id\na,1\nb,c,2\nd\n"e"f,3\n"g\nh" i,4\nj,5\n"open,6\nk,7\n'
    assert list(csv_rows(encoded(text))) == [
        ManifestRow("a", "1"),
        ManifestRow(None, malformed="b,c,2\n"),
        ManifestRow(None, malformed="d\n"),
        ManifestRow(None, malformed='"e"f,3\n'),
        ManifestRow(None, malformed='"g\nh" i,4\n'),
        ManifestRow("j", "5"),
        ManifestRow(None, malformed='"open,6\nk,7\n'),
    ]


@given(st.lists(st.tuples(TEXT, st.booleans())))
@example([("\u2028", False)])
def test_any_text_survives_jsonl(rows: list[tuple[str, bool]]) -> None:
    lines = [json.dumps({"path": path}, ensure_ascii=ascii_only) for path, ascii_only in rows]
    read = [row.path for row in jsonl_rows(encoded("\n".join(lines)))]
    assert read == [path if ascii_only else as_read(path) for path, ascii_only in rows]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            '{"path": "a", "image_id": 1234567890123456789}',
            ManifestRow("a", "1234567890123456789"),
        ),
        ('{"path": "a", "metadata": "text"}', ManifestRow("a", None, "text")),
        ('{"path": "a", "metadata": {"b": [1, "ü"]}}', ManifestRow("a", None, '{"b":[1,"ü"]}')),
        ('{"path": null}', ManifestRow(None)),
        ('{"x": 1}', ManifestRow(None)),
        ("not json", ManifestRow(None, malformed="not json")),
        ('{"path": "open', ManifestRow(None, malformed='{"path": "open')),
        ('[{"path": "a"}]', ManifestRow(None, malformed='[{"path": "a"}]')),
        ('{"path": 5}', ManifestRow(None, malformed='{"path": 5}')),
        ("[" * 100_000, ManifestRow(None, malformed="[" * 100_000)),
    ],
)
def test_jsonl_row(line: str, expected: ManifestRow) -> None:
    assert list(jsonl_rows(encoded(f"\n{line}\r\n  \n"))) == [
        expected._replace(malformed=expected.malformed and f"{line}\r\n")
    ]


def test_first_json_object() -> None:
    assert first_json_object(encoded('\ufeff\n{"path": 1}\n[]')) == {"path": 1}
    assert first_json_object(encoded("[1]\n{}")) is None
    assert first_json_object(io.BytesIO()) is None
