"""Which signatures stay: the greedy rule, in rounds over the graph of pairs.

The best image of all is a keeper and its neighbours are removed, and so on down the ranking.
In parallel: whoever has no better neighbour left is a keeper, its neighbours are removed, and
their edges go; repeat. When few enough edges are left, one task decides the rest. The outcome is
that of the sequential rule, whatever the partitioning.
"""

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import spark_schema
from udfs.keepers import REMOVED_ROWS, remove_greedily

Checkpoint = Callable[[DataFrame, str], DataFrame]
"""Writes rows down under a name and reads them back, to cut the lineage between rounds."""


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


def ranked_edges(pairs: DataFrame, representatives: DataFrame) -> DataFrame:
    """Turn each pair so that its better-ranked end comes first.

    One row is a pair. Two joins on the signature id.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.
    representatives : DataFrame
        What `representatives` returns.

    Returns
    -------
    DataFrame
        ``better``, ``better_rank``, ``worse``, ``worse_rank``, ``distance``.
    """
    ends = pairs
    for end in ("a", "b"):
        ranks = representatives.select(
            F.col("signature_id").alias(f"signature_id_{end}"), F.col("rank").alias(f"rank_{end}")
        )
        ends = ends.join(ranks, f"signature_id_{end}", how="inner")
    a = F.struct(F.col("rank_a").alias("rank"), F.col("signature_id_a").alias("id"))
    b = F.struct(F.col("rank_b").alias("rank"), F.col("signature_id_b").alias("id"))
    turned = ends.select(F.least(a, b).alias("x"), F.greatest(a, b).alias("y"), "distance")
    return turned.select(
        F.col("x.id").alias("better"),
        F.col("x.rank").alias("better_rank"),
        F.col("y.id").alias("worse"),
        F.col("y.rank").alias("worse_rank"),
        "distance",
    )


def removed_signatures(
    edges: DataFrame, edges_in_one_task: int, checkpoint: Checkpoint
) -> DataFrame:
    """Return the signatures that the greedy rule removes.

    One row is a removed signature, its key ``signature_id``.

    Parameters
    ----------
    edges : DataFrame
        What `ranked_edges` returns, already written down.
    edges_in_one_task : int
        So many edges, or fewer, are decided by one task.
    checkpoint : callable
        Writes a round's edges and removals down.

    Returns
    -------
    DataFrame
        ``signature_id``.
    """
    removed: list[DataFrame] = []
    while edges.count() > edges_in_one_task:
        number = len(removed)
        gone = checkpoint(_removed_in_round(edges), f"removed_{number}")
        removed.append(gone)
        edges = checkpoint(_without(edges, gone), f"edges_{number}")
    alone = edges.select("better", "better_rank", "worse").repartition(1)
    ordered = alone.sortWithinPartitions("better_rank").select("better", "worse")
    result = ordered.mapInArrow(remove_greedily, spark_schema(REMOVED_ROWS))
    for gone in removed:
        result = result.unionByName(gone)
    return result


def assign_keepers(edges: DataFrame, removed: DataFrame) -> DataFrame:
    """Give each removed signature the best-ranked keeper among its direct pairs.

    One row is a removed signature, its key ``signature_id``.

    Parameters
    ----------
    edges : DataFrame
        What `ranked_edges` returns.
    removed : DataFrame
        What `removed_signatures` returns.

    Returns
    -------
    DataFrame
        ``signature_id``, ``keeper_signature_id``, ``distance``.
    """
    gone = removed.select(F.col("signature_id").alias("better"))
    kept = edges.join(gone, "better", how="left_anti")
    best = F.min_by(F.struct("better", "distance"), "better_rank").alias("keeper")
    return (
        kept.groupBy("worse")
        .agg(best)
        .select(
            F.col("worse").alias("signature_id"),
            F.col("keeper.better").alias("keeper_signature_id"),
            F.col("keeper.distance").alias("distance"),
        )
    )


def _removed_in_round(edges: DataFrame) -> DataFrame:
    """Neighbours of those who have no better neighbour."""
    has_better = edges.select(F.col("worse").alias("better")).distinct()
    from_keepers = edges.join(has_better, "better", how="left_anti")
    return from_keepers.select(F.col("worse").alias("signature_id")).distinct()


def _without(edges: DataFrame, gone: DataFrame) -> DataFrame:
    """Edges between the undecided: neither end removed, neither end a neighbour's keeper."""
    for end in ("better", "worse"):
        edges = edges.join(gone.withColumnRenamed("signature_id", end), end, how="left_anti")
    return edges
