"""Fit another model to what a store holds, and find all pairs anew under it, in one commit.

./spark-submit.sh jobs/refit.py --store STORE
"""

import sys
from pathlib import Path

try:
    from jobs.application import run_job
    from jobs.auditing import audit, recall_line
    from jobs.deciding import decisions_of
    from jobs.grouping import choose_keepers
    from jobs.refitting import living_corpus, plan_anew, summary
    from jobs.request import Request
    from jobs.run import Run
    from jobs.sampling import compare_sample
    from jobs.searching import search_pairs
    from jobs.store_request import parse_refit_request
except ModuleNotFoundError as error:
    print(
        f"no module {error.name!r} here: start this job with ./spark-submit.sh "
        "jobs/refit.py, which brings the code and its environment",
        file=sys.stderr,
    )
    sys.exit(2)


def refit(run: Run, request: Request) -> list[str]:
    """Give a store a new model; see `jobs.application.Body`."""
    corpus = living_corpus(run)
    compared = compare_sample(run, corpus)
    search = plan_anew(run, corpus, request.model)
    pairs = search_pairs(run, search)
    bound = search.model.max_pairs_per_image
    audited = audit(run, compared, pairs, bound) if compared else []
    choose_keepers(run, corpus, pairs, decisions_of(run))
    run.commit(search.model.model_id, corpus.version)
    return [*summary(run, search.model), *recall_line(run), "", *audited]


if __name__ == "__main__":
    project = Path(__file__).resolve().parent.parent
    sys.exit(run_job("refit", refit, project, parse_refit_request))
