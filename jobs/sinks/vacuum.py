"""Delta's vacuum, held back from the files of versions that are still read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"
"""Delta refuses less than a week: what it would delete may be in use. Here it is not."""

_CANDIDATES = "vacuum_candidates"


def vacuum_table(spark: SparkSession, path: str, kept: Sequence[int], hours: int) -> int:
    """Delete the files of a table that no kept version has.

    Delta by itself keeps the files of the newest version, and those that were removed lately; a
    version that a run pins may be neither. So it is shown only files that no kept version has.

    Parameters
    ----------
    spark : SparkSession
        With Delta.
    path : str
        The table's folder.
    kept : sequence of int
        Versions that stay whole. The driver holds the names of their files.
    hours : int
        Files that were written or removed in the last so many hours stay.

    Returns
    -------
    int
        How many files were deleted.
    """
    if _old_files(spark, path, hours).head() is None:
        return 0  # whoever needs them, or not
    candidates = _candidates(spark, path, kept, hours)
    before = candidates.count()
    if not before:
        return 0
    candidates.createOrReplaceTempView(_CANDIDATES)
    with _short_retention(spark):
        # By its name it is taken for a table, and refused.
        inventory = f"(SELECT * FROM {_CANDIDATES})"  # noqa: S608 - a constant
        spark.sql(f"VACUUM delta.`{path}` USING INVENTORY {inventory} RETAIN {hours} HOURS")
    spark.catalog.dropTempView(_CANDIDATES)
    return before - _candidates(spark, path, kept, hours).count()


def _candidates(spark: SparkSession, path: str, kept: Sequence[int], hours: int) -> DataFrame:
    """The old files of a table that no kept version has."""
    names = sorted({name for version in kept for name in _names(spark, path, version)})
    needed = spark.createDataFrame([(name,) for name in names], "name string")
    own_name = F.element_at(F.split("path", "/"), -1)
    old = _old_files(spark, path, hours)
    return old.join(needed, own_name == F.col("name"), how="left_anti")


def _old_files(spark: SparkSession, path: str, hours: int) -> DataFrame:
    """Files of a table that were written before the last so many hours, as Delta's inventory."""
    # This source tells paths, sizes and times from the listing; its contents are not asked for.
    files = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(path)
    files = files.where(F.col("modificationTime") < F.expr(f"now() - interval {hours} hours"))
    told = {
        "path": F.col("path"),
        "length": F.col("length"),
        "isDir": F.lit(False),
        "modificationTime": F.unix_millis("modificationTime"),
    }
    # Delta refuses columns that can hold no null.
    return files.select(*(F.when(F.lit(True), value).alias(name) for name, value in told.items()))


def _names(spark: SparkSession, path: str, version: int) -> list[str]:
    rows = spark.read.format("delta").option("versionAsOf", version).load(path)
    return [file.rsplit("/", 1)[1] for file in rows.inputFiles()]


@contextmanager
def _short_retention(spark: SparkSession) -> Iterator[None]:
    before = spark.conf.get(_CHECK, "true")
    spark.conf.set(_CHECK, "false")
    try:
        yield
    finally:
        spark.conf.set(_CHECK, before or "true")
