"""From signatures to the table ``pairs``, with the model that found them."""

from dataclasses import asdict, dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.bounding import bounded
from jobs.counting import pair_columns, pair_counts
from jobs.errors import UserError
from jobs.model import (
    Distinct,
    fit_model,
    known_model,
    load_model,
    reusable,
    save_model,
    unfitted_model,
)
from jobs.planning import Plan, plan_search
from jobs.run import Run
from jobs.session import cores
from jobs.stages.find_pairs import find_cells, find_pairs, join_table, pair_rows
from jobs.stages.schema import conform
from matching import Model
from store.schemas import CELLS

_ROWS_PER_TASK = 1_000_000
"""About 190 MB of shuffled rows."""

_COMPARISONS_PER_TASK = 2_000_000_000
"""Half a minute of work; a task that fails is done again from its beginning."""

_TASKS_PER_CORE = 4


@dataclass(frozen=True)
class Search:
    """A search that is planned, but not made.

    Attributes
    ----------
    model : Model
        Which cells and words make two signatures meet.
    assigned : DataFrame
        Signatures with their cells.
    plan : Plan
        What it will cost.
    """

    model: Model
    assigned: DataFrame
    plan: Plan


def plan_pairs(run: Run, signatures: Distinct, model_id: str | None = None) -> Search:
    """Fit the model or take the store's, write the table ``cells``, and plan the search.

    Parameters
    ----------
    run : Run
        The run at work.
    signatures : Distinct
        Of the corpus.
    model_id : str, optional
        Of a model in the store to take; by default that of the newest run, if it does what the
        settings ask for, else a new one.

    Returns
    -------
    Search
        For `search_pairs`.
    """
    with run.stage("fitting the model"):
        model = _model(run, signatures, model_id)
    search = plan_with(run, signatures, model)
    write_cells(run, search)
    return search


def write_cells(run: Run, search: Search) -> None:
    """Write the table ``cells``: every signature under the model of a search.

    Parameters
    ----------
    run : Run
        The run at work.
    search : Search
        What `plan_with` returned.
    """
    with run.stage("writing cells"):
        rows = search.assigned.withColumn("model_id", F.lit(search.model.model_id))
        # Who follows each other stands under the same keys: a night's search of newcomers, which
        # reads the table in its order, finds them in the processor's cache.
        ordered = rows.sortWithinPartitions(F.get("cells", 0))
        run.write("cells", conform(ordered, CELLS))


def plan_with(run: Run, signatures: Distinct, model: Model) -> Search:
    """Find the cells of all signatures under a model, and plan the search.

    Parameters
    ----------
    run : Run
        The run at work.
    signatures : Distinct
        Of the corpus.
    model : Model
        In the store, or just fitted: it then gets its caps, and is written.

    Returns
    -------
    Search
        For `search_pairs`.
    """
    with run.stage("finding cells"):
        assigned = run.stash(find_cells(signatures.rows, model), "assigned")
    with run.stage("planning the search"):
        model, plan = plan_search(run, assigned, model, signatures.count)
        save_model(model, run.layout, run.files)
    return Search(model, assigned, plan)


def search_pairs(run: Run, search: Search) -> DataFrame:
    """Find every pair that the blocking rules let meet, and write the table ``pairs``.

    Parameters
    ----------
    run : Run
        The run at work.
    search : Search
        What `plan_pairs` returned.

    Returns
    -------
    DataFrame
        The table as this run wrote it.
    """
    model, plan = search.model, search.plan
    with run.stage("finding pairs"):
        tasks = comparing_tasks(run, plan)
        joined = join_table(search.assigned, model, plan.buckets, tasks)
        found = run.stash(find_pairs(joined, model, plan.buckets), "found")
        done = found.agg(F.sum("comparisons"), F.sum("dropped"), *pair_columns()).head()
        comparisons, dropped = ((done[0] or 0), (done[1] or 0)) if done else (0, 0)
        counts = pair_counts(done)
        every = pair_rows(found, model)
        nearest = bounded(run, every, model.max_pairs_per_image)
        pairs = run.write("pairs", every if nearest is None else nearest)
        stay = counts if nearest is None else pair_counts(pairs.agg(*pair_columns()).head())
        run.counts |= stay
    run.counts |= {
        name: value for name, value in asdict(plan).items() if isinstance(value, int)
    } | {
        "comparisons": comparisons,
        "pairs_dropped": dropped + counts["pairs"] - run.counts["pairs"],
    }
    return pairs


def comparing_tasks(run: Run, plan: Plan) -> int:
    """Return in how many tasks the buckets are compared.

    Parameters
    ----------
    run : Run
        The run at work.
    plan : Plan
        What there is to do.

    Returns
    -------
    int
        The setting ``partitions`` if there is one.
    """
    if run.settings.partitions:
        return run.settings.partitions
    by_rows = -(-plan.rows // _ROWS_PER_TASK)
    by_work = -(-plan.comparisons // _COMPARISONS_PER_TASK)
    return max(_TASKS_PER_CORE * cores(run.spark), by_rows, by_work)


def _model(run: Run, signatures: Distinct, model_id: str | None) -> Model:
    if model_id is not None:
        return asked_for(run, signatures, model_id)
    wanted = unfitted_model(signatures, run.settings)
    known = known_model(run.parent_model, run.layout, run.files) if run.parent_model else None
    if known is not None and reusable(known, wanted, run.settings):
        return known
    return fit_model(signatures, run.settings)


def asked_for(run: Run, signatures: Distinct, model_id: str) -> Model:
    """Return a model of the store that was named.

    Parameters
    ----------
    run : Run
        The run at work.
    signatures : Distinct
        What is to be searched with it.
    model_id : str
        Its id.

    Returns
    -------
    Model
        From the store.

    Raises
    ------
    UserError
        If there is none, or it is for other signatures or another cutoff.
    """
    model = load_model(model_id, run.layout, run.files)
    if model.signature_version != signatures.version:
        raise UserError(
            f"model {model_id} is for signatures of version {model.signature_version}, "
            f"and these have {signatures.version}: fit another one"
        )
    if model.cutoff != run.settings.cutoff:
        raise UserError(
            f"model {model_id} has the cutoff {model.cutoff:g}, not {run.settings.cutoff:g}: "
            "fit another one, or ask for that cutoff"
        )
    return model
