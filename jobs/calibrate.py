"""Estimate how much of what a store reports is false, and which cutoff would keep it small.

./spark-submit.sh jobs/calibrate.py --store STORE --cutoff fdr:0.01
"""

import sys
from pathlib import Path

try:
    from jobs.application import run_job
    from jobs.calibrating import calibration_lines, judge
    from jobs.errors import UserError
    from jobs.request import Request, parse_calibrate_request
    from jobs.run import Run
    from jobs.sampling import compare_sample, cost_lines
    from jobs.signing import stored_corpus
except ModuleNotFoundError as error:
    print(
        f"no module {error.name!r} here: start this job with ./spark-submit.sh "
        "jobs/calibrate.py, which brings the code and its environment",
        file=sys.stderr,
    )
    sys.exit(2)


def calibrate(run: Run, request: Request) -> list[str]:
    """Calibrate on what a store holds; no run is committed, and readers see no change.

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

    Raises
    ------
    UserError
        If the store has fewer than two signatures, or the sample is turned off.
    """
    corpus = stored_corpus(run)
    if "cutoff" not in run.settings.model_fields_set and run.parent_cutoff is not None:
        run.fix_cutoff(run.parent_cutoff)
    run.tell(cost_lines(run, corpus.count))
    compared = compare_sample(run, corpus)
    judged = judge(run, compared, request.recalibrate) if compared else None
    if judged is None:
        raise UserError(
            f"nothing to calibrate on: {corpus.count} distinct signatures, and a sample of "
            f"{run.settings.sample.calibrated} (sample.calibrated)"
        )
    return calibration_lines(run, judged)


if __name__ == "__main__":
    project = Path(__file__).resolve().parent.parent
    sys.exit(run_job("calibrate", calibrate, project, parse=parse_calibrate_request))
