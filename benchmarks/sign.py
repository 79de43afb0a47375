"""Signing from bytes beside what Pillow alone needs to decode them, and beside image-match.

``python benchmarks/sign.py --images DIR`` takes every picture below the folder that all three can
read, and measures the three in turn on each; one process, one thread. Prints one JSON object as
its last line: medians over the pictures of the CPU time, and of the ratios on the same picture.
"""

import argparse
import io
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # also when run as a file

from benchmarks.image_match import ImageMatch  # noqa: E402
from signature import SignatureError, expand, sign_bytes  # noqa: E402

_SAMPLE = Path(__file__).resolve().parent.parent / "sample" / "photos"
_ROUNDS = 5
_PEER_ROUNDS = 2  # image-match is slow, and so far away that its noise does not matter


@dataclass(frozen=True)
class Costs:
    """Seconds of CPU for one picture, each the least of a few rounds."""

    decode: float
    sign: float
    image_match: float
    equal: bool


def decode_only(data: bytes) -> object:
    """Decode a picture to an RGB array, as image-match does first."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def cpu_seconds(work: Callable[[bytes], object], data: bytes) -> float:
    """Return the CPU time of one call."""
    start = time.process_time()
    work(data)
    return time.process_time() - start


def measured(path: Path, peer: ImageMatch) -> Costs | None:
    """Measure one picture, the contenders in turn; None if one of them refuses it."""
    data = path.read_bytes()
    try:
        decode_only(data)
        levels = expand(sign_bytes(data).levels).tobytes()
    except (SignatureError, OSError):
        return None
    answers = [answer for _ in range(_PEER_ROUNDS) if (answer := peer.sign(path))]
    if not answers:
        return None
    rounds = [
        (cpu_seconds(decode_only, data), cpu_seconds(sign_bytes, data)) for _ in range(_ROUNDS)
    ]
    return Costs(
        min(decode for decode, _ in rounds),
        min(signed for _, signed in rounds),
        min(seconds for seconds, _ in answers),
        levels == answers[0][1],
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all contenders on every picture, and print the medians and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, default=_SAMPLE, help="a folder of pictures")
    folder = parser.parse_args(arguments).images
    with ImageMatch() as peer:
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        costs = [cost for path in files if (cost := measured(path, peer))]
    if not costs:
        parser.error(f"no picture below {folder}")
    result = {
        "benchmark": "sign",
        "images": len(costs),
        "decode_ms": 1000 * statistics.median(cost.decode for cost in costs),
        "sign_ms": 1000 * statistics.median(cost.sign for cost in costs),
        "image_match_ms": 1000 * statistics.median(cost.image_match for cost in costs),
        "sign_to_decode": statistics.median(cost.sign / cost.decode for cost in costs),
        "image_match_to_decode": statistics.median(c.image_match / c.decode for c in costs),
        "image_match_to_sign": statistics.median(c.image_match / c.sign for c in costs),
        "signatures_equal": sum(cost.equal for cost in costs),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
