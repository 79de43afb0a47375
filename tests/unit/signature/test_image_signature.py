import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from signature import DecodePolicy, ImageSignature
from signature.errors import LocationError, NotAnImageError, ParameterError
from signature.sign import sign_pixels

Encoder = Callable[..., bytes]


def test_constructor_is_that_of_image_match() -> None:
    expected = {
        "n": 9, "crop_percentiles": (5, 95), "P": None, "diagonal_neighbors": True,
        "identical_tolerance": 2 / 255.0, "n_levels": 2, "fix_ratio": False,
    }  # fmt: skip
    found = inspect.signature(ImageSignature).parameters
    assert {name: found[name].default for name in found if name != "policy"} == expected
    assert list(found)[:7] == list(expected)
    assert ImageSignature(5, (10, 90), 3, False, 0, 1, True).parameters.P == 3


def test_constructor_refuses() -> None:
    with pytest.raises(ParameterError, match="n must be"):
        ImageSignature(n=1)


def test_all_routes(tmp_path: Path, encode: Encoder, colours: np.ndarray) -> None:
    data = encode(colours, "PNG")
    path = tmp_path / "co:lon #1.png"
    path.write_bytes(data)
    maker = ImageSignature()
    expected = sign_pixels(colours)
    routes = [
        maker.generate_signature(str(path)),
        maker.generate_signature(path),
        maker.generate_signature(data, bytestream=True),
        maker.generate_signature(data),
        maker.generate_signature(bytearray(data)),
        maker.generate_signature(memoryview(data)),
        maker.generate_signature(colours),
    ]
    for levels in routes:
        np.testing.assert_array_equal(levels, expected)


def test_policy(encode: Encoder, colours: np.ndarray) -> None:
    clear = np.dstack([colours, np.full(colours.shape[:2], 128, np.uint8)])
    black = ImageSignature(policy=DecodePolicy(background=(0, 0, 0)))
    by_array = black.generate_signature(clear)
    np.testing.assert_array_equal(by_array, black.generate_signature(encode(clear, "PNG")))
    assert (by_array != ImageSignature().generate_signature(clear)).any()


@pytest.mark.parametrize(
    "address", ["http://a/b.jpg", "HTTPS://a/b", "ftp://a", "s3a://b/c", "file:///a"]
)
def test_addresses_are_refused(address: str) -> None:
    with pytest.raises(LocationError, match=address.partition(":")[0]):
        ImageSignature().generate_signature(address)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ImageSignature().generate_signature(tmp_path / "none.jpg")


@pytest.mark.parametrize(("source", "bytestream"), [("a.jpg", True), (5, False), (None, False)])
def test_other_sources_are_refused(source: object, bytestream: bool) -> None:
    with pytest.raises(ParameterError):
        ImageSignature().generate_signature(source, bytestream=bytestream)


def test_bad_bytes() -> None:
    with pytest.raises(NotAnImageError):
        ImageSignature().generate_signature(b"not a path, not a picture")


def test_distance(colours: np.ndarray) -> None:
    maker = ImageSignature()
    a, b = maker.generate_signature(colours), maker.generate_signature(colours[:, ::-1])
    assert ImageSignature.normalized_distance(a, a) == 0
    assert 0 < maker.normalized_distance(a, b) < 1
