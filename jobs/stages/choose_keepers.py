"""Which signatures stay: the greedy rule, in rounds over the graph of pairs.

The best image of all is a keeper and its neighbours are removed, and so on down the ranking. In
parallel the ranking is cut into ranges of about as many edges, a task each. A task walks down its
range and decides whoever depends on no undecided one of a better range; between rounds each edge
learns what became of its better end. The range of the best is decided to its end in any round, and
the last round has one range. The outcome is that of the sequential rule, whatever the partitioning.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import spark_schema
from matching.settling import EDGE, SETTLED, UNDECIDED
from udfs.keepers import SETTLED_ROWS, settle_range

Checkpoint = Callable[[DataFrame, str], DataFrame]
"""Writes rows down under a name and reads them back, to cut the lineage between rounds."""

_LEAST_PROGRESS = 0.25
"""A round that decides a smaller share of the edges is the last but one: there is a long chain of
images that wait for each other, and one task walks down it in the time that its edges take."""


@dataclass(frozen=True)
class Settled:
    """What the greedy rule decided.

    Attributes
    ----------
    rows : DataFrame
        One row is a removed signature, its key ``worse``; ``better`` is its keeper. Both are
        places in the ranking. ``distance`` is theirs.
    rounds : int
        In how many rounds.
    """

    rows: DataFrame
    rounds: int


def representatives(ranked: DataFrame) -> DataFrame:
    """Return the best-ranked image of each signature.

    One row is a signature, its key ``signature_id``. Shuffles signed images once.

    Parameters
    ----------
    ranked : DataFrame
        Signed rows of ``images`` with ``rank``.

    Returns
    -------
    DataFrame
        ``signature_id``, ``rank``.
    """
    return ranked.groupBy("signature_id").agg(F.min("rank").alias("rank"))


def ranked_edges(pairs: DataFrame, places: DataFrame) -> DataFrame:
    """Turn each pair so that its better-ranked end comes first.

    One row is a pair. Two joins on the signature id.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.
    places : DataFrame
        What `jobs.stages.number_signatures.number_signatures` returns.

    Returns
    -------
    DataFrame
        ``better`` and ``worse``, the places of both in the ranking, and ``distance``.
    """
    ends = pairs.select("signature_id_a", "signature_id_b", "distance")
    for end in ("a", "b"):
        names = (F.col("signature_id").alias(f"signature_id_{end}"), F.col("place").alias(end))
        ends = ends.join(places.select(*names), f"signature_id_{end}", how="inner")
    return ends.select(
        F.least("a", "b").alias("better"), F.greatest("a", "b").alias("worse"), "distance"
    )


def settle_edges(
    edges: DataFrame, count: int, edges_in_one_task: int, checkpoint: Checkpoint
) -> Settled:
    """Decide who is removed, and who is the keeper of each: its best-ranked kept neighbour.

    Each round sorts the edges that are left by range, and but for the last joins them with what
    was decided. A round leaves at most three quarters of the edges, or the next one is the last.

    Parameters
    ----------
    edges : DataFrame
        What `ranked_edges` returns.
    count : int
        How many there are.
    edges_in_one_task : int
        About so many make a range.
    checkpoint : callable
        Writes what a round decided down.

    Returns
    -------
    Settled
        Read from what was written down.
    """
    ranges = _ranges(count, edges_in_one_task)
    # Cutting into ranges looks at the edges beforehand: they are not to be made twice.
    edges = edges if ranges == 1 else checkpoint(edges, "edges")
    left = edges.withColumn("kept", F.lit(False))
    rounds: list[DataFrame] = []
    while True:
        done = checkpoint(_settled_in_ranges(left, ranges), f"round_{len(rounds) + 1}")
        rounds.append(done.where(F.col("kind") == SETTLED).select("better", "worse", "distance"))
        before, count = count, 0 if ranges == 1 else done.where(F.col("kind") == EDGE).count()
        if not count:
            return Settled(_union(rounds), len(rounds))
        progress = count <= (1 - _LEAST_PROGRESS) * before
        ranges = _ranges(count, edges_in_one_task) if progress else 1
        left = _with_outcomes(done)


def assign_keepers(settled: DataFrame, places: DataFrame) -> DataFrame:
    """Give each removed signature its keeper, by their ids.

    One row is a removed signature, its key ``signature_id``. Two joins on places.

    Parameters
    ----------
    settled : DataFrame
        The rows of `Settled`.
    places : DataFrame
        What `jobs.stages.number_signatures.number_signatures` returns.

    Returns
    -------
    DataFrame
        ``signature_id``, ``keeper_signature_id``, ``distance``.
    """
    for end, name in (("worse", "signature_id"), ("better", "keeper_signature_id")):
        ids = places.select(F.col("place").alias(end), F.col("signature_id").alias(name))
        settled = settled.join(ids, end, how="inner")
    return settled.select("signature_id", "keeper_signature_id", "distance")


def _ranges(count: int, edges_in_one_task: int) -> int:
    return max(1, -(-count // edges_in_one_task))


def _settled_in_ranges(edges: DataFrame, ranges: int) -> DataFrame:
    """What `settle_range` says of each range."""
    ordered = edges.repartitionByRange(ranges, "worse").sortWithinPartitions("worse")
    columns = ordered.select("better", "worse", "distance", "kept")
    return columns.mapInArrow(settle_range, spark_schema(SETTLED_ROWS))


def _with_outcomes(done: DataFrame) -> DataFrame:
    """Edges that are left, with what became of their better ends: the undecided and the kept."""
    edges = done.where(F.col("kind") == EDGE).drop("kind")
    states = done.where(F.col("kind") != EDGE).select(
        F.col("worse").alias("better"), F.col("kind").alias("state")
    )
    joined = edges.join(states, "better", how="left")
    kept = F.col("state").isNull()
    return joined.where(kept | (F.col("state") == UNDECIDED)).select(
        "better", "worse", "distance", kept.alias("kept")
    )


def _union(parts: list[DataFrame]) -> DataFrame:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.unionByName(part)
    return whole
