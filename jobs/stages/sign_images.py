"""Admitted rows become images: signed, skipped or failed."""

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import conform, spark_schema
from store.schemas import FAILED, FORGOTTEN, IMAGES, REJECTS, SIGNATURES, SIGNED, SKIPPED
from udfs.signing import SIGNED_ROWS, SigningTask, signer


def sign_images(
    admitted: DataFrame, task: SigningTask, partitions: int, count: Callable[[int], None]
) -> DataFrame:
    """Sign every admitted image that has not failed yet.

    One row is an image, its key ``image_id``. Shuffles the small rows of the manifest, so that
    tasks are even. Running it twice gives the same, as long as the files stay the same.

    Parameters
    ----------
    admitted : DataFrame
        What `admit_images` returns.
    task : SigningTask
        How to sign.
    partitions : int
        Tasks to sign in.
    count : callable
        Told the number of images done.

    Returns
    -------
    DataFrame
        Of `udfs.signing.SIGNED_ROWS`.
    """
    wanted = admitted.where("admitted and reason is null")
    columns = wanted.select("image_id", "path", "metadata").repartition(partitions)
    return columns.mapInArrow(signer(task, count), spark_schema(SIGNED_ROWS))


def image_rows(signed: DataFrame, admitted: DataFrame, run_id: str) -> DataFrame:
    """Return the table ``images``: what was signed and what failed before that.

    One row is an admitted image, its key ``image_id``. No shuffle.

    Parameters
    ----------
    signed : DataFrame
        What `sign_images` returned.
    admitted : DataFrame
        What `admit_images` returned.
    run_id : str
        Goes into every row.

    Returns
    -------
    DataFrame
        Of `store.schemas.IMAGES`.
    """
    failed_before = admitted.where("admitted and reason is not null").withColumns(
        {"status": F.lit(FAILED)}
    )
    rows = signed.drop("signature").unionByName(
        failed_before.drop("admitted"), allowMissingColumns=True
    )
    seconds = F.timestamp_micros("mtime")
    return conform(rows.withColumns({"mtime": seconds, "run_id": F.lit(run_id)}), IMAGES)


def rejected_rows(images: DataFrame, admitted: DataFrame) -> DataFrame:
    """Return the report ``rejects``: every manifest row that was not signed, and why.

    One row is a row of the manifest. No shuffle.

    Parameters
    ----------
    images : DataFrame
        The table ``images``.
    admitted : DataFrame
        What `admit_images` returned; brings the rows that have no place in ``images``.

    Returns
    -------
    DataFrame
        Of `store.schemas.REJECTS`.
    """
    unsigned = images.where(F.col("status") != SIGNED)
    status = F.when(F.col("reason") == FORGOTTEN, SKIPPED).otherwise(FAILED)
    homeless = admitted.where("not admitted").withColumn("status", status)
    return conform(unsigned, REJECTS).unionByName(conform(homeless, REJECTS))


def distinct_signatures(signed: DataFrame, version: str) -> DataFrame:
    """Return the table ``signatures``: each signature once.

    One row is a signature, its key ``signature_id``. Shuffles signatures once, by id.

    Parameters
    ----------
    signed : DataFrame
        What `sign_images` returned.
    version : str
        The signature version.

    Returns
    -------
    DataFrame
        Of `store.schemas.SIGNATURES`.
    """
    rows = signed.where(F.col("status") == SIGNED)
    distinct = rows.groupBy("signature_id").agg(F.first("signature").alias("signature"))
    return conform(distinct.withColumn("signature_version", F.lit(version)), SIGNATURES)
