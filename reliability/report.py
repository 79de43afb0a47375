"""The outcomes of many files as a table, as lists, and as one JSON object."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from reliability.reasons import ACCIDENTS
from reliability.trials import Outcome

_SLOWEST: Final = 5


def table(outcomes: Sequence[Outcome]) -> str:
    """Count files by what became of them and by their groups.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Of all files.

    Returns
    -------
    str
        A Markdown table: a row for each status and reason, a column for each group.
    """
    counts = Counter((_ending(outcome), outcome.group) for outcome in outcomes)
    groups = list(dict.fromkeys(outcome.group for outcome in outcomes))
    endings = sorted({ending for ending, _ in counts}, key=_signed_first)
    rows = [["", *groups, "all"]]
    for ending in endings:
        numbers = [counts[ending, group] for group in groups]
        rows.append([ending, *map(str, numbers), str(sum(numbers))])
    totals = Counter(outcome.group for outcome in outcomes)
    rows.append(["files", *(str(totals[group]) for group in groups), str(len(outcomes))])
    return "\n".join(_lines(rows))


def accidents(outcomes: Sequence[Outcome]) -> list[str]:
    """List the files that cost their child process its life.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Of all files.

    Returns
    -------
    list of str
        File, reason and message.
    """
    return [
        f"{outcome.subject}  {outcome.reason}: {outcome.message}"
        for outcome in outcomes
        if outcome.reason in ACCIDENTS
    ]


def breaches(outcomes: Sequence[Outcome]) -> list[str]:
    """List the files that ended otherwise than is guaranteed.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Of all files.

    Returns
    -------
    list of str
        File, and how; of a traceback its last line.
    """
    return [
        f"{outcome.subject}  {outcome.breach.strip().splitlines()[-1]}"
        for outcome in outcomes
        if outcome.breach
    ]


def slowest(outcomes: Sequence[Outcome]) -> list[str]:
    """List the files that took longest.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Of all files.

    Returns
    -------
    list of str
        Seconds and file.
    """
    by_time = sorted(outcomes, key=lambda outcome: -outcome.seconds)[:_SLOWEST]
    return [
        f"{outcome.seconds:.2f} s  {outcome.subject}  {_ending(outcome)}" for outcome in by_time
    ]


def summary(outcomes: Sequence[Outcome], facts: dict[str, Any]) -> str:
    """Say all of it in one line.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Of all files.
    facts : dict
        What else belongs to the run.

    Returns
    -------
    str
        One JSON object.
    """
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        counts.setdefault(outcome.group, Counter())[_ending(outcome)] += 1
    found = {"accidents": accidents(outcomes), "breaches": breaches(outcomes)}
    return json.dumps({**facts, "files": len(outcomes), "counts": counts, **found})


def _ending(outcome: Outcome) -> str:
    return " ".join(word for word in (outcome.status, outcome.reason) if word) or "no row"


def _signed_first(ending: str) -> tuple[bool, bool, str]:
    return not ending.startswith("signed"), not ending.startswith("skipped"), ending


def _lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, (first, *others) in enumerate(rows):
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield f"| {' | '.join(cells)} |"
        if number == 0:
            rules = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
            yield f"| {' | '.join(rules)} |"
