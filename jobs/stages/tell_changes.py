"""Which images are new, changed, gone or as they were, beside what the store holds of them."""

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import conform, spark_schema
from store.schemas import FORGOTTEN, IMAGES, TOMBSTONES, VANISHED
from udfs.arrow import BatchFunction
from udfs.looking import LOOKED_ROWS

_UNCHANGED = pa.schema([*IMAGES, ("retold", pa.bool_())])

_OF_LISTING = ("bytes", "mtime", "etag", "metadata")
"""What an image that is as it was takes from the listing: its file may have been touched."""


def look_at_files(admitted: DataFrame, look: BatchFunction) -> DataFrame:
    """Add to each row the version of its file.

    One row is a row of the manifest. No shuffle.

    Parameters
    ----------
    admitted : DataFrame
        What `jobs.stages.admit_images.admit_images` returns.
    look : callable
        Of `udfs.looking.looker`.

    Returns
    -------
    DataFrame
        Of `udfs.looking.LOOKED_ROWS`.
    """
    return admitted.mapInArrow(look, spark_schema(LOOKED_ROWS))


def without_forgotten(admitted: DataFrame, forgotten: DataFrame) -> DataFrame:
    """Refuse the rows of images that are forgotten.

    One row is a row of the manifest. One join on the image id.

    Parameters
    ----------
    admitted : DataFrame
        Rows with ``image_id``, ``admitted``, ``reason`` and ``message``.
    forgotten : DataFrame
        ``image_id``, each once.

    Returns
    -------
    DataFrame
        The same rows; forgotten ones are not admitted and have the reason ``forgotten``.
    """
    marked = forgotten.select("image_id", F.lit(True).alias("_forgotten"))
    rows = admitted.join(marked, "image_id", how="left")
    gone = F.col("_forgotten").isNotNull() & F.col("admitted")
    told = {
        "admitted": F.col("admitted") & ~gone,
        "reason": F.when(gone, FORGOTTEN).otherwise(F.col("reason")),
        "message": F.when(gone, "it was to be forgotten").otherwise(F.col("message")),
    }
    return rows.select(*(told.get(name, F.col(name)).alias(name) for name in admitted.columns))


def unchanged_images(known: DataFrame, looked: DataFrame, contents: bool) -> DataFrame:
    """Return the images whose files are as they were when they were signed.

    One row is an image, its key ``image_id``. One join on the image id. An image that failed
    before its file was read has no version, and is none of these: it is tried again.

    Parameters
    ----------
    known : DataFrame
        Rows of ``images`` of the run before.
    looked : DataFrame
        What `look_at_files` returned.
    contents : bool
        Whether equal bytes count, and not equal size and time.

    Returns
    -------
    DataFrame
        Of `store.schemas.IMAGES`, and ``retold``: whether the listing says another thing of the
        image than before.
    """
    now = looked.where("admitted and reason is null").select(
        "image_id",
        F.col("path").alias("_path"),
        F.col("content_sha256").alias("_content_sha256"),
        F.col("bytes").alias("_bytes"),
        F.timestamp_micros("mtime").alias("_mtime"),
        F.col("etag").alias("_etag"),
        F.col("metadata").alias("_metadata"),
    )
    same_place = F.col("path") == F.col("_path")
    if contents:
        same = F.col("content_sha256") == F.col("_content_sha256")
    else:
        versioned = F.col("_mtime").isNotNull() | F.col("_etag").isNotNull()
        same = versioned & (F.col("bytes") == F.col("_bytes"))
        same &= F.col("mtime").eqNullSafe(F.col("_mtime"))
        same &= F.col("etag").eqNullSafe(F.col("_etag"))
    both = known.join(now, "image_id", how="inner").where(same_place & same)
    was = F.struct(*_OF_LISTING)
    told = F.struct(*(F.col(f"_{name}").alias(name) for name in _OF_LISTING))
    now_told = {name: F.col(f"_{name}") for name in _OF_LISTING}
    rows = both.withColumns({**now_told, "retold": ~was.eqNullSafe(told)})
    return conform(rows, _UNCHANGED)


def gone_images(known: DataFrame, images: DataFrame, forgotten: DataFrame) -> DataFrame:
    """Return the images that the store has no longer.

    One row is an image, its key ``image_id``. Two joins on the image id.

    Parameters
    ----------
    known : DataFrame
        Rows of ``images`` of the run before.
    images : DataFrame
        Those of this run.
    forgotten : DataFrame
        ``image_id`` of those that are gone by request.

    Returns
    -------
    DataFrame
        ``image_id``, ``path``, and ``reason``: vanished or forgotten.
    """
    gone = known.select("image_id", "path").join(
        images.select("image_id"), "image_id", how="left_anti"
    )
    marked = forgotten.select("image_id", F.lit(FORGOTTEN).alias("_reason"))
    reason = F.coalesce("_reason", F.lit(VANISHED)).alias("reason")
    return gone.join(marked, "image_id", how="left").select("image_id", "path", reason)


def tombstone_rows(
    before: DataFrame, gone: DataFrame, images: DataFrame, forgotten: DataFrame, run_id: str
) -> DataFrame:
    """Return the table ``tombstones``: images that left, until they come back.

    One row is an image, its key ``image_id``.

    Parameters
    ----------
    before : DataFrame
        The table of the run before.
    gone : DataFrame
        What `gone_images` returned.
    images : DataFrame
        The table ``images`` of this run.
    forgotten : DataFrame
        ``image_id`` of every image that is to be forgotten, in the store or not.
    run_id : str
        Goes into new rows.

    Returns
    -------
    DataFrame
        Of `store.schemas.TOMBSTONES`.
    """
    stayed = before.join(gone.select("image_id"), "image_id", how="left_anti")
    unseen = (
        forgotten.select("image_id")
        .join(stayed.where(F.col("reason") == FORGOTTEN), "image_id", how="left_anti")
        .join(gone.select("image_id"), "image_id", how="left_anti")
        .withColumns({"path": F.lit(None).cast("string"), "reason": F.lit(FORGOTTEN)})
    )
    stayed = stayed.join(unseen.select("image_id"), "image_id", how="left_anti")
    added = gone.unionByName(unseen).withColumn("run_id", F.lit(run_id))
    rows = stayed.unionByName(added)
    return conform(rows.join(images.select("image_id"), "image_id", how="left_anti"), TOMBSTONES)
