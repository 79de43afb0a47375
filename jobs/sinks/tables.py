"""Delta tables: each write is one commit, whose version the run remembers."""

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession

from jobs.errors import ConflictError
from jobs.sinks.conflicts import conflicts_told

_LAST_COMMIT = "spark.databricks.delta.lastCommitVersionInSession"
"""Where Delta puts the version of this session's own last commit, whatever others commit."""


def write_table(rows: DataFrame, path: str, run_id: str) -> int:
    """Replace a table's content in one commit.

    Parameters
    ----------
    rows : DataFrame
        The new content.
    path : str
        The table's folder; made if it is not there.
    run_id : str
        Written into the commit, for people who read the history.

    Returns
    -------
    int
        The version that this commit made.

    Raises
    ------
    ConflictError
        If another run wrote the table at the same time.
    """
    spark = rows.sparkSession
    spark.conf.unset(_LAST_COMMIT)
    writer = rows.write.format("delta").mode("overwrite")
    with conflicts_told():
        writer.option("overwriteSchema", "true").option("userMetadata", run_id).save(path)
    version = spark.conf.get(_LAST_COMMIT, None)
    return _empty_version(spark, path) if version is None else int(version)


def _empty_version(spark: SparkSession, path: str) -> int:
    """Version of a table that was empty and stays so: Delta makes no commit then."""
    newest = DeltaTable.forPath(spark, path).history(1).select("version").collect()
    version = int(newest[0][0])
    if spark.read.format("delta").option("versionAsOf", version).load(path).head() is not None:
        raise ConflictError(f"another run wrote {path} at the same time; start this one again")
    return version
