"""What a user asks of a job: the command line, read into one frozen object."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyspark.sql import DataFrame

from jobs.errors import UserError
from jobs.exporting import check_target
from jobs.run import Run
from jobs.sample import PICTURES, TRUTH, make_sample_corpus
from jobs.sample.truth import HEADER
from jobs.settings import Settings, parse_assignment, read_settings
from jobs.sources import SOURCE_FORMATS, SourceError, read_manifest

_SAMPLE_STORE = "stores/sample"
_DEFAULT_STORE = "stores/default"
_SAMPLE_SEED = 1
_TRUTH_HEADER = ("\t".join(HEADER) + "\n").encode()

_EPILOG = """\
exit codes: 0 done; 1 the job crashed; 2 a mistake in what was asked; 3 too many images failed;
4 another run committed to the store first. Whatever the code, what readers of the store see is
the last committed run.

Without --source the job makes a sample corpus of free photographs and altered copies of them,
and says which it found. All settings and their defaults: docs/settings.md.
"""


@dataclass(frozen=True)
class Request:
    """One wish, checked as far as can be without Spark."""

    source: str | None
    source_format: str
    store: str
    settings: Settings
    truth: str | None
    export_removable: str | None
    project: Path


def parse_request(job: str, arguments: Sequence[str] | None, project: Path) -> Request:
    """Read the command line of a job that takes a source and a store.

    Parameters
    ----------
    job : str
        Name of the job, for the help.
    arguments : sequence of str or None
        Words after the job file; None for those of the process.
    project : Path
        The folder that holds the sample's photographs.

    Returns
    -------
    Request
        With validated settings. ``--help`` and unknown flags end the process, with 0 and 2.

    Raises
    ------
    UserError
        If a setting or path cannot be used.
    """
    given = _parser(job).parse_args(arguments)
    overrides = {
        "cutoff": given.cutoff,
        "max_failure_rate": given.max_failure_rate,
        "matching.rules": given.rules,
        "keepers.protected": given.protected,
        **dict(parse_assignment(text) for text in given.set),
    }
    check_target(given.export_removable)
    if given.truth and not Path(given.truth).is_file():
        raise UserError(f"--truth {given.truth}: there is no such file")
    return Request(
        source=given.source,
        source_format=given.source_format,
        store=given.store or (_DEFAULT_STORE if given.source else _SAMPLE_STORE),
        settings=read_settings(given.profile, overrides),
        truth=given.truth or _truth_beside(given.source),
        export_removable=given.export_removable,
        project=project,
    )


def read_corpus(run: Run, request: Request) -> DataFrame:
    """Return the manifest of the source that was asked for.

    Parameters
    ----------
    run : Run
        The run at work.
    request : Request
        What the user asked for.

    Returns
    -------
    DataFrame
        What `jobs.sources.read_manifest` returns.

    Raises
    ------
    UserError
        If there is no such source, or it is not what it was said to be.
    """
    try:
        return read_manifest(run.spark, request.source or "", request.source_format)
    except SourceError as error:
        raise UserError(f"--source {request.source}: {error}") from error


def with_sample(request: Request) -> Request:
    """Return the request with the sample corpus for a source, if it has none.

    The sample is made beside the store, once; its truth comes with it.

    Parameters
    ----------
    request : Request
        What the user asked.

    Returns
    -------
    Request
        The same one if it has a source.

    Raises
    ------
    UserError
        If the sample corpus cannot be made.
    """
    if request.source is not None:
        return request
    pictures = Path(f"{request.store.rstrip('/')}-corpus")
    try:
        made = make_sample_corpus(request.project / "sample" / "photos", pictures, _SAMPLE_SEED)
    except (SourceError, OSError) as error:
        raise UserError(f"the sample corpus cannot be made: {error}") from error
    return replace(request, source=str(made / PICTURES), truth=str(made / TRUTH))


def _truth_beside(source: str | None) -> str | None:
    """The truth table that a made corpus keeps in its folder, if this is one."""
    if source is None:
        return None
    table = Path(source) / TRUTH
    if not table.is_file():
        return None
    with table.open("rb") as file:
        return str(table) if file.readline() == _TRUTH_HEADER else None


def _parser(job: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"./spark-submit.sh [spark-submit options] jobs/{job}.py",
        description="Sign every image of a source, find near-duplicate pairs, choose which image "
        "of each group to keep, and write tables and a report.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_places(parser)
    _add_settings(parser)
    return parser


def _add_places(parser: argparse.ArgumentParser) -> None:
    places = parser.add_argument_group("what to read and write")
    places.add_argument(
        "--source",
        metavar="S",
        help="a folder of images, a glob, one image, or a manifest (Parquet, CSV or JSON lines "
        "with a column path)",
    )
    places.add_argument(
        "--source-format", choices=("auto", *SOURCE_FORMATS), default="auto", help="default: auto"
    )
    places.add_argument(
        "--store",
        metavar="DIR",
        help=f"the store's folder (default: {_DEFAULT_STORE}, or {_SAMPLE_STORE} for the sample)",
    )
    places.add_argument(
        "--export-removable",
        metavar="FILE",
        help="write a CSV of removable files beside their keepers; nothing is ever deleted",
    )
    places.add_argument(
        "--truth",
        metavar="FILE",
        help="a TSV of file, original and transform: print what was found of each transform "
        "(default: truth.tsv in the source's folder, if there is one)",
    )


def _add_settings(parser: argparse.ArgumentParser) -> None:
    settings = parser.add_argument_group("settings (flags win over the profile)")
    settings.add_argument("--profile", metavar="FILE", help="a TOML file, such as those in conf/")
    settings.add_argument(
        "--cutoff", metavar="X", type=float, help="pairs are below this distance (default: 0.40)"
    )
    settings.add_argument(
        "--rules",
        choices=("auto", "words", "exhaustive"),
        help="how pairs meet (default: auto, which compares all of a small corpus)",
    )
    settings.add_argument(
        "--protected",
        metavar="PATH",
        action="append",
        help="keep images below this folder before all others; may be given more than once",
    )
    settings.add_argument(
        "--max-failure-rate",
        metavar="X",
        type=float,
        help="share of failed images above which nothing is committed (default: 0.25)",
    )
    settings.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="any other setting, such as matching.max_document_frequency=200",
    )
