"""Signing from bytes beside what Pillow alone needs to decode the same bytes.

``python -m benchmarks.sign --images DIR``; prints one JSON object as its last line.
"""

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from signature import DecodePolicy, SignatureParameters, sign_bytes

_SAMPLE = Path(__file__).resolve().parent.parent / "sample" / "photos"
_ROUNDS = 3


def decode_only(data: bytes) -> object:
    """Decode a picture to an RGB array, as image-match does first."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def sign(data: bytes) -> object:
    """Decode and sign a picture with default parameters."""
    return sign_bytes(data, SignatureParameters(), DecodePolicy())


def cpu_seconds(work: Callable[[bytes], object], data: bytes) -> float:
    """Return the CPU time of one call, the best of a few."""
    times = []
    for _ in range(_ROUNDS):
        start = time.process_time()
        work(data)
        times.append(time.process_time() - start)
    return min(times)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both on every picture in turn, and print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, default=_SAMPLE, help="a folder of pictures")
    folder = parser.parse_args(arguments).images
    pictures = [path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()]
    sign(pictures[0])  # compiles, or loads what was compiled
    pairs = [(cpu_seconds(decode_only, data), cpu_seconds(sign, data)) for data in pictures]
    result = {
        "benchmark": "sign",
        "images": len(pictures),
        "decode_ms": 1000 * statistics.median(decode for decode, _ in pairs),
        "sign_ms": 1000 * statistics.median(signed for _, signed in pairs),
        "ratio": statistics.median(signed / decode for decode, signed in pairs),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
