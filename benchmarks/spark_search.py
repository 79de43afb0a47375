"""The real job's search, from signatures to pairs, on two cores of this machine."""

import io
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from benchmarks.blocks import Rows
from benchmarks.extended_rows import Levels
from benchmarks.processes import PeakMemory, cpu_seconds
from jobs.model import Distinct
from jobs.progress import Progress
from jobs.run import Run
from jobs.searching import plan_pairs, search_pairs
from jobs.settings import read_settings
from matching import Model, signature_ids
from signature import signature_version
from udfs.arrow import binary_column
from udfs.rows import Ids

_PROJECT = Path(__file__).resolve().parent.parent
_FILES = 8
_STAGES = {
    "fit": "fitting the model",
    "assign": "finding cells",
    "plan": "planning the search",
    "compare": "finding pairs",
}


@dataclass(frozen=True)
class Searched:
    """What a search found, and what it took.

    Attributes
    ----------
    a, b : (p,) int32
        Rows of the two signatures of each pair, ``a < b``.
    counts : dict of str to int
        The run's.
    seconds : dict of str to float
        Wall time of ``fit``, ``assign``, ``plan`` and ``compare``.
    core_seconds : float
        Processor time of all processes together.
    peak_worker_bytes : int
        The most memory that a Python worker took.
    model : Model
        What it searched with.
    """

    a: Rows
    b: Rows
    counts: dict[str, int]
    seconds: dict[str, float]
    core_seconds: float
    peak_worker_bytes: int
    model: Model


@contextmanager
def session() -> Iterator[SparkSession]:
    """Open a session of two cores, as the door configures it.

    Yields
    ------
    SparkSession
        Stopped at the end.
    """
    os.environ.update(_environment())
    spark = SparkSession.builder.master("local[2]").appName("benchmark").getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


def search(spark: SparkSession, levels: Levels, settings: Mapping[str, Any]) -> Searched:
    """Search through the stages of the job, in an empty store.

    Parameters
    ----------
    spark : SparkSession
        What `session` gives.
    levels : (n, 272) int8
        Distinct signatures.
    settings : mapping
        Dotted names to values; what is not there has its default.

    Returns
    -------
    Searched
        Making ids and files of the signatures is not timed.
    """
    version = signature_version()
    with tempfile.TemporaryDirectory() as folder, Progress(lambda: (0, 0), io.StringIO()) as shown:
        rows, ids = write_signatures(spark, levels, Path(folder, "signatures"))
        run = Run(spark, "benchmark", f"{folder}/store", read_settings(None, settings), shown)
        rows = run.write("signatures", rows)  # a job does so; it starts what writes tables
        before = cpu_seconds()
        with PeakMemory() as peak:
            planned = plan_pairs(run, Distinct(rows, len(levels), version))
            search_pairs(run, planned)
        spent = cpu_seconds() - before
        a, b = rows_of_pairs(ids, Path(folder, "store", "pairs"))
        seconds = {name: run.timings[stage] for name, stage in _STAGES.items()}
        return Searched(a, b, run.counts, seconds, spent, peak.worker, planned.model)


def timed_search(levels: Levels, settings: Mapping[str, Any]) -> tuple[Searched, float]:
    """Search in a session of its own.

    Parameters
    ----------
    levels : (n, 272) int8
        Distinct signatures.
    settings : mapping
        See `search`.

    Returns
    -------
    tuple of Searched and float
        Seconds by the clock, Spark's start included.
    """
    start = time.perf_counter()
    with session() as spark:
        started = time.perf_counter() - start
        found = search(spark, levels, settings)
    return found, started + sum(found.seconds.values())


def write_signatures(spark: SparkSession, levels: Levels, folder: Path) -> tuple[DataFrame, Ids]:
    """Write signatures as a few files, as a store has them.

    Parameters
    ----------
    spark : SparkSession
        What `session` gives.
    levels : (n, 272) int8
        Distinct signatures.
    folder : Path
        Is made.

    Returns
    -------
    tuple of DataFrame and (n, 16) uint8
        ``signature_id`` and ``signature``, and the ids in the order of the levels.
    """
    ids = np.frombuffer(b"".join(signature_ids(levels, signature_version())), np.uint8)
    ids = ids.reshape(-1, 16)
    folder.mkdir()
    columns = [binary_column(ids), binary_column(np.ascontiguousarray(levels).view(np.uint8))]
    table = pa.Table.from_arrays(columns, ["signature_id", "signature"])
    step = -(-len(levels) // _FILES)
    for number in range(_FILES):
        pq.write_table(table.slice(number * step, step), folder / f"{number}.parquet")
    return spark.read.parquet(str(folder)), ids


def rows_of_pairs(ids: Ids, pairs: Path) -> tuple[Rows, Rows]:
    """Find the rows of the ends of pairs, by the first half of their ids.

    Parameters
    ----------
    ids : (n, 16) uint8
        Of all signatures.
    pairs : Path
        A table of pairs, with one version.

    Returns
    -------
    tuple of (p,) int32 and (p,) int32
        The smaller row first.
    """
    known = ids[:, :8].copy().view(">u8").ravel()
    order = np.argsort(known)
    if np.any(np.diff(known[order]) == 0):
        raise ValueError("two ids begin alike")
    ends = []
    table = pq.read_table(pairs, columns=["signature_id_a", "signature_id_b"])
    for column in table.columns:
        heads = np.frombuffer(b"".join(v[:8] for v in column.to_pylist()), ">u8")
        ends.append(order[np.searchsorted(known[order], heads)].astype(np.int32))
    return np.minimum(*ends), np.maximum(*ends)


def _environment() -> dict[str, str]:
    script = 'eval "$(./spark-submit.sh --print-env)" && env -0'
    printed = subprocess.run(
        ["bash", "-c", script], cwd=_PROJECT, check=True, capture_output=True, text=True
    ).stdout
    return dict(entry.split("=", 1) for entry in printed.split("\0") if "=" in entry)
