"""Fit a blocking model to the signatures of a store, for a later run to take.

./spark-submit.sh jobs/fit_model.py --store STORE
"""

import sys
from pathlib import Path

try:
    from jobs.application import run_job
    from jobs.fitting import fit_to_store, model_lines
    from jobs.request import Request
    from jobs.run import Run
    from jobs.store_request import parse_store_request
except ModuleNotFoundError as error:
    print(
        f"no module {error.name!r} here: start this job with ./spark-submit.sh "
        "jobs/fit_model.py, which brings the code and its environment",
        file=sys.stderr,
    )
    sys.exit(2)


def fit_model(run: Run, request: Request) -> list[str]:
    """Fit a model and write its files; no run is committed, and readers see no change.

    Parameters
    ----------
    run : Run
        The run at work.
    request : Request
        What the user asked for.

    Returns
    -------
    list of str
        What to print.
    """
    return model_lines(fit_to_store(run), request.store)


if __name__ == "__main__":
    project = Path(__file__).resolve().parent.parent
    sys.exit(run_job("fit_model", fit_model, project, parse_store_request))
