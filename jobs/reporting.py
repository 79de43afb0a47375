"""What an increment says at its end: what changed, what was found, and what to look after."""

import json

from pyspark.sql import DataFrame

from jobs.model import OUTGROWN
from jobs.run import Run
from jobs.stages.tell_news import news_rows
from jobs.summary import count_line, distance_lines, group_lines, state_lines
from matching import Model
from store.schemas import CHANGED_KEEPER, FREED, GROWN_GROUP, NEW_GROUP, NEWS

SUMMARY = "summary.json"

_CHANGES = {
    NEW_GROUP: "removable, in new groups",
    GROWN_GROUP: "removable, in groups that grew",
    CHANGED_KEEPER: "with another keeper",
    FREED: "no longer removable",
}


def report_news(run: Run, clusters: DataFrame, images: DataFrame) -> None:
    """Write the report ``new``, and count what is in it.

    Parameters
    ----------
    run : Run
        The run at work.
    clusters : DataFrame
        The table ``clusters`` of this run.
    images : DataFrame
        The table ``images`` of this run.
    """
    with run.stage("telling news"):
        rows = run.report("new", news_rows(run.read("clusters"), clusters, images), NEWS)
        found = {row.change: row["count"] for row in rows.groupBy("change").count().collect()}
    run.counts |= {f"news.{change}": found.get(change, 0) for change in _CHANGES}


def warnings(run: Run, model: Model) -> list[str]:
    """Say where the store should be looked after.

    Parameters
    ----------
    run : Run
        The run at work.
    model : Model
        That it searched with.

    Returns
    -------
    list of str
        Sentences; mostly none.
    """
    told = []
    count = run.counts["signatures"]
    if count > OUTGROWN * model.fitted_to:
        told.append(
            f"the corpus has {count:,} signatures and its model was fitted to "
            f"{model.fitted_to:,}: pairs are missed more and more; jobs/refit.py fits another"
        )
    recall = run.estimates.get("recall", run.last_estimate("recall", model.model_id))
    least = run.settings.sample.min_recall
    if recall is not None and recall < least:
        told.append(
            f"the last audit found {recall:.1%} of the pairs, less than sample.min_recall "
            f"({least:.1%}): jobs/refit.py fits another model"
        )
    return told


def write_summary(run: Run, model: Model, told: list[str]) -> None:
    """Write what a run did as one JSON file of its report.

    Parameters
    ----------
    run : Run
        The run at work.
    model : Model
        That it searched with.
    told : list of str
        The warnings.
    """
    summary = {
        "run_id": run.run_id,
        "job": run.job,
        "model_id": model.model_id,
        "cutoff": model.cutoff,
        "counts": run.counts,
        "timings": run.timings,
        "estimates": run.estimates,
        "warnings": told,
    }
    path = f"{run.layout.report(run.run_id)}/{SUMMARY}"
    run.files.write(path, (json.dumps(summary, indent=1) + "\n").encode())


def night_lines(run: Run, model: Model, told: list[str]) -> list[str]:
    """Say in a screenful what changed.

    Parameters
    ----------
    run : Run
        The run at work.
    model : Model
        That it searched with.
    told : list of str
        The warnings.

    Returns
    -------
    list of str
        Lines without line ends.
    """
    counts = run.counts
    names = ("new", "changed", "unchanged", "vanished", "forgotten")
    lines = [count_line(f"images {name}", counts[f"images_{name}"]) for name in names]
    lines += ["", *state_lines(counts)]
    lines.append(count_line("distinct signatures", counts["signatures"]))
    lines.append(count_line("came", counts["signatures_came"], indent=1))
    lines.append(count_line("went", counts["signatures_went"], indent=1))
    again = counts["newcomers"] - counts["signatures_came"]
    lines.append(count_line("searched again", again, "a neighbour left, or a bucket changed", 1))
    lines += distance_lines(counts, model.cutoff, model.rule)
    note = "all with all: much is new" if counts.get("searched_anew") else "new with all"
    lines.append(count_line("comparisons", counts["comparisons"], note))
    if counts["pairs_dropped"]:
        note = "both ends have nearer ones"
        lines.append(count_line("pairs dropped", counts["pairs_dropped"], note))
    lines += group_lines(counts)
    lines.append("since the run before")
    lines += [count_line(name, counts[f"news.{key}"], "", 1) for key, name in _CHANGES.items()]
    return [*lines, *(f"warning: {sentence}" for sentence in told), ""]
