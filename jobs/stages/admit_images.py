"""The manifest's rows get an id, and each id one row."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.stages.schema import spark_schema
from store.schemas import MAX_IMAGE_ID_BYTES
from udfs.identifying import IDENTIFIED_ROWS, identify


def admit_images(manifest: DataFrame) -> DataFrame:
    """Give every row an id and decide which row of an id counts.

    One row is a row of the manifest, but that rows with one id and one path are one row. A row
    that counts is ``admitted`` and its ``image_id`` is unique among those; any other has the
    reason ``duplicate_id`` or ``invalid_id``. The first row of an id in path order counts.
    Shuffles the manifest twice, by path and by id. Running it twice gives the same.

    Parameters
    ----------
    manifest : DataFrame
        What `jobs.sources.read_manifest` returns.

    Returns
    -------
    DataFrame
        `udfs.identifying.IDENTIFIED_ROWS` and ``admitted`` boolean; ``reason`` is null where the
        image is to be signed.
    """
    # Spread first: one folder is listed by one task, whatever it holds. And a stage of two Python
    # functions starts two workers a core, each of which imports everything that signing needs.
    spread = manifest.repartition("path")
    identified = spread.mapInArrow(identify, spark_schema(IDENTIFIED_ROWS))
    by_id = Window.partitionBy("image_id").orderBy(F.col("path").asc_nulls_last(), "metadata")
    return _judged(
        identified.withColumns(
            {
                "_place": F.row_number().over(by_id),
                "_first_path": F.first("path").over(by_id),
                "_path_before": F.lag("path").over(by_id),
            }
        )
    )


def _judged(ranked: DataFrame) -> DataFrame:
    has_id = F.col("image_id").isNotNull()
    usable = has_id & (F.length(F.encode("image_id", "UTF-8")) <= MAX_IMAGE_ID_BYTES)
    first = F.col("_place") == 1
    repeated = has_id & ~first & F.col("path").eqNullSafe(F.col("_path_before"))
    told = {
        "reason": ("invalid_id", "duplicate_id"),
        "message": (
            F.lit(f"an image_id has 1 to {MAX_IMAGE_ID_BYTES} bytes"),
            F.concat(F.lit("its image_id belongs to "), F.col("_first_path")),
        ),
    }
    judged = {
        name: F.when(F.col("reason").isNotNull() & ~has_id, F.col(name))
        .when(~usable, unusable)
        .when(~first, later)
        .otherwise(F.col(name))
        .alias(name)
        for name, (unusable, later) in told.items()
    }
    return ranked.where(~repeated).select(
        *(judged.get(name, F.col(name)) for name in IDENTIFIED_ROWS.names),
        (first & usable).alias("admitted"),
    )
