"""What the child process says of a file, and what its parent reads."""

import io

import numpy as np
import pytest
from PIL import Image

from signature import (
    DecodePolicy,
    SignatureParameters,
    compact,
    sign_pixels,
)
from signature.errors import OutOfMemoryError
from udfs.answers import answer, columns

PARAMETERS, POLICY = SignatureParameters(), DecodePolicy(max_pixels=100_000)
NOISE = np.random.default_rng(5).integers(0, 256, (40, 50, 3), np.uint8)


def _png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def test_signed_with_its_levels() -> None:
    answered = answer(_png(NOISE), PARAMETERS, POLICY)
    levels = compact(sign_pixels(NOISE)).tobytes()
    assert b"\n" not in answered.removesuffix(levels)[:-1]
    assert columns(answered) == {
        "status": "signed", "width": 50, "height": 40, "format": "PNG", "signature": levels,
    }  # fmt: skip


def test_levels_may_hold_what_ends_a_line() -> None:
    line = b'{"status": "signed"}\n'
    assert columns(line + b"\n\x00\n\xff")["signature"] == b"\n\x00\n\xff"


@pytest.mark.parametrize("tolerance", [2 / 255, 0.0])
def test_featureless(tolerance: float) -> None:
    parameters = SignatureParameters(identical_tolerance=tolerance)
    found = columns(answer(_png(np.zeros_like(NOISE)), parameters, POLICY))
    assert (found["status"], found["reason"]) == ("skipped", "featureless")
    assert found["message"]
    assert "signature" not in found


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"text", "not_an_image"), (_png(NOISE)[:500], "truncated")],
)
def test_failed(data: bytes, reason: str) -> None:
    found = columns(answer(data, PARAMETERS, POLICY))
    assert set(found) == {"status", "reason", "message"}
    assert (found["status"], found["reason"]) == ("failed", reason)
    assert found["message"].endswith(".")


@pytest.mark.parametrize("error", [MemoryError(), OutOfMemoryError("Too much.")])
def test_the_sandbox_hears_of_missing_memory(
    error: MemoryError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr("udfs.answers.sign_bytes", full)
    with pytest.raises(MemoryError):
        answer(_png(NOISE), PARAMETERS, POLICY)
