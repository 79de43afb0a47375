"""``python -m store``: look into a store, roll it back, check removable files; without Spark."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence

from store.errors import StoreError
from store.reader import Run, Store
from store.removable import check_removable
from store.rollback import roll_back
from store.schemas import TABLES

_PROBLEM = 1
_USER_MISTAKE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.

    Returns
    -------
    int
        0; 1 if a checked line is not safe; 2 if the command cannot be carried out.
    """
    given = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = given.command
    try:
        return command(given)
    except StoreError as error:
        print(f"store: {error}", file=sys.stderr)
        return _USER_MISTAKE
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        return 0


def _runs(given: argparse.Namespace) -> int:
    runs = Store(given.store).runs()
    print(
        f"{'run':<18}{'job':<14}{'committed (UTC)':<18}{'cutoff':>8}{'images':>12}{'removable':>12}"
        f"{'recall':>9}{'false':>8}{'at most':>9}"
    )
    for run in runs:
        print(
            f"{run.run_id:<18}{run.job:<14}{run.committed_at:%Y-%m-%d %H:%M}  {run.cutoff:>8g}"
            f"{run.counts.get('images', 0):>12,}{run.counts.get('removable', 0):>12,}"
            f"{_percent(run, 'recall'):>9}{_percent(run, 'false_removals'):>8}"
            f"{_percent(run, 'false_removals_high'):>9}"
        )
    return 0


def _percent(run: Run, name: str) -> str:
    """An estimate of a run; a dash where it made none."""
    return f"{run.estimates[name]:.1%}" if name in run.estimates else "-"


def _show(given: argparse.Namespace) -> int:
    for line in _run_lines(Store(given.store).run(given.run)):
        print(line)
    return 0


def _run_lines(run: Run) -> Iterator[str]:
    for name in ("run_id", "parent", "job", "committed_at", "model_id", "cutoff"):
        yield f"{name:<34}{getattr(run, name)}"
    yield f"{'signature_version':<34}{run.signature_version}"
    yield f"{'code_version':<34}{run.code_version}"
    if run.restores:
        yield f"{'restores':<34}{run.restores}"
    for title, values in (
        ("table versions", run.versions),
        ("counts", run.counts),
        ("estimates", run.estimates),
        ("seconds", run.timings),
        ("settings", run.settings),
    ):
        yield f"\n{title}"
        for name, value in sorted(values.items()):
            yield f"  {name:<32}{value}"


def _files(given: argparse.Namespace) -> int:
    for file in Store(given.store).files(given.table, given.run):
        print(file)
    return 0


def _rollback(given: argparse.Namespace) -> int:
    made = roll_back(Store(given.store), given.run)
    print(f"readers see run {made.restores} again; the log has this as run {made.run_id}")
    return 0


def _check(given: argparse.Namespace) -> int:
    counts = check_removable(given.file, given.safe)
    for state, count in sorted(counts.items()):
        print(f"{state:<34}{count:>12,}")
    if given.safe:
        print(f"{'safe lines are in':<34}{given.safe}")
    return 0 if set(counts) <= {"safe"} else _PROBLEM


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m store", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    runs = commands.add_parser("runs", help="list the committed runs")
    runs.set_defaults(command=_runs)
    show = commands.add_parser("show", help="show all that the log holds of a run")
    show.set_defaults(command=_show)
    files = commands.add_parser("files", help="print the Parquet files of a table, one a line")
    files.set_defaults(command=_files)
    rollback = commands.add_parser("rollback", help="put readers back to an earlier run")
    rollback.set_defaults(command=_rollback)
    for command in (runs, show, files, rollback):
        command.add_argument("store", help="the store's folder")
    files.add_argument("table", choices=sorted(TABLES), help="the table")
    for command in (show, files):
        command.add_argument("run", nargs="?", help="a run's id (default: the newest)")
    rollback.add_argument("run", help="the id of the run that readers shall see again")
    check = commands.add_parser(
        "check", help="check a list of --export-removable: do keeper and copy have their bytes?"
    )
    check.add_argument("file", help="the CSV that the job wrote")
    check.add_argument("--safe", metavar="FILE", help="write the lines that are safe to act on")
    check.set_defaults(command=_check)
    return parser


if __name__ == "__main__":
    sys.exit(main())
