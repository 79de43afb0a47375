"""Bounding the output: a pair stays if it is among the nearest of either of its ends."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.stages.schema import conform
from store.schemas import PAIRS


def crowded_signatures(pairs: DataFrame, max_pairs: int) -> DataFrame:
    """Return the signatures that are in more pairs than an image should be.

    One row is a signature, its key ``signature_id``. Shuffles counts.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.
    max_pairs : int
        How many pairs an image should be in.

    Returns
    -------
    DataFrame
        ``signature_id``.
    """
    counts = _ends(pairs).groupBy("signature_id").count()
    return counts.where(F.col("count") > max_pairs).select("signature_id")


def nearest_only(pairs: DataFrame, crowded: DataFrame, max_pairs: int) -> DataFrame:
    """Keep the pairs that are among the nearest of either of their ends.

    One row is a pair. Equal distances are told apart by the other end's id. Shuffles the pairs of
    crowded signatures, then all pairs twice.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.
    crowded : DataFrame
        What `crowded_signatures` returned.
    max_pairs : int
        How many are the nearest.

    Returns
    -------
    DataFrame
        Rows of ``pairs``.
    """
    place = F.row_number().over(Window.partitionBy("signature_id").orderBy("distance", "other"))
    theirs = _ends(pairs).join(crowded, "signature_id", how="left_semi").withColumn("place", place)
    last = theirs.where(F.col("place") == max_pairs)
    for end, other in (("a", "b"), ("b", "a")):
        limits = last.select(
            F.col("signature_id").alias(f"signature_id_{end}"),
            F.struct("distance", "other").alias(f"last_{end}"),
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
