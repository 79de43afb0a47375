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


def append_table(rows: DataFrame, path: str, run_id: str, pinned: int) -> int:
    """Add rows to one version of a table.

    What a run that died left behind it is undone first, by a commit of its own.

    Parameters
    ----------
    rows : DataFrame
        The rows to add.
    path : str
        The table's folder.
    run_id : str
        Written into the commit, for people who read the history.
    pinned : int
        The version to which they are added.

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
    base = _settled(spark, path, pinned)
    spark.conf.unset(_LAST_COMMIT)
    with conflicts_told():
        rows.write.format("delta").mode("append").option("userMetadata", run_id).save(path)
    return _made(spark, path, base)


def compact_table(spark: SparkSession, path: str, pinned: int) -> int:
    """Write one version of a table in few files; its rows stay the same.

    What a run that died left behind it is undone first, by a commit of its own.

    Parameters
    ----------
    spark : SparkSession
        With Delta.
    path : str
        The table's folder.
    pinned : int
        The version.

    Returns
    -------
    int
        The table's newest version, with the same rows.

    Raises
    ------
    ConflictError
        If another run wrote the table at the same time.
    """
    base = _settled(spark, path, pinned)
    spark.conf.unset(_LAST_COMMIT)
    with conflicts_told():
        DeltaTable.forPath(spark, path).optimize().executeCompaction()
    return _made(spark, path, base)


def _settled(spark: SparkSession, path: str, pinned: int) -> int:
    """A table's newest version, which holds what the pinned one does."""
    newest = _newest(spark, path)
    if newest == pinned:
        return pinned
    spark.conf.unset(_LAST_COMMIT)
    with conflicts_told():
        DeltaTable.forPath(spark, path).restoreToVersion(pinned)
    version = spark.conf.get(_LAST_COMMIT, None)
    return _newest(spark, path) if version is None else int(version)


def _made(spark: SparkSession, path: str, base: int) -> int:
    """The version of this session's last commit, if it stands on the one that was meant."""
    version = spark.conf.get(_LAST_COMMIT, None)
    made = base if version is None else int(version)  # nothing to write, no commit
    # An append is let in beside any other: then it stands on rows that this run never saw.
    if made > base + 1:
        raise ConflictError(f"another run wrote {path} at the same time; start this one again")
    return made


def _newest(spark: SparkSession, path: str) -> int:
    return int(DeltaTable.forPath(spark, path).history(1).select("version").collect()[0][0])


def _empty_version(spark: SparkSession, path: str) -> int:
    """Version of a table that was empty and stays so: Delta makes no commit then."""
    version = _newest(spark, path)
    if spark.read.format("delta").option("versionAsOf", version).load(path).head() is not None:
        raise ConflictError(f"another run wrote {path} at the same time; start this one again")
    return version
