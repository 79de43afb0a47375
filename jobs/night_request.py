"""What a user asks of an increment: the command line of ``jobs/dedupe_report.py``."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.errors import UserError
from jobs.exporting import check_target
from jobs.loads.flags import add_index_flags, index_overrides
from jobs.request import Request, job_parser
from jobs.settings import parse_assignment, read_settings
from jobs.sources import SOURCE_FORMATS

_DEDUPE_REPORT = """\
Compare a source with what a store holds: sign what is new or changed, find its near-duplicates
among all images, and report what changed since the run before. Model and cutoff are the store's.
"""

_NO_SAMPLE = {"sample.calibrated": 0, "sample.audited": 0}
"""An increment that compared a sample with all would take longer than the increment."""

_STABILITY = ("off", "on")


@dataclass(frozen=True)
class NightRequest(Request):
    """One wish for an increment, checked as far as can be without Spark."""

    new_only: bool = False
    contents: bool = False
    forget: str | None = None
    decisions: str | None = None
    stable: bool = False
    within: str | None = None
    against: str | None = None


def parse_night_request(job: str, arguments: Sequence[str] | None, project: Path) -> NightRequest:
    """Read the command line of the job that adds to a store.

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
    NightRequest
        With validated settings. ``--help`` and unknown flags end the process, with 0 and 2.

    Raises
    ------
    UserError
        If a setting or path cannot be used.
    """
    given = _parser(job).parse_args(arguments)
    check_target(given.export_removable)
    _check_file("--forget", given.forget)
    _check_file("--decisions", given.decisions)
    overrides = {"max_failure_rate": given.max_failure_rate, "keepers.protected": given.protected}
    overrides |= index_overrides(given)
    sample = {} if given.audit else _NO_SAMPLE
    assigned = dict(parse_assignment(text) for text in given.set)
    return NightRequest(
        source=given.source,
        source_format=given.source_format,
        store=given.store,
        settings=read_settings(given.profile, {**sample, **overrides, **assigned}),
        truth=None,
        export_removable=given.export_removable,
        project=project,
        new_only=given.new_only,
        contents=given.compare_contents,
        forget=given.forget,
        decisions=given.decisions,
        stable=given.keeper_stability == "on",
        within=given.within,
        against=given.against,
    )


def _check_file(flag: str, path: str | None) -> None:
    if path is not None and not Path(path).is_file():
        raise UserError(f"{flag} {path}: there is no such file")


def _parser(job: str) -> argparse.ArgumentParser:
    parser = job_parser(job, _DEDUPE_REPORT)
    _add_places(parser.add_argument_group("what to read and write"))
    _add_choices(parser.add_argument_group("what to do"))
    add_index_flags(parser)
    settings = parser.add_argument_group("settings (flags win over the profile)")
    settings.add_argument("--profile", metavar="FILE", help="the one that the store was built with")
    settings.add_argument("--set", metavar="NAME=VALUE", action="append", default=[])
    settings.add_argument("--protected", metavar="PATH", action="append")
    settings.add_argument("--max-failure-rate", metavar="X", type=float)
    return parser


def _add_places(places: argparse._ArgumentGroup) -> None:
    places.add_argument(
        "--source", metavar="S", required=True, help="as for build_index.py: the whole of it"
    )
    places.add_argument(
        "--source-format", choices=("auto", *SOURCE_FORMATS), default="auto", help="default: auto"
    )
    places.add_argument("--store", metavar="DIR", required=True, help="the store's folder")
    places.add_argument("--export-removable", metavar="FILE", help="write a CSV of removable files")


def _add_choices(choices: argparse._ArgumentGroup) -> None:
    choices.add_argument(
        "--new-only",
        action="store_true",
        help="the source lists new and changed images only: what it does not list stays",
    )
    choices.add_argument(
        "--compare-contents",
        action="store_true",
        help="read every file and compare its hash, not its size and time",
    )
    choices.add_argument(
        "--forget",
        metavar="FILE",
        help="ids of images, one a line, that leave the store now and are not let in again",
    )
    choices.add_argument(
        "--decisions",
        metavar="FILE",
        help="what people decided (Parquet or CSV: decision, image_id, other_image_id, source); "
        "takes the place of decisions before, and later runs honour it",
    )
    choices.add_argument(
        "--keeper-stability",
        choices=_STABILITY,
        default="off",
        help="on: who was kept stays, unless something protected or clearly better came",
    )
    choices.add_argument(
        "--within",
        metavar="COLUMN",
        help="groups hold images of one value of this metadata only, such as a seller",
    )
    choices.add_argument(
        "--against",
        metavar="STORE",
        help="list what is near an image of another store, too: leaks between two data sets",
    )
    choices.add_argument(
        "--audit", action="store_true", help="compare a sample with all, as build_index.py does"
    )
