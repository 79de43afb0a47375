"""Compare what is new in a source with a store, and report what changed since the run before.

./spark-submit.sh jobs/dedupe_report.py --source PICTURES --store STORE
"""

import sys
from pathlib import Path

try:
    from jobs.application import run_job
    from jobs.auditing import audit
    from jobs.changing import sign_changes
    from jobs.deciding import decisions_of
    from jobs.exporting import export_removable
    from jobs.grouping import choose_keepers
    from jobs.loads.load import open_load
    from jobs.newcoming import search_newcomers
    from jobs.night_request import NightRequest, parse_night_request
    from jobs.reporting import night_lines, report_news, warnings, write_summary
    from jobs.request import read_corpus
    from jobs.run import Run
    from jobs.sampling import compare_sample
    from jobs.scoping import against, within
    from jobs.summary import reading_lines
    from jobs.turning import stored_model
except ModuleNotFoundError as error:
    print(
        f"no module {error.name!r} here: start this job with ./spark-submit.sh "
        "jobs/dedupe_report.py, which brings the code and its environment",
        file=sys.stderr,
    )
    sys.exit(2)


def dedupe_report(run: Run, request: NightRequest) -> list[str]:
    """Bring a store up to date with a source; see `jobs.application.Body`."""
    load = open_load(run, request, changes_only=True)
    if load.unfinished:
        return load.finish([])
    model = stored_model(run)
    load.check(model.model_id, model.signature_version)
    corpus, turnover = sign_changes(run, read_corpus(run, request), model, request)
    pairs = search_newcomers(run, turnover)
    scoped = within(run, corpus, pairs, request.within)
    decisions = decisions_of(run, request.decisions)
    groups = choose_keepers(run, *scoped, decisions, request.stable)
    leaks = against(run, model, corpus, turnover.living, request.against)
    compared = compare_sample(run, corpus)
    audited = audit(run, compared, pairs, model.max_pairs_per_image) if compared else []
    report_news(run, groups.clusters, corpus.images)
    if request.export_removable:
        export_removable(run, groups, request.export_removable)
    told = warnings(run, model)
    write_summary(run, model, told)
    load.note()
    run.commit(model.model_id, corpus.version)
    read = reading_lines(run.layout.report(run.run_id))
    return load.finish([*night_lines(run, model, told), *leaks, *audited, *read])


if __name__ == "__main__":
    project = Path(__file__).resolve().parent.parent
    sys.exit(run_job("dedupe_report", dedupe_report, project, parse_night_request))
