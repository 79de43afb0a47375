"""Running a whole job inside the tests' Spark session, which saves its start."""

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

from jobs.application import Asked, Body
from jobs.build_index import build_index
from jobs.compact import compact as compact_store
from jobs.dedupe_report import dedupe_report
from jobs.night_request import parse_night_request
from jobs.progress import Progress
from jobs.refit import refit as refit_store
from jobs.request import Request
from jobs.run import Run
from jobs.settings import read_settings
from jobs.store_request import parse_compact_request, parse_refit_request
from store import Store
from tests.conftest import PROJECT


def build(
    spark: SparkSession,
    source: Path | str,
    store: Path,
    truth: Path | None = None,
    export: Path | None = None,
    model: str | None = None,
    **settings: object,
) -> Store:
    """Build an index and return its store, opened without Spark.

    Settings are dotted names with ``__`` for the dot: ``matching__rules="words"``. No sample is
    compared with all, which takes as long as all else in a small corpus, unless it is asked for.
    """
    settings = {"sample__calibrated": 0, "sample__audited": 0, **settings}
    request = Request(
        source=str(source),
        source_format="auto",
        store=str(store),
        settings=read_settings(None, {k.replace("__", "."): v for k, v in settings.items()}),
        truth=str(truth) if truth else None,
        export_removable=str(export) if export else None,
        project=PROJECT,
        model=model,
    )
    _run(spark, "build_index", build_index, request)
    return Store(str(store))


def content(table: pa.Table) -> list[tuple[Any, ...]]:
    """Return a table's rows in a fixed order, without what each run has of its own."""
    names = [name for name in table.column_names if name != "run_id"]
    rows = zip(*(table[name].to_pylist() for name in names), strict=True)
    return sorted(rows, key=repr)


def night(spark: SparkSession, source: Path | str, store: Path, **flags: object) -> list[str]:
    """Bring a store up to date with a source; the lines that the job prints.

    Flags are those of the job, ``new_only=True`` or ``set="cutoff=0.3"``.
    """
    words = ["--source", str(source), "--store", str(store)]
    for name, value in flags.items():
        words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    request = parse_night_request("dedupe_report", words, PROJECT)
    return _run(spark, "dedupe_report", dedupe_report, request)


def compact(spark: SparkSession, store: Path, retention_hours: int = 168) -> list[str]:
    """Make a store smaller; the lines that the job prints."""
    words = ["--store", str(store), "--retention-hours", str(retention_hours)]
    request = parse_compact_request("compact", words, PROJECT)
    return _run(spark, "compact", compact_store, request)


def refit(spark: SparkSession, store: Path) -> list[str]:
    """Give a store another model, without samples; the lines that the job prints."""
    quick = ("sample.calibrated=0", "sample.audited=0")
    words = ["--store", str(store), *(w for name in quick for w in ("--set", name))]
    return _run(spark, "refit", refit_store, parse_refit_request("refit", words, PROJECT))


def _run(spark: SparkSession, job: str, body: Body[Asked], request: Asked) -> list[str]:
    with Progress(lambda: (0, 0), io.StringIO()) as progress:
        run = Run(spark, job, request.store, request.settings, progress)
        try:
            return body(run, request)
        finally:
            run.clean_up()
