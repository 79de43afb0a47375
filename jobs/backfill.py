"""Load a store into a fresh Elasticsearch index, chunk by chunk, then swap the alias.

./spark-submit.sh jobs/backfill.py --store STORE --elasticsearch URL --index NAME
"""

import sys
from pathlib import Path

try:
    from jobs.application import run_job
    from jobs.loads.backfill import Backfill
    from jobs.loads.backfill_request import parse_backfill_request
    from jobs.loads.estimate import plan_lines
    from jobs.loads.manifest import sign_manifest
    from jobs.loads.writer import open_writer
    from jobs.request import Request
    from jobs.run import Run
except ModuleNotFoundError as error:
    print(
        f"no module {error.name!r} here: start this job with ./spark-submit.sh "
        "jobs/backfill.py, which brings the code and its environment",
        file=sys.stderr,
    )
    sys.exit(2)


def backfill(run: Run, request: Request) -> list[str]:
    """Load all images of a store, or of a manifest, into a fresh index.

    Parameters
    ----------
    run : Run
        The run at work; committed only if a manifest was signed.
    request : Request
        What the user asked for.

    Returns
    -------
    list of str
        What to print.
    """
    writer = open_writer(run)
    job = Backfill(run, writer)
    plan = job.unfinished
    if plan is None and request.source is not None:
        if request.explain_cost:
            return plan_lines(run, writer, request)
        sign_manifest(run, request)
    if request.explain_cost:
        return plan_lines(run, writer, request, plan or job.plan())
    return job.execute(plan or job.plan())


if __name__ == "__main__":
    project = Path(__file__).resolve().parent.parent
    sys.exit(run_job("backfill", backfill, project, parse=parse_backfill_request))
