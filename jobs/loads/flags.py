"""The flags of all jobs that load an index."""

import argparse

from jobs.errors import UserError


def add_index_flags(parser: argparse.ArgumentParser) -> None:
    """Add ``--elasticsearch`` and ``--index``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the job.
    """
    index = parser.add_argument_group("what to load (docs/elasticsearch.md)")
    index.add_argument(
        "--elasticsearch", metavar="URL", help="the server, such as https://search.example:9200"
    )
    index.add_argument("--index", metavar="NAME", help="the index, or the alias of one")


def index_overrides(given: argparse.Namespace) -> dict[str, str | None]:
    """Return what these flags say, as settings.

    Parameters
    ----------
    given : argparse.Namespace
        The parsed command line.

    Returns
    -------
    dict of str to str or None
        None where a flag was not given.

    Raises
    ------
    UserError
        If one was given without the other.
    """
    if bool(given.elasticsearch) != bool(given.index):
        raise UserError("--elasticsearch URL and --index NAME go together")
    return {"elasticsearch.url": given.elasticsearch, "elasticsearch.index": given.index}
