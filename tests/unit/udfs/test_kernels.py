"""What is compiled ahead is all that the stages run."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]

Take = Callable[[Path], object]

# What executors do, on more than `udfs.kernels` runs: several kinds of pictures, batches cut
# anywhere, empty ones, all rules together, groups that meet each other, capped buckets, crowds.
STAGES = """
import io, sys
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from sandbox import Limits
from signature import DecodePolicy, SignatureParameters, signature_version
from tests.unit.matching.examples import signatures
from matching.buckets import BucketLimits
from tests.unit.udfs.buckets import all_plans, assigned_rows, compared, cut, fitted, ids_of
from tests.unit.udfs.buckets import in_order, keyed_rows, model_of, with_hot_words
from udfs.counting import EveryKey, key_counter, key_members, keyless_counter
from udfs.keepers import remove_greedily
from udfs.signing import SigningTask, signer

folder = Path(sys.argv[1])
noise = np.random.default_rng(1).integers(0, 256, (60, 80, 4), np.uint8)
colours = Image.fromarray(noise[:, :, :3])
exif = Image.Exif()
exif[0x0112] = 6
pictures = {
    "colours.png": colours,
    "colours.jpeg": colours,
    "grey.png": colours.convert("L"),
    "bits.png": colours.convert("1"),
    "palette.png": colours.convert("P"),
    "clear.png": Image.fromarray(noise),
    "ink.jpeg": colours.convert("CMYK"),
    "flat.png": Image.new("RGB", (50, 40)),
    "dot.png": Image.new("RGB", (1, 1)),
    "deep.png": Image.fromarray(noise[:, :, 0].astype(np.uint16) * 257),
    "pieces.bmp": colours.resize((3100, 1400), Image.Resampling.NEAREST),
    "grey pieces.bmp": colours.convert("L").resize((4500, 3800), Image.Resampling.NEAREST),
}
for name, picture in pictures.items():
    picture.save(folder / name)
colours.save(folder / "turned.jpeg", exif=exif)
names = [*pictures, "turned.jpeg", "missing.png"]
parameters, policy = SignatureParameters(), DecodePolicy()
version = signature_version(parameters, policy)
task = SigningTask(parameters, policy, version, 50_000_000, Limits())
rows = [{"image_id": name, "path": str(folder / name), "metadata": None} for name in names]
given = signer(task, lambda number: None)(iter([pa.RecordBatch.from_pylist(rows)]))
states = [row["status"] for batch in given for row in batch.to_pylist()]
assert sorted(states) == ["failed"] + ["signed"] * 11 + ["skipped"] * 2, list(zip(names, states))

levels = signatures(70)
ids = ids_of(levels)
found = dropped = 0
one_level = fitted(model_of("cells", probes=9), levels)
for model in (
    one_level,
    fitted(model_of("cells"), levels),
    model_of("words"),
    with_hot_words(fitted(model_of("cells", "words", max_pairs_per_image=1), levels), levels, 4),
    model_of("exhaustive"),
    model_of("exhaustive", max_pairs_per_image=2, cutoff=0.7),
):
    rows = assigned_rows(levels, ids, model)
    batches = [rows.slice(5, 1), rows.slice(0, 0), rows]
    for stage in (key_counter(model, EveryKey(1)), key_members(model, EveryKey(2))):
        list(stage(iter(batches)))
    list(keyless_counter(model)(iter(batches)))
    for limits in (BucketLimits(10**9, 10**9), BucketLimits(9, 60)):
        plans = all_plans(rows, model, limits)
        joined = in_order(keyed_rows([rows], model, plans))
        done = compared(cut(joined, [0, 3, 3, 50]), model, plans)
        found, dropped = found + len(done.pairs), dropped + done.dropped
assert found > 100
assert dropped > 100
edges = pa.RecordBatch.from_pydict({"better": list("aab"), "worse": list("bcd")})
edges = edges.cast(pa.schema([("better", pa.binary()), ("worse", pa.binary())]))
(removed,) = remove_greedily(iter([edges.slice(0, 1), edges.slice(1)]))
assert removed["signature_id"].to_pylist() == [b"b", b"c"]
"""


def _run(folder: Path, *command: str | Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "NUMBA_CACHE_DIR": str(folder)}
    ended = subprocess.run(
        [sys.executable, "-P", *map(str, command)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.fixture
def unchanged(machine_code: Path, snapshot: Take) -> Callable[..., None]:
    """Run something, and see that it compiles nothing."""

    def check(*command: str | Path) -> None:
        before = snapshot(machine_code)
        assert before
        _run(machine_code, *command)
        assert snapshot(machine_code) == before

    return check


def test_every_compiled_function_of_the_stages_is_compiled(machine_code: Path) -> None:
    kernels = {file.name.partition("-")[0] for file in machine_code.glob("*/*.nbc")}
    assert kernels >= {
        "alpha._over_ground", "cells._take_best", "crop._variation", "greedy.greedy_removals",
        "grey._of_colour", "grey._of_grey", "grey._of_padded", "grid._means", "grid._spaced",
        "kernel._decide", "levels._differences", "levels._numbered", "levels._outside",
        "meeting._meet", "packing._pack", "packing._unpack",
        "percentile.sorted_percentiles", "words._words",
    }  # fmt: skip


def test_the_second_time_nothing_is_compiled(unchanged: Callable[..., None]) -> None:
    unchanged("-m", "udfs.kernels")


def test_the_stages_need_no_more(unchanged: Callable[..., None], tmp_path: Path) -> None:
    program = tmp_path / "stages.py"
    program.write_text(STAGES)
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    unchanged(program, pictures)
