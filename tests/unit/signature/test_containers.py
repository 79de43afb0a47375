import contextlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from signature.containers import recognise
from signature.errors import NotAnImageError, UnsupportedError
from signature.parameters import FORMATS

Encoder = Callable[..., bytes]


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_what_pillow_writes(encode: Encoder, colours: np.ndarray, kind: str) -> None:
    if kind == "QOI":
        assert recognise(b"qoif" + bytes(10)) == "QOI"
    else:
        assert recognise(encode(colours, kind)) == kind


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="x">',
        b"\xef\xbb\xbf <?xml version='1.0'?>\n<!-- a > b --><svg:svg a='b'>",
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg >',
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>',
        b"8BPS\x00\x01",
        b"%!PS-Adobe-3.0",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b"\xff\x0a\x00",
    ],
)
def test_known_pictures_that_are_not_decoded(data: bytes) -> None:
    with pytest.raises(UnsupportedError, match="not decoded here"):
        recognise(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        b"<!DOCTYPE html><html><body><svg></svg></body></html>",
        b"<?xml version='1.0'?><feed/>",
        b"<!-- never closed <svg>",
        b"BMW drives on",
        b"P1 is a plan",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42",
        b"%PDF-1.7",
        bytes(3) + b"\x08" + bytes(61) + b"\x01" + bytes(62),
        b"\x0a\x01\x01\x08" + bytes(124),
        bytes(200),
        b"\xff\xd8",
    ],
)
def test_no_pictures(data: bytes) -> None:
    with pytest.raises(NotAnImageError):
        recognise(data)


def test_long_prolog_ends() -> None:
    with pytest.raises(NotAnImageError):
        recognise(b"<?a?>" * 100_000)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    with contextlib.suppress(NotAnImageError, UnsupportedError):
        assert recognise(data) in FORMATS


def test_targa_needs_a_consistent_header(encode: Encoder, colours: np.ndarray) -> None:
    data = encode(colours, "TGA")
    assert recognise(data[:18]) == "TGA"
    for place, values in (
        (1, b"\x01"),
        (2, b"\x07"),
        (12, b"\x00\x00"),
        (16, b"\x07"),
        (17, b"\x40"),
    ):
        header = data[:place] + values + data[place + len(values) : 18]
        with pytest.raises(NotAnImageError):
            recognise(header)


def test_targa_with_a_palette(encode: Encoder, colours: np.ndarray) -> None:
    data = encode(Image.fromarray(colours[:, :, 0]).convert("P"), "TGA")
    assert recognise(data) == "TGA"
    with pytest.raises(NotAnImageError):
        recognise(data[:7] + b"\x07" + data[8:])
