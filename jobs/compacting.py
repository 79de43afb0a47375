"""What a store can do without: rows that no image needs, small files, and files of old runs."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from jobs.errors import UserError
from jobs.run import Run
from jobs.sinks.vacuum import vacuum_table
from jobs.summary import count_line
from store.schemas import RETIRED

_FACTS = ("signatures", "cells")
"""Tables that only grow between two compactions."""

_TOLD = ("images", "signed", "skipped", "failed", "signatures", "pairs", "groups", "removable")
"""Counts of the run before that are those of this one."""


@dataclass(frozen=True)
class Swept:
    """What was deleted after a compaction.

    Attributes
    ----------
    kept : int
        How many runs can still be read.
    files : int
        Of tables.
    staging : int
        How many folders that dead runs had left.
    """

    kept: int
    files: int
    staging: int


def compact_tables(run: Run) -> tuple[str, str]:
    """Write every table of the newest run in few files; the facts without what nobody needs.

    Parameters
    ----------
    run : Run
        The run at work; it takes over what the newest run said.

    Returns
    -------
    tuple of str and str
        The model and the signature version to commit.

    Raises
    ------
    UserError
        If the store has no run.
    """
    model_id, version = run.parent_model, run.parent_signature_version
    if model_id is None or version is None:
        raise UserError(
            f"no committed run at {run.layout.root}: make the store with build_index.py first"
        )
    run.take_over(_TOLD)
    with run.stage("dropping what no image needs"):
        run.counts["signatures_dropped"] = _drop_retired(run)
    with run.stage("joining small files"):
        for name in sorted(run.parent_versions):
            run.compact(name)
    return model_id, version


def _drop_retired(run: Run) -> int:
    """Write the facts without the signatures that no image needs; how many those are."""
    retired = run.read_or_none("retired", RETIRED)
    count = retired.count()
    if count:
        for name in _FACTS:
            rows = run.read(name)
            run.write(name, rows.join(retired, "signature_id", how="left_anti"))
        run.write("retired", retired.limit(0))
    return count


def kept_runs(runs: Sequence[Any], now: float, hours: int) -> list[Any]:
    """Return the runs that stay readable: the newest, and those that were it lately.

    Parameters
    ----------
    runs : sequence of Row
        The run log, oldest first.
    now : float
        Seconds since 1970.
    hours : int
        A run is kept for so long after the run behind it was committed.

    Returns
    -------
    list of Row
        Oldest first; at least the newest run. A clock that was ahead keeps more, not less.
    """
    since = now - 3600 * hours
    followed = pairwise(runs)
    late = [run for run, follower in followed if follower.committed_at.timestamp() > since]
    return [*late, runs[-1]]


def sweep(run: Run, hours: int) -> Swept:
    """Delete the files that no kept run needs, if they are old enough.

    Parameters
    ----------
    run : Run
        The run that was just committed.
    hours : int
        No younger file is deleted: a run at work may be writing it.

    Returns
    -------
    Swept
        What went.
    """
    with run.stage("deleting old files"):
        kept = kept_runs(run.committed(), time.time(), hours)
        names = {name for one in kept for name in one.versions}
        files = 0
        for name in sorted(names):
            versions = _distinct(one.versions.get(name) for one in kept)
            files += vacuum_table(run.spark, run.layout.table(name), versions, hours)
        return Swept(len(kept), files, run.staging.sweep(hours))


def compacted_lines(run: Run, swept: Swept) -> list[str]:
    """Say what a compaction did.

    Parameters
    ----------
    run : Run
        Committed.
    swept : Swept
        What `sweep` returned.

    Returns
    -------
    list of str
        Lines without line ends.
    """
    return [
        count_line("signatures dropped", run.counts["signatures_dropped"]),
        count_line("files deleted", swept.files),
        count_line("folders of dead runs deleted", swept.staging),
        count_line("runs that can be read", swept.kept),
    ]


def _distinct(versions: Iterable[int | None]) -> list[int]:
    return sorted({version for version in versions if version is not None})
