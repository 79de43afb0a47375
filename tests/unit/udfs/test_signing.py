"""One row an image: fetched, signed, and its outcome named."""

import ctypes
import io
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from matching import signature_ids
from sandbox import Limits
from signature import (
    DecodePolicy,
    SignatureParameters,
    Signed,
    compact,
    sign_bytes,
    sign_pixels,
    signature_version,
)
from udfs.signing import (
    SIGNED_ROWS,
    CodeMismatchError,
    SigningTask,
    signer,
)

PARAMETERS, POLICY = SignatureParameters(), DecodePolicy(max_pixels=100_000)
TASK = SigningTask(PARAMETERS, POLICY, signature_version(PARAMETERS, POLICY), 200_000, Limits())
Sign = Callable[[bytes], dict[str, Any]]


def pixels(height: int = 60, width: int = 80) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


def png(array: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def sign_row(row: dict[str, Any], task: SigningTask) -> dict[str, Any]:
    """Sign one image the way a partition is signed."""
    (batch,) = signer(task, _ignore)(iter([pa.RecordBatch.from_pylist([row])]))
    (signed,) = batch.to_pylist()
    return signed


def _ignore(number: int) -> None:
    del number


@pytest.fixture
def signed(tmp_path: Path) -> Sign:
    def sign(data: bytes) -> dict[str, Any]:
        path = tmp_path / "picture"
        path.write_bytes(data)
        return sign_row({"image_id": "one", "path": str(path), "metadata": '{"a": 1}'}, TASK)

    return sign


def test_a_picture_is_signed(signed: Sign, tmp_path: Path) -> None:
    data = png(pixels())
    row = signed(data)
    levels = compact(sign_pixels(pixels()))
    modified = (tmp_path / "picture").stat().st_mtime_ns // 1000
    assert {name: value for name, value in row.items() if value is not None} == {
        "image_id": "one",
        "path": str(tmp_path / "picture"),
        "metadata": '{"a": 1}',
        "content_sha256": sha256(data).hexdigest(),
        "bytes": len(data),
        "mtime": modified,
        "width": 80,
        "height": 60,
        "format": "PNG",
        "status": "signed",
        "signature_id": signature_ids(levels[None], TASK.version)[0],
        "signature": levels.tobytes(),
    }


def test_a_featureless_picture_is_skipped(signed: Sign) -> None:
    row = signed(png(np.full((40, 50, 3), 9, np.uint8)))
    assert (row["status"], row["reason"]) == ("skipped", "featureless")
    assert row["message"]
    assert (row["width"], row["height"], len(row["content_sha256"])) == (50, 40, 64)
    assert row.get("signature") is row.get("signature_id") is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"no picture", "not_an_image"),
        (png(pixels())[:3000], "truncated"),
        (png(pixels(400, 300)[:, :, :1].repeat(3, 2) // 255), "too_many_pixels"),
        (bytes(200_001), "too_many_bytes"),
    ],
)
def test_a_failure_has_a_reason_and_a_message(signed: Sign, data: bytes, reason: str) -> None:
    row = signed(data)
    assert (row["status"], row["reason"]) == ("failed", reason)
    assert row["message"]
    assert row.get("signature") is row.get("signature_id") is None
    fetched = reason != "too_many_bytes"
    assert row.get("content_sha256") == (sha256(data).hexdigest() if fetched else None)
    assert row.get("bytes") == (len(data) if fetched else None)


def test_a_missing_file_fails() -> None:
    row = sign_row({"image_id": "x", "path": "/no/such/file", "metadata": None}, TASK)
    assert (row["status"], row["reason"]) == ("failed", "not_found")


def test_a_message_is_cut_to_500_characters() -> None:
    path = "/no/" + "long/" * 200 + "file"
    row = sign_row({"image_id": "x", "path": path, "metadata": None}, TASK)
    assert len(row["message"]) == 500
    assert row["message"].endswith("…")


def test_other_code_than_the_drivers_signs_nothing(tmp_path: Path) -> None:
    stale = replace(TASK, version="0" * len(TASK.version))
    with pytest.raises(CodeMismatchError, match=stale.version):
        list(signer(stale, [].append)(iter([])))


def test_batches_are_signed_row_by_row_and_counted(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(png(pixels()))
    names = ["good.png" if number % 3 else "missing.png" for number in range(300)]
    rows = [
        {"image_id": str(number), "path": str(tmp_path / name), "metadata": None}
        for number, name in enumerate(names)
    ]
    batch = pa.RecordBatch.from_pylist(rows)
    counted: list[int] = []
    given = list(signer(TASK, counted.append)(iter([batch.slice(0, 280), batch.slice(280)])))
    assert all(part.schema == SIGNED_ROWS for part in given)
    done = [row for part in given for row in part.to_pylist()]
    assert [row["image_id"] for row in done] == [str(number) for number in range(300)]
    assert [row["status"] for row in done] == [
        "signed" if number % 3 else "failed" for number in range(300)
    ]
    assert sum(counted) == 300


def _abort(_data: bytes) -> None:
    os.abort()


def _kill(_data: bytes) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _segfault(_data: bytes) -> None:
    ctypes.string_at(0)


def _sleep(_data: bytes) -> None:
    time.sleep(10**6)


def _spin(_data: bytes) -> None:
    while True:
        pass


def _swell(_data: bytes) -> None:
    bytearray(20 * 2**30)


@pytest.mark.parametrize(
    ("accident", "reason"),
    [
        (_abort, "decoder_crashed"),
        (_kill, "decoder_crashed"),
        (_segfault, "decoder_crashed"),
        (_sleep, "timeout"),
        (_spin, "timeout"),
        (_swell, "out_of_memory"),
    ],
)
def test_an_accident_costs_its_own_image_only(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    accident: Callable[[bytes], None],
    reason: str,
) -> None:
    bad = png(np.roll(pixels(), 1, axis=0))

    def sign(data: bytes, parameters: SignatureParameters, policy: DecodePolicy) -> Signed:
        if data == bad:
            accident(data)
        return sign_bytes(data, parameters, policy)

    monkeypatch.setattr("udfs.answers.sign_bytes", sign)
    (tmp_path / "good.png").write_bytes(png(pixels()))
    (tmp_path / "bad.png").write_bytes(bad)
    bads = {0, 7, 8, 29}
    batch = pa.RecordBatch.from_pylist(
        [
            {
                "image_id": str(number),
                "path": str(tmp_path / ("bad.png" if number in bads else "good.png")),
                "metadata": None,
            }
            for number in range(30)
        ]
    )
    task = replace(TASK, limits=Limits(cpu_seconds=0.3))
    (given,) = signer(task, _ignore)(iter([batch]))
    levels = compact(sign_pixels(pixels())).tobytes()
    for number, row in enumerate(given.to_pylist()):
        assert row["image_id"] == str(number)
        assert (row["status"], row["reason"], row["signature"]) == (
            ("failed", reason, None) if number in bads else ("signed", None, levels)
        )
        assert bool(row["message"]) == (number in bads)
        assert row["content_sha256"]


def test_a_fault_of_ours_costs_its_own_image_only(
    signed: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sign(*_: object) -> None:
        raise ZeroDivisionError("nothing to divide by")

    monkeypatch.setattr("udfs.answers.sign_bytes", sign)
    row = signed(png(pixels()))
    assert (row["status"], row["reason"]) == ("failed", "internal_error")
    assert row["message"] == "ZeroDivisionError in sign: nothing to divide by"
