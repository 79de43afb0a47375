"""Sign every image, find every near-duplicate pair, choose what to keep, write the report.

./spark-submit.sh jobs/build_index.py --source PICTURES --store STORE
"""

import sys
from pathlib import Path

try:
    from jobs.application import run_job
    from jobs.auditing import audit, recall_line
    from jobs.calibrating import calibration_lines, estimate_lines, judge
    from jobs.deciding import decisions_of
    from jobs.explaining import plan_lines
    from jobs.exporting import export_removable
    from jobs.grouping import choose_keepers
    from jobs.loads.load import open_load
    from jobs.recall import recall_lines
    from jobs.request import Request, parse_request, read_corpus
    from jobs.run import Run
    from jobs.sampling import compare_sample, cost_lines
    from jobs.searching import plan_pairs, search_pairs
    from jobs.signing import sign_corpus
    from jobs.summary import reading_lines, summary_lines
except ModuleNotFoundError as error:
    print(
        f"no module {error.name!r} here: start this job with ./spark-submit.sh "
        "jobs/build_index.py, which brings the code and its environment",
        file=sys.stderr,
    )
    sys.exit(2)


def build_index(run: Run, request: Request) -> list[str]:
    """Build a store's index from all images of a source.

    Parameters
    ----------
    run : Run
        The run at work; committed at the end.
    request : Request
        What the user asked for.

    Returns
    -------
    list of str
        What to print.
    """
    load = open_load(run, request)
    if load.unfinished:
        return load.finish([])
    manifest = read_corpus(run, request)
    corpus = sign_corpus(run, manifest)
    run.tell(cost_lines(run, corpus.count))
    compared = None if request.explain_cost else compare_sample(run, corpus)
    if compared:
        run.tell(calibration_lines(run, judge(run, compared, request.recalibrate)))
    search = plan_pairs(run, corpus.distinct, request.model)
    load.check(search.model.model_id, corpus.version)
    run.tell(plan_lines(run, search, corpus.images))
    if request.explain_cost:
        return ["nothing was searched or committed (--explain-cost)"]
    pairs = search_pairs(run, search)
    bound = search.model.max_pairs_per_image
    audited = audit(run, compared, pairs, bound) if compared else []
    groups = choose_keepers(run, corpus, pairs, decisions_of(run))
    recall = recall_lines(run, request.truth, corpus, pairs)
    if request.export_removable:
        export_removable(run, groups, request.export_removable)
    load.note()
    run.commit(search.model.model_id, corpus.version)
    summary = summary_lines(run.counts, search.model.cutoff, search.model.rule)
    known = [*recall_line(run), *estimate_lines(run)]
    reading = reading_lines(run.layout.report(run.run_id))
    return load.finish([*summary, *known, *recall, "", *audited, "", *reading])


if __name__ == "__main__":
    project = Path(__file__).resolve().parent.parent
    sys.exit(run_job("build_index", build_index, project, parse_request))
