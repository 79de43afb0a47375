"""The frame of every job: parse, run, print, and end with an exit code that tells why."""

import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from jobs.errors import CRASH, SUCCESS, JobError
from jobs.progress import Progress, terminal
from jobs.request import Request
from jobs.run import Run
from jobs.session import open_session, running_tasks

_INTERRUPTED = 130
"""What a shell expects after Ctrl-C."""

Asked = TypeVar("Asked", bound=Request)

Body = Callable[[Run, Asked], list[str]]
"""A job: does its work with a run, commits it, returns the lines to print."""


Parse = Callable[[str, Sequence[str] | None, Path], Asked]
"""From a job's name, its command line (None for the process') and the project to a request."""


def run_job(
    job: str,
    body: Body[Asked],
    project: Path,
    parse: Parse[Asked],
    arguments: Sequence[str] | None = None,
) -> int:
    """Run a job from its command line to its exit code.

    Parameters
    ----------
    job : str
        The job's name.
    body : callable
        The job.
    project : Path
        The project's folder.
    parse : callable
        Reads the command line.
    arguments : sequence of str, optional
        Words after the job file; those of the process by default.

    Returns
    -------
    int
        Exit code; `jobs.errors` lists them.
    """
    begun = _Begun()
    try:
        request = parse(job, arguments, project)
        lines, ending = _execute(job, body, request, begun)
        for line in lines:
            print(line)
        if ending is not None:
            raise ending
    except JobError as error:
        print(f"{job}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"{job}: interrupted; {begun.standing}", file=sys.stderr)
        return _INTERRUPTED
    except Exception:  # noqa: BLE001 - whatever it is, it ends as one exit code
        traceback.print_exc()
        print(f"{job}: this run crashed; {begun.standing}", file=sys.stderr)
        return CRASH
    return SUCCESS


class _Begun:
    """The run that a job has begun, if it came so far."""

    run: Run | None = None

    @property
    def standing(self) -> str:
        """What is true of the store after a job that did not end well."""
        if self.run is None or not self.run.is_committed:
            return (
                "nothing of this run is visible. Start it again; if it crashes again, "
                "docs/reliability.md tells how to find and mend a damaged store"
            )
        return (
            f"run {self.run.run_id} was committed before and stands: what was left of the job, "
            "such as its load, goes on when the same command is started again"
        )


def _execute(
    job: str, body: Body[Asked], request: Asked, begun: _Begun
) -> tuple[list[str], JobError | None]:
    spark = open_session(f"spark-image-match {job}")
    try:
        with terminal() as output, Progress(lambda: running_tasks(spark), output) as progress:
            run = begun.run = Run(spark, job, request.store, request.settings, progress)
            places = filter(None, (request.source, request.store))
            print(f"{job}: run {run.run_id}, {' -> '.join(places)}", flush=True)
            try:
                return body(run, request), run.ending
            finally:
                run.clean_up()
    finally:
        spark.stop()
