"""Rewrite a store's tables without what no image needs, and delete files of runs long past.

./spark-submit.sh jobs/compact.py --store STORE
"""

import sys
from pathlib import Path

try:
    from jobs.application import run_job
    from jobs.compacting import compact_tables, compacted_lines, sweep
    from jobs.run import Run
    from jobs.store_request import CompactRequest, parse_compact_request
except ModuleNotFoundError as error:
    print(
        f"no module {error.name!r} here: start this job with ./spark-submit.sh "
        "jobs/compact.py, which brings the code and its environment",
        file=sys.stderr,
    )
    sys.exit(2)


def compact(run: Run, request: CompactRequest) -> list[str]:
    """Make a store smaller, and say the same; see `jobs.compacting`."""
    model_id, version = compact_tables(run)
    run.commit(model_id, version)
    swept = sweep(run, request.retention_hours)
    return compacted_lines(run, swept)


if __name__ == "__main__":
    project = Path(__file__).resolve().parent.parent
    sys.exit(run_job("compact", compact, project, parse_compact_request))
