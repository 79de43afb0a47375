"""Delta tables: each write is one commit, whose version the run remembers."""

from delta.exceptions import DeltaConcurrentModificationException
from pyspark.sql import DataFrame

from jobs.errors import ConflictError

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
    writer = rows.write.format("delta").mode("overwrite")
    try:
        writer.option("overwriteSchema", "true").option("userMetadata", run_id).save(path)
    except DeltaConcurrentModificationException as error:
        raise ConflictError(
            "another run is writing this store at the same time: this one ends here, "
            "and nothing of it is visible; start it again when the other is done"
        ) from error
    return int(str(rows.sparkSession.conf.get(_LAST_COMMIT)))
