import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from signature.completeness import is_cut_short
from signature.parameters import FORMATS

Encoder = Callable[..., bytes]

OPTIONS = {
    "JPEG": [{}, {"progressive": True}, {"comment": b"\xff\xd9 inside a comment"}],
    "PNG": [{}],
    "GIF": [{}, {"comment": b"a;b"}],
    "WEBP": [{}, {"lossless": True}],
    "BMP": [{}],
    "AVIF": [{}],
    "JPEG2000": [{}, {"no_jp2": True}],
    "ICO": [{}],
    "TIFF": [{}, {"compression": "tiff_lzw"}, {"big_tiff": True}],
}
CASES = [(kind, options) for kind, variants in OPTIONS.items() for options in variants]


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_whole_files_are_whole(
    encode: Encoder, colours: np.ndarray, kind: str, options: dict[str, Any]
) -> None:
    assert not is_cut_short(encode(Image.fromarray(colours), kind, **options), kind)


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_cut_files_are_cut(
    encode: Encoder, colours: np.ndarray, kind: str, options: dict[str, Any]
) -> None:
    data = encode(Image.fromarray(colours), kind, **options)
    for part in (0.3, 0.6, 0.9):
        assert is_cut_short(data[: int(len(data) * part)], kind), part
    assert is_cut_short(data[:-2], kind)


def test_damage_is_not_a_cut(encode: Encoder, colours: np.ndarray) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    for kind in ("PNG", "JPEG", "BMP", "WEBP"):
        data = bytearray(encode(noise, kind))
        data[len(data) // 2] ^= 0x55
        assert not is_cut_short(bytes(data), kind), kind


def test_qoi_ends_with_its_mark() -> None:
    assert not is_cut_short(b"qoif" + bytes(7) + b"\x01", "QOI")
    assert is_cut_short(b"qoif" + bytes(7), "QOI")


@given(st.sampled_from(FORMATS), st.binary(max_size=200))
def test_any_bytes_end(kind: str, data: bytes) -> None:
    assert is_cut_short(data, kind) in {True, False}


def test_a_tiff_that_points_beyond_all_memory_is_cut() -> None:
    header = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 2**64 - 1)
    assert is_cut_short(header + bytes(100), "TIFF")
