"""Images of one store that are near-duplicates of images of another."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import conform
from store.schemas import LEAKS, NEAR, SAME_BYTES, SAME_SIGNATURE, SIGNED


def leak_rows(found: DataFrame, here: DataFrame, there: DataFrame) -> DataFrame:
    """Return the report ``against``: each image here beside what is near it there.

    One row is an image here and a signature there, of which one image is named: one of equal bytes
    if there is one, else that of the smallest id. Three shuffles of the pairs.

    Parameters
    ----------
    found : DataFrame
        Rows with ``signature_id_a``, ``signature_id_b`` and ``distance``; a pair may be there
        twice, and a signature with itself.
    here, there : DataFrame
        Rows of ``images`` of the two stores.

    Returns
    -------
    DataFrame
        Of `store.schemas.LEAKS`.
    """
    pairs = found.where(F.col("signature_id_a").isNotNull())
    pairs = pairs.select("signature_id_a", "signature_id_b", "distance").distinct()
    both = F.explode(
        F.array_distinct(
            F.array(
                F.struct(
                    F.col("signature_id_a").alias("own"), F.col("signature_id_b").alias("other")
                ),
                F.struct(
                    F.col("signature_id_b").alias("own"), F.col("signature_id_a").alias("other")
                ),
            )
        )
    )
    turned = pairs.select(both.alias("ends"), "distance").select("ends.*", "distance")
    own = here.where(F.col("status") == SIGNED).select(
        "image_id",
        "path",
        F.col("content_sha256").alias("_sha"),
        F.col("signature_id").alias("own"),
    )
    beside = turned.join(own, "own", how="inner").join(_named(there), "other", how="inner")
    same = F.col("_sha") == F.col("other_sha")
    kind = F.when(same, SAME_BYTES).when(F.col("own") == F.col("other"), SAME_SIGNATURE)
    named = beside.withColumn("kind", kind.otherwise(NEAR))
    order = F.struct(F.when(same, 0).otherwise(1), "other_image_id")
    told = F.min_by(F.struct("other_image_id", "other_path", "kind"), order).alias("told")
    rows = named.groupBy("image_id", "path", "other", "distance").agg(told)
    return conform(rows.select("*", "told.*"), LEAKS)


def _named(there: DataFrame) -> DataFrame:
    """One image for each signature and content."""
    signed = there.where(F.col("status") == SIGNED)
    first = F.min_by(F.struct("image_id", "path"), "image_id").alias("first")
    return (
        signed.groupBy(
            F.col("signature_id").alias("other"), F.col("content_sha256").alias("other_sha")
        )
        .agg(first)
        .select(
            "other",
            "other_sha",
            F.col("first.image_id").alias("other_image_id"),
            F.col("first.path").alias("other_path"),
        )
    )
