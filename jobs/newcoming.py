"""The search of an increment: newcomers with all, and nobody else with anybody."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.bounding import bounded
from jobs.counting import pair_columns, pair_counts
from jobs.planning import members_of, plan_search
from jobs.run import Run
from jobs.searching import Search, search_pairs
from jobs.stages.find_pairs import bucket_members, bucket_sizes, pair_rows
from jobs.stages.schema import conform, no_rows
from jobs.stages.update_pairs import (
    apart_from,
    ends_of,
    full_ones,
    lost_a_neighbour,
    meet_newcomers,
)
from matching import Model
from matching.caps import planned, reaches_of, rows_that_may_overflow
from matching.model import EXHAUSTIVE
from store.schemas import PAIRS
from udfs.assigning import ASSIGNED_ROWS
from udfs.comparing import FOUND_ROWS
from udfs.newcomers import Company
from udfs.rows import assigned_signatures

_NEWCOMERS_AT_ONCE = 200_000
"""About 400 bytes each, on the driver and in every Python worker. More pass in several turns."""

_HEAP_BYTES = 256 * 2**20
"""Of a worker, for the distances of the nearest pairs of each newcomer."""

_MOST_NEWCOMERS = 1_000_000
_MOST_SHARE = 0.25
"""Of the corpus. Of more newcomers all with all is quicker: its products are of matrices, and the
driver holds nobody."""

Reaches = dict[int, int]


@dataclass(frozen=True)
class Turnover:
    """The signatures of a corpus, and which of them came and went since the run before.

    Attributes
    ----------
    model : Model
        Of the run before.
    cells : DataFrame
        The table ``cells``, with what nobody needs any more.
    living : DataFrame
        Of it the signatures that an image needs.
    lived : DataFrame
        Those that one needed before.
    fresh : DataFrame
        Of ``cells`` the rows that this run added.
    came : DataFrame
        ``signature_id`` of those that live and did not before: who is fresh, and who came back.
    went : DataFrame
        ``signature_id`` of those that lived before and do not now.
    count : int
        How many live.
    """

    model: Model
    cells: DataFrame
    living: DataFrame
    lived: DataFrame
    fresh: DataFrame
    came: DataFrame
    went: DataFrame
    count: int


def search_newcomers(run: Run, turnover: Turnover) -> DataFrame:
    """Bring the table ``pairs`` up to date.

    Parameters
    ----------
    run : Run
        The run at work.
    turnover : Turnover
        What changed.

    Returns
    -------
    DataFrame
        The table as this run wrote it: what one search of the living under the model would find.
    """
    model, before = turnover.model, run.read("pairs")
    with run.stage("checking buckets"):
        reaches, moved = _reaches(turnover)
    with run.stage("listing newcomers"):
        newcomers = run.stash(_newcomers(run, turnover, before, moved), "newcomers")
        count = newcomers.count()
        run.counts |= {"newcomers": count, "buckets_changed": len(moved)}
    if count > min(_MOST_SHARE * turnover.count, _MOST_NEWCOMERS):
        return _search_all(run, turnover)
    with run.stage("comparing newcomers"):
        met = _met(turnover, newcomers, reaches) if count else newcomers.transform(_nobody)
        found = run.stash(met, "found")
        done = found.agg(F.sum("comparisons"), F.sum("dropped")).head()
        run.counts["comparisons"] = int((done and done[0]) or 0)
        run.counts["pairs_dropped"] = int((done and done[1]) or 0)
    with run.stage("updating pairs"):
        gone = _gone(run, turnover, newcomers)
        pairs = _update(run, before, gone, pair_rows(found, model), model.max_pairs_per_image)
        run.counts |= pair_counts(pairs.agg(*pair_columns()).head())
    return pairs


def _gone(run: Run, turnover: Turnover, newcomers: DataFrame) -> DataFrame | None:
    """Whose pairs of before are not to be kept: who went, and who is searched again."""
    again = run.counts["newcomers"] - run.counts["signatures_came"]
    if not again and not run.counts["signatures_went"]:
        return None
    others = newcomers.join(turnover.came, "signature_id", how="left_anti")
    return run.stash(others.unionByName(turnover.went), "gone")


def _nobody(newcomers: DataFrame) -> DataFrame:
    return no_rows(newcomers.sparkSession, FOUND_ROWS)


def _search_all(run: Run, turnover: Turnover) -> DataFrame:
    """All living with all: what came is so much that nothing would be saved."""
    model, plan = plan_search(run, turnover.living, turnover.model, turnover.count)
    run.counts["searched_anew"] = 1
    return search_pairs(run, Search(model, turnover.living, plan))


def _reaches(turnover: Turnover) -> tuple[Reaches, npt.NDArray[np.int64]]:
    """The reach of each capped bucket, and the buckets in which it is another than before."""
    model = turnover.model
    none = np.empty(0, np.int64)
    if EXHAUSTIVE in model.rules:
        return {}, none
    sizes = bucket_sizes(turnover.cells, model)
    large = sizes.where(F.col("rows") > rows_that_may_overflow(model)).toPandas()
    keys = large["key"].to_numpy(np.int64)
    if not len(keys):
        return reaches_of(model, {}), none
    now, then = (
        reaches_of(model, _planned_reaches(model, members_of(rows, model, keys)))
        for rows in (turnover.living, turnover.lived)
    )
    common = model.reach
    moved = [
        key
        for key in sorted(now.keys() | then.keys())
        if now.get(key, common) != then.get(key, common)
    ]
    return now, np.array(moved, np.int64)


def _planned_reaches(model: Model, members: dict[int, npt.NDArray[np.int64]]) -> Reaches:
    return {key: plan.reach for key, plan in planned(model, members.items(), 1)}


def _newcomers(
    run: Run, turnover: Turnover, before: DataFrame, moved: npt.NDArray[np.int64]
) -> DataFrame:
    """Who came; who may have lost what was kept of them; who is in a bucket that changed."""
    max_pairs = turnover.model.max_pairs_per_image
    newcomers = turnover.came
    if turnover.went.head() is not None:
        losers = run.stash(lost_a_neighbour(before, turnover.went), "losers")
        newcomers = newcomers.unionByName(full_ones(before, losers, max_pairs))
    if len(moved):
        members = bucket_members(turnover.living, turnover.model, moved.tolist())
        newcomers = newcomers.unionByName(members.select("signature_id"))
    return newcomers.distinct()


def _met(turnover: Turnover, newcomers: DataFrame, reaches: Reaches) -> DataFrame:
    model = turnover.model
    companies = companies_of(_rows_of(turnover, newcomers), model)
    parts = [meet_newcomers(turnover.living, model, one, reaches) for one in companies]
    found = parts[0]
    for part in parts[1:]:
        found = found.unionByName(part)
    return found


def _rows_of(turnover: Turnover, newcomers: DataFrame) -> DataFrame:
    """Rows of ``cells``. The table is read for those only who are not fresh, if there are any."""
    fresh = turnover.fresh
    others = newcomers.join(fresh, "signature_id", how="left_anti")
    if others.head() is None:
        return fresh
    old = turnover.living.join(others, "signature_id", how="left_semi")
    return fresh.unionByName(conform(old, ASSIGNED_ROWS))


def companies_of(rows: DataFrame, model: Model) -> list[Company]:
    """Bring newcomers to the driver, in companies that a worker can hold.

    Parameters
    ----------
    rows : DataFrame
        Rows of ``cells``, at most a million.
    model : Model
        Their model.

    Returns
    -------
    list of Company
        At least one, which may be empty. The driver holds some 400 bytes for each newcomer.
    """
    table = rows.select("signature_id", "signature", "cells", "costs").toPandas()
    table = table.sort_values("signature_id", ignore_index=True)
    batch = pa.RecordBatch.from_pandas(table, ASSIGNED_ROWS, preserve_index=False)
    every = assigned_signatures(batch, model)
    most = max(1, min(_NEWCOMERS_AT_ONCE, _HEAP_BYTES // (8 * model.max_pairs_per_image)))
    return [
        Company(assigned_signatures(batch.slice(first, most), model), first, every.ids)
        for first in range(0, max(1, len(table)), most)
    ]


def _update(
    run: Run, before: DataFrame, gone: DataFrame | None, found: DataFrame, max_pairs: int
) -> DataFrame:
    """Write the pairs of those who stayed, and what was found, without what is too much.

    Only an end of a pair that was found can be in too many now. If one is, all pairs are bounded
    again: those of everybody else stay, for they are still among the nearest of the same end.
    """
    if gone is None and found.head() is None:
        return before
    stay = before if gone is None else apart_from(before, gone)
    every = stay.unionByName(found)
    nearest = bounded(run, every, max_pairs, ends_of(found))
    if nearest is not None:
        pairs = run.write("pairs", nearest)
        run.counts["pairs_dropped"] += every.count() - pairs.count()
        return pairs
    if gone is not None:
        return run.write("pairs", conform(every, PAIRS))
    return run.append("pairs", found)
