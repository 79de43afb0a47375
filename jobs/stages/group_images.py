"""Groups of images: who stays, who goes, and why."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.stages.choose_keepers import Checkpoint
from jobs.stages.rank_images import why_better
from jobs.stages.schema import conform
from store.schemas import (
    CLUSTERS,
    DUPLICATES,
    KEEP,
    NEAR,
    REMOVABLE,
    REMOVE,
    SAME_BYTES,
    SAME_SIGNATURE,
    SIGNED,
    SKIPPED,
)


def group_images(
    ranked: DataFrame, keepers: DataFrame, run_id: str, checkpoint: Checkpoint
) -> DataFrame:
    """Put every image that has a duplicate into its keeper's group.

    One row is an image in a group of two or more, its key ``image_id``. Copies of a signature
    follow its best-ranked image, or that one's keeper; featureless images form groups of equal
    bytes only. One shuffle of the names of groups, and two of the images that are in one.

    Parameters
    ----------
    ranked : DataFrame
        Rows of ``images`` with ``rank`` and ``criteria``.
    keepers : DataFrame
        What `assign_keepers` returns.
    run_id : str
        Goes into every row.
    checkpoint : callable
        Writes down the names of groups of two and more, and who is in them.

    Returns
    -------
    DataFrame
        Of `store.schemas.CLUSTERS`.
    """
    everyone = _with_group(ranked, keepers)
    shared = everyone.groupBy("group").count().where("count > 1").select("group")
    # Most images are in no group: their ranks are never written out.
    named = checkpoint(shared, "groups")
    members = checkpoint(everyone.join(named, "group", how="left_semi"), "members")
    joined = members.join(_heads(members), "group", how="inner")
    ranking = ranked.select("criteria.*").columns
    stays = F.col("image_id") == F.col("keeper_id")
    return conform(
        joined.withColumns(
            {
                "role": F.when(stays, KEEP).otherwise(REMOVE),
                "kind": F.when(~stays, _kind()),
                "distance": F.when(~stays, F.coalesce("distance", F.lit(0.0))),
                "reason": F.when(stays, "best ranked of its group").otherwise(
                    why_better("keeper_criteria", "criteria", ranking)
                ),
                "run_id": F.lit(run_id),
            }
        ),
        CLUSTERS,
    )


def grouped_images(clusters: DataFrame, images: DataFrame) -> DataFrame:
    """Return what reports say of the images that are in a group.

    One row is an image, its key ``image_id``. One join on it.

    Parameters
    ----------
    clusters : DataFrame
        Rows of ``clusters``.
    images : DataFrame
        Rows of ``images``.

    Returns
    -------
    DataFrame
        ``image_id``, ``path``, ``bytes``, ``content_sha256``.
    """
    told = images.select("image_id", "path", "bytes", "content_sha256")
    return told.join(clusters.select("image_id"), "image_id", how="left_semi")


def duplicate_rows(clusters: DataFrame, images: DataFrame) -> DataFrame:
    """Return the report ``duplicates``: each removable image beside its keeper.

    One row is a removable image, its key ``image_id``. Two joins on the image id.

    Parameters
    ----------
    clusters : DataFrame
        Rows of ``clusters``.
    images : DataFrame
        What `grouped_images` returned.

    Returns
    -------
    DataFrame
        Of `store.schemas.DUPLICATES`.
    """
    rows = _beside_keeper(clusters, images)
    return conform(rows.withColumn("bytes_to_gain", F.col("bytes")), DUPLICATES)


def removable_rows(clusters: DataFrame, images: DataFrame) -> DataFrame:
    """Return what ``--export-removable`` lists: paths, and the bytes they must still have.

    One row is a removable image. Two joins on the image id.

    Parameters
    ----------
    clusters : DataFrame
        Rows of ``clusters``.
    images : DataFrame
        Rows of ``images``.

    Returns
    -------
    DataFrame
        Of `store.schemas.REMOVABLE`.
    """
    return conform(_beside_keeper(clusters, images), REMOVABLE)


def _with_group(ranked: DataFrame, keepers: DataFrame) -> DataFrame:
    """Images with the name of their group: its keeper's signature, or equal bytes."""
    signed = ranked.where(F.col("status") == SIGNED).join(keepers, "signature_id", how="left")
    grouped = signed.withColumn("group", F.coalesce("keeper_signature_id", "signature_id"))
    # 64 bytes, and those of a signature are 16: no two groups have one name.
    flat = ranked.where(F.col("status") == SKIPPED).withColumn(
        "group", F.col("content_sha256").cast("binary")
    )
    columns = ["image_id", "content_sha256", "group", "rank", "criteria"]
    return grouped.select(*columns, "distance").unionByName(
        flat.select(*columns), allowMissingColumns=True
    )


def _heads(members: DataFrame) -> DataFrame:
    """The keeper of each group: its best-ranked image."""
    best = F.min_by(F.struct("image_id", "content_sha256", "criteria"), "rank").alias("best")
    return (
        members.groupBy("group")
        .agg(best)
        .select(
            "group",
            F.col("best.image_id").alias("keeper_id"),
            F.col("best.content_sha256").alias("keeper_content_sha256"),
            F.col("best.criteria").alias("keeper_criteria"),
        )
    )


def _kind() -> Column:
    return (
        F.when(F.col("content_sha256") == F.col("keeper_content_sha256"), SAME_BYTES)
        .when(F.col("distance").isNull(), SAME_SIGNATURE)
        .otherwise(NEAR)
    )


def _beside_keeper(clusters: DataFrame, images: DataFrame) -> DataFrame:
    own = images.select("image_id", "path", "bytes", "content_sha256")
    keeper = images.select(
        F.col("image_id").alias("keeper_id"),
        F.col("path").alias("keeper_path"),
        F.col("content_sha256").alias("keeper_content_sha256"),
    )
    removed = clusters.where(F.col("role") == REMOVE)
    return removed.join(own, "image_id", how="inner").join(keeper, "keeper_id", how="inner")
