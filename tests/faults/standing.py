"""A driver that stands by: it runs one job after another, so that only the first starts a JVM.

Started by the door, with the path of a named pipe: spark-submit keeps standard input from a script.
A line of it is a job's name and its words, as JSON. Each job runs as its file runs it, from the
command line to the exit code, in a Spark application of its own.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from jobs.application import run_job
from jobs.build_index import build_index
from jobs.compact import compact
from jobs.dedupe_report import dedupe_report
from jobs.night_request import parse_night_request
from jobs.refit import refit
from jobs.request import parse_request
from jobs.store_request import parse_compact_request, parse_refit_request

ENDED = "ended with"

_PROJECT = Path(__file__).resolve().parents[2]

_RUN: Mapping[str, Callable[[Sequence[str]], int]] = {
    "build_index": partial(run_job, "build_index", build_index, _PROJECT, parse_request),
    "dedupe_report": partial(
        run_job, "dedupe_report", dedupe_report, _PROJECT, parse_night_request
    ),
    "compact": partial(run_job, "compact", compact, _PROJECT, parse_compact_request),
    "refit": partial(run_job, "refit", refit, _PROJECT, parse_refit_request),
}

if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8") as orders:
        for line in orders:
            job, *words = json.loads(line)
            print(ENDED, _RUN[job](words), flush=True)
