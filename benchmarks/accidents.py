"""Signing while one picture in a thousand crashes, hangs or swells its decoder.

``python benchmarks/accidents.py --images DIR`` signs the pictures below a folder again and again
through the function that Spark's workers run, child process and all: without accidents, and with
each kind, in turn. Prints one JSON object as its last line: images a second without accidents,
and the throughput with each kind relative to that, the median of a few rounds.
"""

import argparse
import ctypes
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa

_PROJECT = Path(__file__).resolve().parent.parent
sys.path[0] = str(_PROJECT)  # also when run as a file

from jobs.settings import Settings  # noqa: E402
from jobs.signing import signing_task  # noqa: E402
from signature import (  # noqa: E402
    DecodePolicy,
    SignatureParameters,
    Signed,
    sign_bytes,
)
from store.schemas import FAILED  # noqa: E402
from udfs.signing import signer  # noqa: E402

_SAMPLE = _PROJECT / "sample" / "photos"
_ROUNDS = 3
_ONE_IN = 1_000
_MARK = b"an accident"  # behind the end of a picture, where decoders do not look

_ACCIDENTS: dict[str, Callable[[], object]] = {
    "abort": os.abort,
    "segmentation_fault": lambda: ctypes.string_at(0),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "sleep": lambda: time.sleep(10**6),
    "swell": lambda: bytearray(20 * 2**30),
}


def signing_with(accident: Callable[[], object]) -> Callable[..., Signed]:
    """Return a function like `sign_bytes` that meets an accident at marked files."""

    def sign(data: bytes, parameters: SignatureParameters, policy: DecodePolicy) -> Signed:
        if data.endswith(_MARK):
            accident()
        return sign_bytes(data, parameters, policy)

    return sign


def seconds(batch: pa.RecordBatch, failed: int) -> float:
    """Return how long signing a batch takes; so many of it must fail."""
    task = signing_task(Settings())
    start = time.perf_counter()
    statuses = [
        status
        for signed in signer(task, lambda _: None)([batch])
        for status in signed["status"].to_pylist()
    ]
    took = time.perf_counter() - start
    assert (len(statuses), statuses.count(FAILED)) == (batch.num_rows, failed)
    return took


def batch_of(pictures: Sequence[Path], folder: Path, files: int) -> pa.RecordBatch:
    """Return rows of pictures, every thousandth of them a marked one."""
    marked = folder / "marked"
    marked.write_bytes(pictures[0].read_bytes() + _MARK)
    paths = [
        marked if number % _ONE_IN == _ONE_IN // 2 else pictures[number % len(pictures)]
        for number in range(files)
    ]
    rows = {
        "image_id": [str(number) for number in range(files)],
        "path": [path.resolve().as_uri() for path in paths],
        "metadata": [None] * files,
    }
    return pa.RecordBatch.from_pydict(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every kind of accident beside none, in turn, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, default=_SAMPLE, help="a folder of JPEG pictures")
    parser.add_argument("--files", type=int, default=4_000, help="how many to sign each time")
    options = parser.parse_args(arguments)
    pictures = [path for path in sorted(options.images.rglob("*")) if path.suffix == ".jpg"]
    folder = _PROJECT / "build" / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    batch = batch_of(pictures, folder, options.files)
    failed = options.files // _ONE_IN
    seconds(batch, 0)  # compiles, or loads what was compiled
    plain: list[float] = []
    ratios: dict[str, list[float]] = {name: [] for name in _ACCIDENTS}
    for _ in range(_ROUNDS):
        for name, accident in _ACCIDENTS.items():
            plain.append(seconds(batch, 0))
            with patch("udfs.answers.sign_bytes", signing_with(accident)):  # children inherit it
                ratios[name].append(plain[-1] / seconds(batch, failed))
    result = {
        "benchmark": "accidents",
        "files": options.files,
        "accidents": failed,
        "images_per_s": options.files / statistics.median(plain),
        "throughput": {name: statistics.median(values) for name, values in ratios.items()},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
