"""Bounding the output: a pair stays if it is among the nearest of either of its ends."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.stages.schema import conform
from store.schemas import PAIRS


def last_of_nearest(pairs: DataFrame, max_pairs: int) -> DataFrame:
    """Return the farthest pair of each crowded signature that is still among its nearest.

    One row is a signature that is in more pairs than that, its key ``signature_id``. Equal
    distances are told apart by the other end's id. Sorts the ends of all pairs where they are, and
    shuffles of each signature as many of the nearest from each partition.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.
    max_pairs : int
        How many are the nearest.

    Returns
    -------
    DataFrame
        ``signature_id``, and ``last``, a struct of ``distance`` and ``other``.
    """
    place = F.row_number().over(Window.partitionBy("signature_id").orderBy("distance", "other"))
    nearest = _ends(pairs).withColumn("place", place).where(F.col("place") <= max_pairs + 1)
    around = nearest.where(F.col("place") >= max_pairs).groupBy("signature_id")
    last = around.agg(F.min(F.struct("distance", "other")).alias("last"), F.count("*").alias("n"))
    return last.where("n = 2").select("signature_id", "last")


def nearest_only(pairs: DataFrame, last: DataFrame) -> DataFrame:
    """Keep the pairs that are among the nearest of either of their ends.

    One row is a pair. No shuffle where the crowded are few enough to be sent to every executor;
    else two of all pairs.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.
    last : DataFrame
        What `last_of_nearest` returned, written down: its size decides how it is joined.

    Returns
    -------
    DataFrame
        Rows of ``pairs``.
    """
    for end, other in (("a", "b"), ("b", "a")):
        limits = last.select(
            F.col("signature_id").alias(f"signature_id_{end}"), F.col("last").alias(f"last_{end}")
        )
        pairs = pairs.join(limits, f"signature_id_{end}", how="left")
        this = F.struct("distance", F.col(f"signature_id_{other}").alias("other"))
        pairs = pairs.withColumn(
            f"last_{end}", F.col(f"last_{end}").isNull() | (this <= F.col(f"last_{end}"))
        )
    return conform(pairs.where(F.col("last_a") | F.col("last_b")), PAIRS)


def _ends(pairs: DataFrame) -> DataFrame:
    """Each pair seen from either end."""
    a, b = F.col("signature_id_a"), F.col("signature_id_b")
    both = F.array(
        F.struct(a.alias("signature_id"), b.alias("other")),
        F.struct(b.alias("signature_id"), a.alias("other")),
    )
    return pairs.select(F.explode(both).alias("end"), "distance").select("end.*", "distance")
