"""What a user asks of a job: the command line, read into one frozen object."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from jobs.errors import UserError
from jobs.exporting import check_target
from jobs.loads.flags import add_index_flags, index_overrides
from jobs.run import Run
from jobs.sample import PICTURES, TRUTH, make_sample_corpus
from jobs.sample.truth import HEADER
from jobs.settings import BY_RATE, Settings, parse_assignment, read_settings
from jobs.sources import SOURCE_FORMATS, SourceError, read_manifest

_SAMPLE_STORE = "stores/sample"
_DEFAULT_STORE = "stores/default"
_SAMPLE_SEED = 1
_TRUTH_HEADER = ("\t".join(HEADER) + "\n").encode()

SETTINGS_TITLE = "settings (flags win over the profile)"

_BUILD_INDEX = """\
Sign every image of a source, find near-duplicate pairs, choose which image of each group to
keep, and write tables and a report.
"""

_EXIT_CODES = """\
exit codes: 0 done; 1 the job crashed; 2 a mistake in what was asked; 3 too many images failed;
4 another run committed to the store first; 5 committed, but the audit found recall too low;
6 the index is not complete, start again. Whatever the code, what readers of the store see is the
last committed run. All settings and their defaults: docs/settings.md.
"""

_WITHOUT_SOURCE = """
Without --source the job makes a sample corpus of free photographs and altered copies of them,
and says which it found.
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
    model: str | None = None
    explain_cost: bool = False
    recalibrate: bool = False


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
    given = _build_parser(job).parse_args(arguments)
    overrides = {"max_failure_rate": given.max_failure_rate, "keepers.protected": given.protected}
    overrides |= index_overrides(given)
    check_target(given.export_removable)
    if given.truth and not Path(given.truth).is_file():
        raise UserError(f"--truth {given.truth}: there is no such file")
    request = Request(
        source=given.source,
        source_format=given.source_format,
        store=given.store or (_DEFAULT_STORE if given.source else _SAMPLE_STORE),
        settings=settings_of(given, overrides),
        truth=given.truth or _truth_beside(given.source),
        export_removable=given.export_removable,
        project=project,
        model=given.model,
        explain_cost=given.explain_cost,
        recalibrate=given.recalibrate,
    )
    return with_sample(request)


def settings_of(given: argparse.Namespace, overrides: dict[str, Any]) -> Settings:
    """Return the settings of a command line.

    Parameters
    ----------
    given : argparse.Namespace
        With what `add_model_settings` adds.
    overrides : dict
        Of other flags: dotted names to values, None for a flag that was not given.

    Returns
    -------
    Settings
        Validated.

    Raises
    ------
    UserError
        If a setting cannot be used.
    """
    flags = {"cutoff": given.cutoff, "matching.rules": given.rules}
    assigned = dict(parse_assignment(text) for text in given.set)
    return read_settings(given.profile, {**flags, **overrides, **assigned})


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


def job_parser(job: str, description: str, epilog: str = _EXIT_CODES) -> argparse.ArgumentParser:
    """Return a parser that knows no flag yet.

    Parameters
    ----------
    job : str
        Name of the job, for the help.
    description : str
        What it does.
    epilog : str
        What follows the flags in the help.

    Returns
    -------
    argparse.ArgumentParser
        Without abbreviations.
    """
    return argparse.ArgumentParser(
        prog=f"./spark-submit.sh [spark-submit options] jobs/{job}.py",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _build_parser(job: str) -> argparse.ArgumentParser:
    parser = job_parser(job, _BUILD_INDEX, _EXIT_CODES + _WITHOUT_SOURCE)
    _add_places(parser)
    add_index_flags(parser)
    settings = parser.add_argument_group(SETTINGS_TITLE)
    add_model_settings(settings)
    _add_run_settings(settings)
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
        "--explain-cost",
        action="store_true",
        help="sign, then say what the search would cost, and stop; nothing is committed",
    )
    places.add_argument(
        "--truth",
        metavar="FILE",
        help="a TSV of file, original and transform: print what was found of each transform "
        "(default: truth.tsv in the source's folder, if there is one)",
    )


def _cutoff(text: str) -> float | str:
    """A distance; or a text that the settings know."""
    return text if text.startswith(BY_RATE) else float(text)


def add_model_settings(settings: argparse._ArgumentGroup) -> None:
    """Add the flags of settings that decide which pairs there are.

    Parameters
    ----------
    settings : argument group
        Of a parser.
    """
    settings.add_argument("--profile", metavar="FILE", help="a TOML file, such as those in conf/")
    settings.add_argument(
        "--cutoff",
        metavar="X",
        type=_cutoff,
        help="pairs are below this distance (default: 0.40); fdr:0.01 chooses the largest at which "
        "1 in 100 removed images is removed by mistake, at most",
    )
    settings.add_argument(
        "--rules",
        choices=("auto", "cells", "words", "cells,words", "exhaustive"),
        help="how pairs meet (default: auto: cells, or all with all in a small corpus)",
    )
    settings.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="any other setting, such as matching.nearest=16",
    )


def _add_run_settings(settings: argparse._ArgumentGroup) -> None:
    settings.add_argument(
        "--model", metavar="ID", help="a model in the store, such as jobs/fit_model.py makes"
    )
    settings.add_argument(
        "--recalibrate",
        action="store_true",
        help="with --cutoff fdr:...: choose again, where an earlier run of the store chose",
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
