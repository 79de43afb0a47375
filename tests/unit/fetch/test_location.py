import os
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fetch.errors import InvalidPathError
from fetch.location import (
    canonical,
    canonical_of_name,
    image_id_of,
    local_name,
    local_path,
    scheme_of,
)

# A segment as Linux allows it: any bytes but NUL and the slash.
SEGMENTS = st.binary(min_size=1, max_size=12).filter(
    lambda name: b"/" not in name and b"\0" not in name and name not in {b".", b".."}
)
NAMES = st.lists(SEGMENTS, min_size=1, max_size=4).map(lambda parts: b"/" + b"/".join(parts))
TEXTS = st.one_of(
    st.text(),
    st.builds("{}{}".format, st.sampled_from(["file:", "file:/", "file:///", "s3a://"]), st.text()),
    st.builds("{}{}".format, st.sampled_from(["http://", "HTTPS://h:443", "x:"]), st.text()),
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/b.jpg", "/a/b.jpg"),
        ("//a///b/./c/../d.jpg", "/a/b/d.jpg"),
        ("/../a", "/a"),
        ("/", "/"),
        ("/a/", "/a"),
        ("/a/percent%20encoded.jpg", "/a/percent%20encoded.jpg"),
        ("/a/trailing space.jpg ", "/a/trailing space.jpg "),
        ("/a/hash#mark?.jpg", "/a/hash#mark?.jpg"),
        ("b.jpg", "/data/b.jpg"),
        ("./b.jpg", "/data/b.jpg"),
        ("../b.jpg", "/b.jpg"),
        ("co:lon.jpg", "/data/co:lon.jpg"),
        ("10:30.jpg", "/data/10:30.jpg"),
        ("C:\\x.jpg", "/data/C:\\x.jpg"),
        ("C://x.jpg", "/data/C:/x.jpg"),
        ("file:x.jpg", "/data/file:x.jpg"),
        ("./file:/x.jpg", "/data/file:/x.jpg"),
        ("file:/a/b%20c.jpg", "/a/b c.jpg"),
        ("file:///a/b%20c.jpg", "/a/b c.jpg"),
        ("FILE://localhost/a/%C3%A9#?.jpg", "/a/é#?.jpg"),
        ("file:///a/percent%.jpg", "/a/percent%.jpg"),
        ("file:///a/%ff%25.jpg", "file:///a/%FF%25.jpg"),
        (os.fsdecode(b"/a/\xff%.jpg"), "file:///a/%FF%25.jpg"),
        ("s3a://b/k//x/../%20", "s3://b/k//x/../%20"),
        ("S3N://b/k", "s3://b/k"),
        ("HTTP://Me@Example.ORG:80", "http://Me@example.org/"),
        ("https://EXAMPLE.org:443/A%2f?q=B", "https://example.org/A%2f?q=B"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("http://[::1]:80/a", "http://[::1]/a"),
        ("http://h?q", "http://h/?q"),
        ("gs://Bucket/Key", "gs://Bucket/Key"),
        ("archive.tar#member.jpg", "/data/archive.tar#member.jpg"),
    ],
)
def test_rule(path: str, expected: str) -> None:
    assert canonical(path, "/data") == expected


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a\0b",
        "file:///a%00b",
        "s3://b/\0",
        "file://host/a",
        "file://",
        "s3://",
        "s3:///k",
        "http:///a",
        "http://h:x/",
        "\ud800.jpg",
        "s3://b/\udcff",
    ],
)
def test_what_names_nothing_is_refused(path: str) -> None:
    with pytest.raises(InvalidPathError):
        canonical(path)


@given(TEXTS)
@example("file:////a")
@example("http://a@b@H:80/")
def test_canonical_is_idempotent_and_utf8(text: str) -> None:
    try:
        once = canonical(text)
    except InvalidPathError:
        return
    once.encode("utf-8")
    assert canonical(once) == once
    assert canonical(once, "/elsewhere") == once


@given(NAMES)
@example(b"/a/\xff\xfe")
@example(b"/\xc3")
@example(b"/%FF")
def test_any_name_survives_the_round_trip(name: bytes) -> None:
    path = canonical(os.fsdecode(name))
    assert local_name(path) == name
    assert path == canonical_of_name(name)
    assert os.fsencode(local_path(path)) == name


@given(NAMES, NAMES)
def test_two_names_never_share_a_canonical_path(first: bytes, second: bytes) -> None:
    same = canonical_of_name(first) == canonical_of_name(second)
    assert same == (first == second)


@given(NAMES)
def test_a_uri_and_the_raw_name_are_one_location(name: bytes) -> None:
    escaped = "".join(f"%{byte:02x}" for byte in name[1:])
    assert canonical(f"file:/{escaped}") == canonical_of_name(os.path.normpath(name))


def test_a_relative_path_starts_at_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert canonical("a.jpg") == f"{tmp_path}/a.jpg"


def test_links_are_not_resolved(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert canonical(f"{tmp_path}/link/a.jpg") == f"{tmp_path}/link/a.jpg"


@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        ("/a", "file"),
        ("co:lon", "file"),
        ("file:/a", "file"),
        ("S3A://b", "s3a"),
        ("c://x", "file"),
    ],
)
def test_scheme(path: str, scheme: str) -> None:
    assert scheme_of(path) == scheme


def test_image_id_is_128_bits_of_the_path_in_utf8() -> None:
    expected = blake2b("/a/é.jpg".encode(), digest_size=16).hexdigest()
    assert image_id_of("/a/é.jpg") == expected
    assert len(expected) == 32
