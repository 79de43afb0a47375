"""``python -m reliability``: every file ends signed, skipped or failed with a reason, or exit 1.

Tries Pillow's own test images, the fixtures, and mutations of the fixtures, each the way that
production goes, and compares the routes to a signature. The last line is one JSON object.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

from jobs.settings import Settings
from jobs.signing import signing_task
from reliability import report
from reliability.mutations import KINDS, Mutations
from reliability.pillow_images import PILLOW, pillow_images
from reliability.subjects import (
    files,
    fixtures,
    fixtures_folder,
    is_shipped,
    mutated,
    numbers_of_kinds,
)
from reliability.trials import Outcome, Subject, Trials

_KEPT: Final = Path(__file__).resolve().parent.parent / "build" / "reliability"
_TELL_EVERY: Final = 2_000  # files


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line.

    Parameters
    ----------
    arguments : sequence of str or None
        None for those of this process.

    Returns
    -------
    argparse.Namespace
        With ``mutations``, ``seed`` and ``only``.
    """
    parser = argparse.ArgumentParser(prog="python -m reliability", description=__doc__)
    parser.add_argument("--mutations", type=int, default=10_000, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations (%(default)s)")
    parser.add_argument("--only", metavar="GROUP:NAME", help="one file, by the name in the report")
    return parser.parse_args(arguments)


def all_subjects(options: argparse.Namespace, folder: Path) -> Iterator[Subject]:
    """Yield every file to be tried.

    Parameters
    ----------
    options : argparse.Namespace
        Of `parsed`.
    folder : Path
        For mutations, while they are tried.

    Returns
    -------
    iterator of Subject
        Group by group.
    """
    source = fixtures_folder()
    if is_shipped(source):
        print("The full set of fixtures is not beside the project; using tests/fixtures.")
    mutations = Mutations(fixtures(source), options.seed)
    return chain(
        files("pillow", pillow_images()),
        files("fixture", source, 2),
        mutated(mutations, numbers_of_kinds(options.mutations), folder),
    )


def one_subject(options: argparse.Namespace) -> Subject:
    """Find the one file that is wanted; a mutation is written and stays.

    Parameters
    ----------
    options : argparse.Namespace
        Of `parsed`.

    Returns
    -------
    Subject
        The file.

    Raises
    ------
    SystemExit
        If there is no such file.
    """
    group, _, name = options.only.partition(":")
    source = fixtures_folder()
    if group in KINDS and name.isdecimal():
        _KEPT.mkdir(parents=True, exist_ok=True)
        mutations = Mutations(fixtures(source), options.seed)
        print(f"made of {mutations.make(group, int(name)).original}, kept in {_KEPT}")
        return next(mutated(mutations, [(group, int(name))], _KEPT))
    folders = {"pillow": pillow_images, "fixture": fixtures_folder}
    if group in folders and (path := folders[group]() / name).is_file():
        return Subject(group, name, path)
    sys.exit(f"there is no file {options.only}")


def tried(subjects: Iterator[Subject], trials: Trials) -> Iterator[Outcome]:
    """Try files and tell now and then how far it is.

    Parameters
    ----------
    subjects : iterator of Subject
        The files.
    trials : Trials
        Open.

    Yields
    ------
    Outcome
        Of each.
    """
    for number, subject in enumerate(subjects, 1):
        yield trials.outcome(subject)
        if number % _TELL_EVERY == 0:
            print(f"{number} files", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try everything, or one file, and print what became of it.

    Parameters
    ----------
    arguments : sequence of str or None
        None for those of this process.

    Returns
    -------
    int
        1 if a file ended otherwise than is guaranteed, else 0.
    """
    options = parsed(arguments)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, Trials(signing_task(Settings())) as trials:
        if options.only:
            outcomes = [trials.outcome(one_subject(options))]
            print(*vars(outcomes[0]).items(), outcomes[0].breach or "", sep="\n")
        else:
            outcomes = list(tried(all_subjects(options, Path(folder)), trials))
    for title, text in (
        ("", [report.table(outcomes)]),
        ("slowest", report.slowest(outcomes)),
        ("child processes lost", report.accidents(outcomes)),
        ("guarantee broken", report.breaches(outcomes)),
    ):
        print(f"\n{title}:" if title else "", *(text or ["none"]), sep="\n")
    facts = {"pillow": PILLOW, "seed": options.seed, "routes_compared": trials.routes_compared}
    seconds = round(time.perf_counter() - start, 1)
    print(report.summary(outcomes, {**facts, "seconds": seconds}))
    return 1 if report.breaches(outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
