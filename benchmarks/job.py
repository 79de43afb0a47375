"""The signing stage of the whole job beside two plain processes that sign the same files.

``python benchmarks/job.py --images DIR --files 20000`` repeats the pictures below a folder under
new names and at other qualities, until there are so many. Then two Python processes decode and
sign all files, half each, without Spark; the job does it with ``local[2]``, child processes and
all; and the two processes do it again, because machines change their speed. Times are by the
clock; those of the plain processes begin when both have imported and compiled everything, those
of the job hold all that its stage `signing` takes. Prints one JSON object as its last line.
"""

import argparse
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import count, islice
from multiprocessing.synchronize import Barrier
from pathlib import Path

from PIL import Image

_PROJECT = Path(__file__).resolve().parent.parent
sys.path[0] = str(_PROJECT)  # also when run as a file

from benchmarks.processes import PeakMemory  # noqa: E402
from signature import sign_bytes  # noqa: E402
from store import Store  # noqa: E402

_SAMPLE = _PROJECT / "sample" / "photos"
_PROCESSES = 2
_QUALITIES = (70, 75, 80, 85, 90, 95)
_FILES_A_FOLDER = 1_000

_WORKER_START = """
import time
import pandas, pyarrow
from signature import SignatureParameters
from udfs.answers import warm_up
import udfs.signing
warm_up(SignatureParameters())
print(time.process_time())
"""


def make_corpus(originals: Path, target: Path, files: int) -> None:
    """Write the pictures of a folder again and again, each time at another quality."""
    pictures = [path for path in sorted(originals.rglob("*")) if path.suffix in {".jpg", ".jpeg"}]
    rounds = ((path, repeat) for repeat in count() for path in pictures)
    for number, (path, repeat) in enumerate(islice(rounds, files)):
        folder = target / f"{number // _FILES_A_FOLDER:04}"
        folder.mkdir(parents=True, exist_ok=True)
        quality = _QUALITIES[repeat % len(_QUALITIES)]
        with Image.open(path) as picture:
            picture.convert("RGB").save(folder / f"{path.stem}_{number}.jpg", quality=quality)


def sign_files(paths: Sequence[Path], ready: Barrier) -> None:
    """Sign files in this process, from the moment on at which the others are ready too."""
    sign_bytes(paths[0].read_bytes())
    ready.wait()
    for path in paths:
        sign_bytes(path.read_bytes())
    ready.wait()


def plain_seconds(paths: Sequence[Path]) -> float:
    """Return how long the plain processes take for all files."""
    fresh = multiprocessing.get_context("spawn")
    ready = fresh.Barrier(_PROCESSES + 1)
    processes = [
        fresh.Process(target=sign_files, args=(paths[part::_PROCESSES], ready))
        for part in range(_PROCESSES)
    ]
    for process in processes:
        process.start()
    ready.wait()
    start = time.perf_counter()
    ready.wait()
    seconds = time.perf_counter() - start
    for process in processes:
        process.join()
    return seconds


def job_seconds(corpus: Path, store: Path) -> float:
    """Return how long the stage `signing` of a whole job takes."""
    command = [
        *("./spark-submit.sh", "--master", f"local[{_PROCESSES}]", "jobs/build_index.py"),
        *("--source", str(corpus), "--store", str(store)),
    ]
    subprocess.run(command, cwd=_PROJECT, check=True, stdout=sys.stderr)
    return Store(str(store)).run().timings["signing"]


def worker_start_seconds() -> float:
    """Return the CPU time that a Python worker pays once, with compiled code on disk."""
    times = []
    for _ in range(3):
        ended = subprocess.run(
            [sys.executable, "-c", _WORKER_START],
            cwd=_PROJECT,
            check=True,
            capture_output=True,
            text=True,
        )
        times.append(float(ended.stdout))
    return statistics.median(times)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both on the same files, and print their throughputs and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, default=_SAMPLE, help="a folder of JPEG pictures")
    parser.add_argument("--files", type=int, default=20_000, help="how many to make of them")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        corpus, store = Path(folder, "corpus"), Path(folder, "store")
        make_corpus(options.images, corpus, options.files)
        paths = sorted(corpus.rglob("*.jpg"))
        before = plain_seconds(paths)
        with PeakMemory() as peak:
            job = job_seconds(corpus, store)
        after = plain_seconds(paths)
    plain = (before + after) / 2
    result = {
        "benchmark": "job",
        "files": len(paths),
        "plain_images_per_s": len(paths) / plain,
        "plain_seconds": [before, after],
        "job_images_per_s": len(paths) / job,
        "job_to_plain": plain / job,
        "worker_start_cpu_s": worker_start_seconds(),
        "worker_peak_mb": peak.worker / 1e6,
        "child_peak_mb": peak.child / 1e6,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
