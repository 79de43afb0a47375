"""What a user asks of the jobs that work on what a store holds: their command lines."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jobs.request import SETTINGS_TITLE, Request, add_model_settings, job_parser, settings_of
from jobs.settings import read_settings

_FIT_MODEL = """\
Fit a blocking model to the signatures of a store, and write its files into the store, for
build_index.py --model ID. Nothing else changes.
"""

_REFIT = """\
Fit a model to what a store holds, find all pairs anew under it, and choose keepers, in one commit.
Nothing is fetched or decoded.
"""

_CALIBRATE = """\
Estimate which share of the removed images of a store is removed by mistake, at each cutoff, and
how many pairs are false. Writes a report and a plot into the store. Nothing else changes.
"""

_COMPACT = """\
Rewrite the tables of a store in few files, without what no image needs, and delete the files of
runs that are no longer kept. Readers may go on reading. What the tables say stays the same.
"""

_RETENTION_HOURS = 168
_MOST_HOURS = 720
"""For 30 days Delta keeps a table's log, without which an old version cannot be read."""


@dataclass(frozen=True)
class CompactRequest(Request):
    """One wish for a compaction."""

    retention_hours: int = _RETENTION_HOURS


def parse_store_request(job: str, arguments: Sequence[str] | None, project: Path) -> Request:
    """Read the command line of a job that works on what a store holds.

    Parameters
    ----------
    job : str
        Name of the job, for the help.
    arguments : sequence of str or None
        Words after the job file; None for those of the process.
    project : Path
        The project's folder.

    Returns
    -------
    Request
        Without a source.

    Raises
    ------
    UserError
        If a setting cannot be used.
    """
    given = _store_parser(job, _FIT_MODEL).parse_args(arguments)
    return _store_request(given, project, {})


def parse_refit_request(job: str, arguments: Sequence[str] | None, project: Path) -> Request:
    """Read the command line of the job that gives a store another model.

    Parameters
    ----------
    job : str
        Name of the job, for the help.
    arguments : sequence of str or None
        Words after the job file; None for those of the process.
    project : Path
        The project's folder.

    Returns
    -------
    Request
        Without a source.

    Raises
    ------
    UserError
        If a setting cannot be used.
    """
    parser = _store_parser(job, _REFIT)
    parser.add_argument("--model", metavar="ID", help="one that jobs/fit_model.py made")
    given = parser.parse_args(arguments)
    return replace(_store_request(given, project, {}), model=given.model)


def parse_calibrate_request(job: str, arguments: Sequence[str] | None, project: Path) -> Request:
    """Read the command line of the job that calibrates on what a store holds.

    Parameters
    ----------
    job : str
        Name of the job, for the help.
    arguments : sequence of str or None
        Words after the job file; None for those of the process.
    project : Path
        The project's folder.

    Returns
    -------
    Request
        Without a source.

    Raises
    ------
    UserError
        If a setting cannot be used.
    """
    parser = _store_parser(job, _CALIBRATE)
    parser.add_argument(
        "--sample",
        metavar="N",
        type=int,
        help="so many images are compared with all (default: 5,000)",
    )
    given = parser.parse_args(arguments)
    request = _store_request(given, project, {"sample.calibrated": given.sample})
    return replace(request, recalibrate=True)


def parse_compact_request(
    job: str, arguments: Sequence[str] | None, project: Path
) -> CompactRequest:
    """Read the command line of the job that makes a store smaller.

    Parameters
    ----------
    job : str
        Name of the job, for the help.
    arguments : sequence of str or None
        Words after the job file; None for those of the process.
    project : Path
        The project's folder.

    Returns
    -------
    CompactRequest
        Without a source.
    """
    parser = job_parser(job, _COMPACT)
    parser.add_argument("--store", metavar="DIR", required=True, help="the store's folder")
    parser.add_argument(
        "--retention-hours",
        metavar="N",
        type=_hours,
        default=_RETENTION_HOURS,
        help="a run stays readable for so long after the next one was committed, and no younger "
        f"file is deleted (0 to {_MOST_HOURS}, default: {_RETENTION_HOURS}); let it be longer than "
        "any job or reader takes",
    )
    given = parser.parse_args(arguments)
    return CompactRequest(
        source=None,
        source_format="auto",
        store=given.store,
        settings=read_settings(None, {}),
        truth=None,
        export_removable=None,
        project=project,
        retention_hours=given.retention_hours,
    )


def _hours(text: str) -> int:
    if text.isdecimal() and int(text) <= _MOST_HOURS:
        return int(text)
    raise argparse.ArgumentTypeError(f"0 to {_MOST_HOURS} whole hours, not {text!r}")


def _store_parser(job: str, description: str) -> argparse.ArgumentParser:
    parser = job_parser(job, description)
    parser.add_argument("--store", metavar="DIR", required=True, help="the store's folder")
    add_model_settings(parser.add_argument_group(SETTINGS_TITLE))
    return parser


def _store_request(given: argparse.Namespace, project: Path, overrides: dict[str, Any]) -> Request:
    return Request(
        source=None,
        source_format="auto",
        store=given.store,
        settings=settings_of(given, overrides),
        truth=None,
        export_removable=None,
        project=project,
    )
