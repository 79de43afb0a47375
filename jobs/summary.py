"""The table that a run prints at its end."""

from collections.abc import Iterable
from itertools import pairwise

from jobs.counting import DISTANCE_BINS
from store.schemas import FAILED, NEAR, SAME_BYTES, SAME_SIGNATURE, SIGNED, SKIPPED

_UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")
_UNIT_STEP = 1000


def summary_lines(counts: dict[str, int], cutoff: float, rule: str) -> list[str]:
    """Say in a screenful what a run found.

    Parameters
    ----------
    counts : dict
        The run's counts.
    cutoff : float
        Its cutoff.
    rule : str
        Its blocking rule.

    Returns
    -------
    list of str
        Lines without line ends.
    """
    return [*state_lines(counts), *_pair_lines(counts, cutoff, rule), *group_lines(counts)]


def reading_lines(report: str) -> list[str]:
    """Say where the report is, and how to look at it.

    Parameters
    ----------
    report : str
        Folder of the run's reports.

    Returns
    -------
    list of str
        Lines without line ends.
    """
    duplicates = f"{report}/duplicates.parquet"
    return [
        f"report   {report}",
        f"pandas   pd.read_parquet({duplicates!r})",
        f"DuckDB   select * from '{duplicates}/*.parquet'",  # noqa: S608 - printed, never run
    ]


def table_lines(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Lay out a table: first column to the left, the others to the right.

    Parameters
    ----------
    header : tuple of str
        Names of the columns.
    rows : iterable of tuple of str
        As wide as the header.

    Returns
    -------
    list of str
        Lines without line ends.
    """
    table = [header, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def human_bytes(count: int) -> str:
    """Write a number of bytes for people.

    Parameters
    ----------
    count : int
        Bytes.

    Returns
    -------
    str
        Such as ``12.3 MB`` (of 1000 KB).
    """
    value, unit = float(count), 0
    while round(value, 1) >= _UNIT_STEP and unit < len(_UNITS) - 1:
        value, unit = value / _UNIT_STEP, unit + 1
    return f"{value:,.0f} {_UNITS[unit]}" if unit == 0 else f"{value:,.1f} {_UNITS[unit]}"


def count_line(name: str, count: int, note: str = "", indent: int = 0) -> str:
    """Lay out one count.

    Parameters
    ----------
    name : str
        What is counted.
    count : int
        How many.
    note : str
        What else there is to say.
    indent : int
        Steps to the right.

    Returns
    -------
    str
        Without a line end.
    """
    label = "  " * indent + name
    return f"{label:<34}{count:>14,}{'   ' + note if note else ''}".rstrip()


def state_lines(counts: dict[str, int]) -> Iterable[str]:
    """Say how many images ended in which state.

    Parameters
    ----------
    counts : dict
        The run's counts.

    Yields
    ------
    str
        Lines without line ends.
    """
    yield count_line("images", counts["images"])
    for status in (SIGNED, SKIPPED, FAILED):
        yield count_line(status, counts[status], indent=1)
        for name, count in sorted(counts.items()):
            if name.startswith(f"{status}."):
                yield count_line(name.partition(".")[2], count, indent=2)


def _pair_lines(counts: dict[str, int], cutoff: float, rule: str) -> Iterable[str]:
    yield count_line("distinct signatures", counts["signatures"])
    yield count_line("copies of one of them", counts[SIGNED] - counts["signatures"])
    yield from distance_lines(counts, cutoff, rule)
    yield count_line("comparisons", counts["comparisons"])
    if counts["comparisons_bounded"]:
        parts = {"hot words": counts["hot_words"], "capped buckets": counts["capped"]}
        named = ", ".join(f"{number:,} {name}" for name, number in parts.items() if number)
        yield count_line("comparisons bounded away", counts["comparisons_bounded"], named)
    if counts["pairs_dropped"]:
        yield count_line("pairs dropped", counts["pairs_dropped"], "both ends have nearer ones")
    if counts["signatures_without_key"]:
        yield count_line("signatures without a key", counts["signatures_without_key"], "in no pair")
    if rule == "words":
        yield "  pairs that share no word in the same place are not found by this rule"


def distance_lines(counts: dict[str, int], cutoff: float, rule: str) -> Iterable[str]:
    """Say how many pairs there are, by distance.

    Parameters
    ----------
    counts : dict
        The run's counts.
    cutoff : float
        Its cutoff.
    rule : str
        Its blocking rule.

    Yields
    ------
    str
        Lines without line ends.
    """
    yield count_line(f"pairs below {cutoff:g}", counts["pairs"], f"rule: {rule}")
    for low, high in pairwise(DISTANCE_BINS):
        if f"pairs.{low}-{high}" in counts:
            yield count_line(
                f"{low:g} to {min(high, cutoff):g}", counts[f"pairs.{low}-{high}"], indent=1
            )


def group_lines(counts: dict[str, int]) -> Iterable[str]:
    """Say how many groups there are, and what may go.

    Parameters
    ----------
    counts : dict
        The run's counts.

    Yields
    ------
    str
        Lines without line ends.
    """
    yield count_line("groups (one keeper each)", counts["groups"])
    gain = f"{human_bytes(counts['removable_bytes'])} to gain"
    yield count_line("removable images", counts["removable"], gain)
    names = {SAME_BYTES: "same bytes", SAME_SIGNATURE: "same signature", NEAR: "near"}
    for kind, name in names.items():
        if f"removable.{kind}" in counts:
            yield count_line(name, counts[f"removable.{kind}"], indent=1)
