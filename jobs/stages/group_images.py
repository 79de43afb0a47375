"""Groups of images: who stays, who goes, and why."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.stages.choose_keepers import Checkpoint
from jobs.stages.rank_images import why_better
from jobs.stages.schema import conform
from jobs.stages.update_pairs import every_end
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


def contested_images(images: DataFrame, pairs: DataFrame, checkpoint: Checkpoint) -> DataFrame:
    """Return the images that may be in a group: those in a pair, and those that are alike.

    One row is an image, its key ``image_id``. Most images are in no group: whatever is asked of
    groups is asked of these few. Shuffles the likeness of every image and of every end of a pair,
    and the images only if those are too many to be sent to every executor.

    Parameters
    ----------
    images : DataFrame
        Rows of ``images``.
    pairs : DataFrame
        Rows of ``pairs``.
    checkpoint : callable
        Writes down which likenesses they are, and then the images.

    Returns
    -------
    DataFrame
        Rows of ``images``, in which `likeness` is never null.
    """
    one, every = F.lit(1).alias("weight"), F.lit(2).alias("weight")
    own = images.select(likeness().alias("likeness"), one).where("likeness is not null")
    ends = every_end(pairs).select(F.col("signature_id").alias("likeness"), every)
    counted = own.unionByName(ends).groupBy("likeness")
    shared = checkpoint(
        counted.agg(F.sum("weight").alias("weight")).where("weight > 1").select("likeness"),
        "shared",
    )
    named = images.withColumn("likeness", likeness())
    contested = named.join(shared, "likeness", how="left_semi")
    return checkpoint(contested.select(*images.columns), "contested")


def likeness() -> Column:
    """Name what two images share that are of one group without being compared.

    Returns
    -------
    Column
        Binary: the signature id; of an image without features, whose signature says nothing, the
        hash of its bytes, which is longer. Null for a failed one.
    """
    status = F.col("status")
    return F.when(status == SIGNED, F.col("signature_id")).when(
        status == SKIPPED, F.col("content_sha256").cast("binary")
    )


def group_images(ranked: DataFrame, keepers: DataFrame, run_id: str) -> DataFrame:
    """Put every image that has a duplicate into its keeper's group.

    One row is an image in a group of two or more, its key ``image_id``. Copies of a signature
    follow its best-ranked image, or that one's keeper; featureless images form groups of equal
    bytes only. One shuffle, by group.

    Parameters
    ----------
    ranked : DataFrame
        What `contested_images` returned, with ``rank`` and ``criteria``.
    keepers : DataFrame
        What `assign_keepers` returns.
    run_id : str
        Goes into every row.

    Returns
    -------
    DataFrame
        Of `store.schemas.CLUSTERS`.
    """
    grouped = _with_group(ranked, keepers)
    group = Window.partitionBy("group")
    keeper = F.min_by(F.struct("image_id", "content_sha256", "criteria"), "rank").over(group)
    members = grouped.withColumns({"keeper": keeper, "size": F.count("*").over(group)})
    ranking = ranked.select("criteria.*").columns
    stays = F.col("image_id") == F.col("keeper.image_id")
    return conform(
        members.where("size > 1").withColumns(
            {
                "keeper_id": F.col("keeper.image_id"),
                "role": F.when(stays, KEEP).otherwise(REMOVE),
                "kind": F.when(~stays, _kind()),
                "distance": F.when(~stays, F.coalesce("distance", F.lit(0.0))),
                "reason": F.when(stays, "best ranked of its group").otherwise(
                    why_better("keeper.criteria", "criteria", ranking)
                ),
                "run_id": F.lit(run_id),
            }
        ),
        CLUSTERS,
    )


def duplicate_rows(clusters: DataFrame, images: DataFrame) -> DataFrame:
    """Return the report ``duplicates``: each removable image beside its keeper.

    One row is a removable image, its key ``image_id``. Two joins on the image id.

    Parameters
    ----------
    clusters : DataFrame
        Rows of ``clusters``.
    images : DataFrame
        What `contested_images` returned.

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
        What `contested_images` returned.

    Returns
    -------
    DataFrame
        Of `store.schemas.REMOVABLE`.
    """
    return conform(_beside_keeper(clusters, images), REMOVABLE)


def _with_group(ranked: DataFrame, keepers: DataFrame) -> DataFrame:
    """Images with the name of their group: their keeper's signature, or what they share."""
    columns = ["image_id", "content_sha256", "rank", "criteria"]
    assigned = keepers.withColumnRenamed("signature_id", "likeness")
    return (
        ranked.withColumn("likeness", likeness())
        .join(assigned, "likeness", how="left")
        .select(*columns, F.coalesce("keeper_signature_id", "likeness").alias("group"), "distance")
    )


def _kind() -> Column:
    return (
        F.when(F.col("content_sha256") == F.col("keeper.content_sha256"), SAME_BYTES)
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
