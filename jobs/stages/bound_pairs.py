"""Bounding the output: a pair stays if it is among the nearest of either of its ends."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.stages.schema import conform
from store.schemas import PAIRS

_BOUNDS = tuple(step / 32 for step in range(1, 16))
"""Distances below which pairs are counted, so that few are sorted to find the nearest."""

_EVERY_DISTANCE = 2.0


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
        ``signature_id``, and ``within``: a distance below which it has that many pairs.
    """
    nearer = [F.count_if(F.col("distance") < bound) for bound in _BOUNDS]
    within = F.coalesce(
        *(F.when(count >= max_pairs, bound) for count, bound in zip(nearer, _BOUNDS, strict=True)),
        F.lit(_EVERY_DISTANCE),
    )
    counts = _ends(pairs).groupBy("signature_id")
    counted = counts.agg(within.alias("within"), F.count("*").alias("count"))
    return counted.where(F.col("count") > max_pairs).drop("count")


def last_of_nearest(pairs: DataFrame, crowded: DataFrame, max_pairs: int) -> DataFrame:
    """Return the farthest pair of each crowded signature that is still among its nearest.

    One row is a crowded signature, its key ``signature_id``. Equal distances are told apart by the
    other end's id. Shuffles the nearer pairs of crowded signatures.

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
        ``signature_id``, and ``last``, a struct of ``distance`` and ``other``.
    """
    place = F.row_number().over(Window.partitionBy("signature_id").orderBy("distance", "other"))
    nearer = _ends(pairs).join(crowded, "signature_id").where("distance < within")
    last = nearer.withColumn("place", place).where(F.col("place") == max_pairs)
    return last.select("signature_id", F.struct("distance", "other").alias("last"))


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
