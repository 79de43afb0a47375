"""What changed in the groups since the run before."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import conform
from store.schemas import CHANGED_KEEPER, FREED, GROWN_GROUP, KEEP, NEW_GROUP, NEWS, REMOVE


def news_rows(before: DataFrame, after: DataFrame, images: DataFrame) -> DataFrame:
    """Return the report ``new``: each image whose place in the groups is another than before.

    One row is an image that is removable now or was before, its key ``image_id``. Images that left
    the store are not told. Shuffles both tables by image, and the rows by keeper.

    Parameters
    ----------
    before, after : DataFrame
        Rows of ``clusters`` of the run before, and of this one.
    images : DataFrame
        Rows of ``images`` of this run.

    Returns
    -------
    DataFrame
        Of `store.schemas.NEWS`.
    """
    then = before.select(
        "image_id", F.col("keeper_id").alias("keeper_before"), F.col("role").alias("role_before")
    )
    now = after.select("image_id", "keeper_id", "role")
    both = then.join(now, "image_id", how="full_outer")
    goes, went = F.col("role") == REMOVE, F.col("role_before") == REMOVE
    another = F.col("keeper_before").isNotNull() & (F.col("keeper_id") != F.col("keeper_before"))
    old_groups = before.where(F.col("role") == KEEP).select(
        F.col("image_id").alias("keeper_id"), F.lit(True).alias("old_group")
    )
    change = (
        F.when(goes & another, CHANGED_KEEPER)
        .when(goes & F.col("role_before").isNull() & F.col("old_group"), GROWN_GROUP)
        .when(goes & F.col("role_before").isNull(), NEW_GROUP)
        .when(went & ~F.coalesce(goes, F.lit(False)), FREED)
    )
    told = both.join(old_groups, "keeper_id", how="left").withColumn("change", change)
    paths = images.select("image_id", "path")
    keepers = images.select(
        F.col("image_id").alias("keeper_id"), F.col("path").alias("keeper_path")
    )
    rows = told.where(F.col("change").isNotNull()).join(paths, "image_id", how="inner")
    return conform(rows.join(keepers, "keeper_id", how="left"), NEWS)
