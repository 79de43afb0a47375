"""Keepers of the run before that stay, unless something clearly better has come."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.favour_images import INCUMBENT, PROTECTED, below
from jobs.stages.schema import conform
from store.schemas import KEEP, SIGNED, STABILITY


def incumbent_levels(
    images: DataFrame,
    pairs: DataFrame,
    before: DataFrame,
    protected: Sequence[str],
    clearly_better: float,
) -> DataFrame:
    """Return who is kept before others because it was kept before, or is protected.

    One row is an image. A keeper is challenged by a neighbour, or a copy of its own signature, that
    has so many times its pixels; it is then ranked as ever. Joins pairs with the signatures of the
    keepers on either end.

    Parameters
    ----------
    images : DataFrame
        Rows of ``images``.
    pairs : DataFrame
        Rows of ``pairs``.
    before : DataFrame
        Rows of ``clusters`` of the run before.
    protected : sequence of str
        Canonical paths of protected places, which come before keepers of old.
    clearly_better : float
        How many times the pixels.

    Returns
    -------
    DataFrame
        ``image_id``, ``level``.
    """
    pixels = F.col("width").cast("double") * F.col("height")
    known = images.select("image_id", "path", "signature_id", "status", pixels.alias("pixels"))
    kept = before.where(F.col("role") == KEEP).select("image_id")
    incumbents = known.join(kept, "image_id", how="left_semi")
    largest = _largest_around(known, pairs)
    challenged = F.coalesce(F.col("around") >= clearly_better * F.col("pixels"), F.lit(False))
    stay = incumbents.join(largest, "signature_id", how="left").where(~challenged)
    levels = stay.select("image_id", F.lit(INCUMBENT).alias("level"))
    guarded = known.where(below(protected)).select("image_id", F.lit(PROTECTED).alias("level"))
    return levels.unionByName(guarded)


def _largest_around(known: DataFrame, pairs: DataFrame) -> DataFrame:
    """Of each signature, the most pixels that an image of it or of a neighbour has."""
    own = (
        known.where(F.col("status") == SIGNED)
        .groupBy("signature_id")
        .agg(F.max("pixels").alias("around"))
    )
    parts = [own]
    for end, other in (("a", "b"), ("b", "a")):
        theirs = own.withColumnRenamed("signature_id", f"signature_id_{other}")
        near = pairs.join(theirs, f"signature_id_{other}", how="inner")
        parts.append(near.select(F.col(f"signature_id_{end}").alias("signature_id"), "around"))
    every = parts[0].unionByName(parts[1]).unionByName(parts[2])
    return every.groupBy("signature_id").agg(F.max("around").alias("around"))


def stability_rows(stable: DataFrame, default: DataFrame, images: DataFrame) -> DataFrame:
    """Return the report ``stability``: where keepers that stay make a difference.

    One row is an image, its key ``image_id``. Shuffles both tables by image.

    Parameters
    ----------
    stable, default : DataFrame
        Rows of ``clusters``, with and without the rule that keepers stay.
    images : DataFrame
        Rows of ``images``.

    Returns
    -------
    DataFrame
        Of `store.schemas.STABILITY`.
    """
    one = stable.select("image_id", "keeper_id")
    other = default.select("image_id", F.col("keeper_id").alias("keeper_by_default"))
    both = one.join(other, "image_id", how="full_outer")
    differs = ~F.col("keeper_id").eqNullSafe(F.col("keeper_by_default"))
    paths = images.select("image_id", "path")
    return conform(both.where(differs).join(paths, "image_id", how="inner"), STABILITY)
