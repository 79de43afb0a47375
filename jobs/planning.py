"""What a search will cost, before it is made, and what is done with the buckets that cost most."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.run import Run
from jobs.stages.find_pairs import count_keys
from jobs.stages.schema import spark_schema
from matching import Model
from matching.buckets import BucketLimits, BucketPlan, comparisons_within, plan_bucket
from matching.caps import planned, with_caps
from matching.model import EXHAUSTIVE, WORDS
from matching.rules import reach_of
from udfs.counting import ANY_COST, KEYLESS_ROWS, EveryKey, TheseKeys, keyless_counter
from udfs.keys import Plans

_MEASURED_KEYS = 1024
"""Keys whose costs are counted, to know how many of a bucket's rows meet."""

_TIMES_MEAN = 2
"""A bucket is capped that costs more comparisons a row than two buckets have rows, on average: one
of four times the average size, if all its rows meet."""

_FEWEST_A_ROW = 1_000
"""But never for fewer comparisons a row than this."""

_LARGEST = 10
_COSTS = 256
_UNLIMITED = 2**62
_ALL = 0
"""The one key of the exhaustive rule."""


@dataclass(frozen=True)
class Bucket:
    """One of the largest buckets: its key, its rows, and about how many comparisons it costs."""

    key: int
    rows: int
    comparisons: int


@dataclass(frozen=True)
class Plan:
    """What the search will do, and what it bounds away.

    Attributes
    ----------
    keys : int
        Different keys with two rows or more.
    rows : int
        Rows of the join table.
    comparisons : int
        About how many pairs of rows will be compared; a pair that meets under several keys
        counts for each.
    comparisons_bounded : int
        The same in what is not compared: under hot words, and beyond the reach of capped buckets.
        A pair is lost only if it meets nowhere else.
    hot_words : int
        Words that more signatures have than the model allows.
    capped : int
        Buckets whose reach is lowered.
    signatures_without_key : int
        Signatures that are in no pair, because they have no key.
    buckets : mapping of int to BucketPlan
        The keys that are split or capped.
    largest : tuple of Bucket
        The ten largest.
    """

    keys: int
    rows: int
    comparisons: int
    comparisons_bounded: int
    hot_words: int
    capped: int
    signatures_without_key: int
    buckets: Plans
    largest: tuple[Bucket, ...]


def plan_search(run: Run, assigned: DataFrame, model: Model, count: int) -> tuple[Model, Plan]:
    """Count the keys of a corpus, and decide which buckets are split or capped.

    Which are capped is decided for a model that was just fitted, and belongs to it from then on.

    Parameters
    ----------
    run : Run
        The run at work.
    assigned : DataFrame
        Signatures with their cells.
    model : Model
        Brings the rules.
    count : int
        Signatures in the corpus.

    Returns
    -------
    tuple of Model and Plan
        The model with its caps. The driver holds one entry for each bucket that may be split or
        capped. These have more than 2,000 rows, and in larger corpora more than four average ones.
    """
    split = run.settings.matching.bucket_rows
    if EXHAUSTIVE in model.rules:
        return model, _plan_of_all(count, split)
    counts = run.stash(count_keys(assigned, model, EveryKey(_step(model))), "key_counts")
    keys = counts.groupBy("key").agg(F.sum("rows").alias("rows")).where("rows > 1").persist()
    meeting = _share_that_meets(counts, model)
    per_row = model.caps.comparisons_per_row or _per_row(run, keys)
    # A row meets half of the others, or fewer, when each two are compared once.
    listed = keys.where(F.col("rows") > min(split, 2 * per_row)).toPandas()
    large = np.union1d(listed["key"].to_numpy(np.int64), np.array(model.caps.keys, np.int64))
    members = members_of(assigned, model, large)
    if not model.caps.comparisons_per_row:
        model = with_caps(model, members.items(), per_row)
    plan = _with_totals(keys, meeting, model, _plans(model, members, split))
    keys.unpersist()
    keyless = assigned.mapInArrow(keyless_counter(model.light()), spark_schema(KEYLESS_ROWS))
    without = keyless.agg(F.sum("keyless")).head()
    keyless_rows = int((without and without[0]) or 0)
    return model, Plan(**{**vars(plan), "signatures_without_key": keyless_rows})


def _per_row(run: Run, keys: DataFrame) -> int:
    """Comparisons that a bucket may cost for each of its rows, in a corpus of such buckets."""
    asked = run.settings.matching.bucket_comparisons_per_row
    if asked:
        return asked
    row = keys.agg(F.avg("rows")).head()
    mean = (row and row[0]) or 0.0  # a few crowded ones hardly change it
    # All in one cell is no average.
    mean = min(mean, run.settings.matching.bucket_rows)
    return max(_FEWEST_A_ROW, round(_TIMES_MEAN * mean))


def _plan_of_all(count: int, split: int) -> Plan:
    bucket = plan_bucket(np.array([count]), 0, BucketLimits(split, _UNLIMITED))
    rows = count * bucket.groups
    largest = (Bucket(_ALL, count, bucket.comparisons),)
    return Plan(1, rows, bucket.comparisons, 0, 0, 0, 0, {_ALL: bucket}, largest)


def _step(model: Model) -> int:
    cells = model.codebook.cells if model.codebook else 1
    return max(1, cells // _MEASURED_KEYS)


def members_of(
    assigned: DataFrame, model: Model, keys: npt.NDArray[np.int64]
) -> dict[int, npt.NDArray[np.int64]]:
    """Count some buckets by cost, in a pass of its own that few corpora need.

    Parameters
    ----------
    assigned : DataFrame
        Signatures with their cells.
    model : Model
        Brings the rules.
    keys : (k,) int64
        Which buckets.

    Returns
    -------
    dict of int to (256,) int64
        How many rows of each have each cost; buckets without rows are left out.
    """
    if not len(keys):
        return {}
    chosen = TheseKeys(tuple(keys.tolist()))
    return dict(_by_key(count_keys(assigned, model, chosen, only=True).toPandas()))


def _plans(
    model: Model, members: dict[int, npt.NDArray[np.int64]], split: int
) -> dict[int, BucketPlan]:
    return {
        key: plan
        for key, plan in planned(model, members.items(), split)
        if plan.groups > 1 or plan.reach < reach_of(key, model)
    }


def _by_key(counts: pd.DataFrame) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    """Each key, ascending, with how many rows have each cost."""
    for key in np.unique(counts["key"].to_numpy(np.int64)):
        rows = counts[counts["key"] == key]
        members = np.zeros(_COSTS, np.int64)
        members[rows["cost"].to_numpy()] = rows["rows"].to_numpy()
        yield int(key), members


def _with_totals(
    keys: DataFrame, meeting: float, model: Model, plans: dict[int, BucketPlan]
) -> Plan:
    pairs = (F.col("rows") * (F.col("rows") - 1) / 2).cast("double")
    small = ~F.col("key").isin(list(plans)) if plans else F.lit(True)
    totals = keys.agg(
        F.count("*").alias("keys"),
        F.sum("rows").alias("rows"),
        F.sum(F.when(small, pairs)).alias("pairs"),
    ).head()
    known = totals.asDict() if totals else {}
    extra = sum((plan.groups - 1) for plan in plans.values())
    hot = model.words.frequencies[model.words.frequencies > model.max_document_frequency]
    hot = hot if WORDS in model.rules else hot[:0]
    largest = keys.orderBy(F.desc("rows"), "key").limit(_LARGEST).collect()
    return Plan(
        keys=known.get("keys") or 0,
        rows=(known.get("rows") or 0) + extra,
        comparisons=round((known.get("pairs") or 0) * meeting)
        + sum(plan.comparisons for plan in plans.values()),
        comparisons_bounded=sum(plan.comparisons_bounded for plan in plans.values())
        + int((hot * (hot - 1) // 2).sum()),
        hot_words=len(hot),
        capped=sum(plan.capped for plan in plans.values()),
        signatures_without_key=0,
        buckets=plans,
        largest=tuple(
            Bucket(r.key, r.rows, round(r.rows * (r.rows - 1) / 2 * meeting)) for r in largest
        ),
    )


def _share_that_meets(counts: DataFrame, model: Model) -> float:
    """Of the pairs of rows of a bucket, how many are within reach: 1 where nothing costs."""
    detail = counts.where(F.col("cost") != ANY_COST).toPandas()
    if detail.empty:
        return 1.0
    met = possible = 0
    for key, members in _by_key(detail):
        met += comparisons_within(members, reach_of(key, model))
        total = int(members.sum())
        possible += total * (total - 1) // 2
    return met / possible if possible else 1.0
