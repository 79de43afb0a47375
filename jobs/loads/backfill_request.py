"""The command line of ``backfill``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from jobs.errors import UserError
from jobs.loads.flags import add_index_flags, index_overrides
from jobs.loads.target import check_name
from jobs.request import Request
from jobs.settings import parse_assignment, read_settings
from jobs.sources import SOURCE_FORMATS

_DESCRIPTION = """\
Load all signed images of a store into a fresh Elasticsearch index NAME-v<n>, chunk by chunk, and
then let the alias NAME mean it. With --source, sign a manifest into an empty store first. A
start after a crash goes on with what is left.
"""

_EXIT_CODES = """\
exit codes: 0 done; 1 the job crashed; 2 a mistake in what was asked; 3 too many images failed;
4 another job works on the store; 6 the index is not complete, start again. Whatever the code,
until the swap the alias means what it meant. docs/elasticsearch.md says more.
"""


def parse_backfill_request(job: str, arguments: Sequence[str] | None, project: Path) -> Request:
    """Read the command line of ``backfill``.

    Parameters
    ----------
    job : str
        Its name, for the help.
    arguments : sequence of str or None
        Words after the job file; None for those of the process.
    project : Path
        The project's folder.

    Returns
    -------
    Request
        ``explain_cost`` stands for ``--dry-run``.

    Raises
    ------
    UserError
        If a flag or setting cannot be used.
    """
    given = _parser(job).parse_args(arguments)
    if not given.elasticsearch or not given.index:
        raise UserError("--elasticsearch URL and --index NAME say where to load")
    check_name(given.index)
    flags = {
        "max_failure_rate": given.max_failure_rate,
        "backfill.remove_old": True if given.remove_old else None,
        "backfill.chunk_documents": given.chunk_documents,
        "backfill.merge_segments": given.merge_segments,
    }
    assigned = dict(parse_assignment(text) for text in given.set)
    return Request(
        source=given.source,
        source_format=given.source_format,
        store=given.store,
        settings=read_settings(given.profile, {**flags, **index_overrides(given), **assigned}),
        truth=None,
        export_removable=None,
        project=project,
        explain_cost=given.dry_run,
    )


def _parser(job: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"./spark-submit.sh [spark-submit options] jobs/{job}.py",
        description=_DESCRIPTION,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--store", metavar="DIR", required=True, help="the store's folder")
    parser.add_argument(
        "--source", metavar="S", help="a folder, glob or manifest to sign into an empty store first"
    )
    parser.add_argument(
        "--source-format", choices=("auto", *SOURCE_FORMATS), default="auto", help="default: auto"
    )
    add_index_flags(parser)
    _add_wishes(parser)
    settings = parser.add_argument_group("settings (flags win over the profile)")
    settings.add_argument("--profile", metavar="FILE", help="a TOML file, such as those in conf/")
    settings.add_argument(
        "--max-failure-rate", metavar="X", type=float, help="share of images that may fail"
    )
    settings.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="any other setting, such as elasticsearch.profile=lean",
    )
    return parser


def _add_wishes(parser: argparse.ArgumentParser) -> None:
    wishes = parser.add_argument_group("how")
    wishes.add_argument(
        "--chunk-documents", metavar="N", type=int, help="documents of a chunk (default: 1000000)"
    )
    wishes.add_argument(
        "--merge-segments", metavar="N", type=int, help="merge each shard into so many at the end"
    )
    old = wishes.add_mutually_exclusive_group()
    old.add_argument(
        "--keep-old", action="store_true", help="keep the index that the alias meant (default)"
    )
    old.add_argument(
        "--remove-old", action="store_true", help="delete the index that the alias meant"
    )
    wishes.add_argument(
        "--dry-run",
        action="store_true",
        help="print the plan, with an estimate from a sample, and stop",
    )
