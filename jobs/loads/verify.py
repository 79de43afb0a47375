"""Whether all is in the index that should be, and nothing that should not."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from elastic import Client
from elastic.indices import count, refresh
from jobs.errors import LoadError
from jobs.stages.schema import spark_schema
from udfs.checking import CHECKED, Wanted, checker, sifter


def verify_count(client: Client, index: str, expected: int) -> None:
    """Compare what a search finds in a fresh index with what was written.

    Parameters
    ----------
    client : Client
        The server.
    index : str
        That nobody else writes.
    expected : int
        Distinct ids, less those that were refused.

    Raises
    ------
    LoadError
        If they differ.
    """
    counted = count(client, index)
    if counted != expected:
        raise LoadError(f"the index {index} has {counted:,} documents and should have {expected:,}")


def verify_ids(ids: DataFrame, client: Client, index: str, version: int, expected: int) -> None:
    """Look up every id of a run in a live index.

    Parameters
    ----------
    ids : DataFrame
        With ``image_id``: what was written.
    client : Client
        The server.
    index : str
        Which others may write too.
    version : int
        Of the run.
    expected : int
        Ids, less those that were refused.

    Raises
    ------
    LoadError
        If one is missing, or is still of an older run.
    """
    refresh(client, index)
    found = ids.select("image_id").mapInArrow(
        checker(client.connection, index, version), spark_schema(CHECKED)
    )
    row = found.agg(F.sum("found"), F.sum("current")).head()
    there, current = (row[0] or 0, row[1] or 0) if row else (0, 0)
    if current < expected:
        raise LoadError(
            f"of {expected:,} documents of this run the index {index} has {current:,} "
            f"({there - current:,} more are of an older run)"
        )


def sift(rows: DataFrame, client: Client, index: str, wanted: Wanted) -> DataFrame:
    """Keep rows by what an index has of them, as of its last refresh.

    One row is a row of ``rows``. No shuffle; each reading asks the server again.

    Parameters
    ----------
    rows : DataFrame
        With ``image_id``.
    client : Client
        The server.
    index : str
        Where to look.
    wanted : callable
        See `udfs.checking.Wanted`.

    Returns
    -------
    DataFrame
        With the columns of ``rows``.
    """
    return rows.mapInArrow(sifter(client.connection, index, wanted), rows.schema)


def verify_absent(ids: DataFrame, client: Client, index: str) -> None:
    """Look up ids that must be gone.

    Parameters
    ----------
    ids : DataFrame
        With ``image_id``: what was deleted.
    client : Client
        The server.
    index : str
        Where they were.

    Raises
    ------
    LoadError
        If one is still there.
    """
    found = ids.select("image_id").mapInArrow(
        checker(client.connection, index, 0), spark_schema(CHECKED)
    )
    row = found.agg(F.sum("found")).head()
    if row and row[0]:
        raise LoadError(f"{row[0]:,} documents are still in the index {index} that must not be")
