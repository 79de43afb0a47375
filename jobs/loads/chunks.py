"""The rows of a backfill, cut into chunks that are written down once."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.run import Run

_DONE = "_SUCCESS"
"""Spark's own mark of a folder that is whole."""


def chunk_of(chunks: int) -> Column:
    """Return the chunk of an image: the same at every start.

    Parameters
    ----------
    chunks : int
        How many there are.

    Returns
    -------
    Column
        0 to ``chunks`` - 1, from a hash of ``image_id``.
    """
    return F.pmod(F.xxhash64("image_id"), F.lit(chunks)).cast("int")


class Chunks:
    """Rows on disk, a folder for each chunk.

    Parameters
    ----------
    run : Run
        Brings Spark and the store.
    name : str
        Of the folder below ``backfills/``.
    """

    def __init__(self, run: Run, name: str) -> None:
        self._run = run
        self.path = f"{run.layout.root}/backfills/{name}"

    def write(self, rows: DataFrame, chunks: int) -> None:
        """Write rows down, unless an earlier start did.

        Parameters
        ----------
        rows : DataFrame
            With ``image_id``.
        chunks : int
            How many parts.
        """
        target = f"{self.path}/rows"
        if _DONE in self._run.files.names(target):
            return
        parted = rows.withColumn("chunk", chunk_of(chunks)).repartition("chunk")
        parted.write.mode("overwrite").partitionBy("chunk").parquet(target)

    def read(self, chunk: int, like: DataFrame) -> DataFrame:
        """Read a chunk.

        Parameters
        ----------
        chunk : int
            Its number.
        like : DataFrame
            Rows of the same columns.

        Returns
        -------
        DataFrame
            Empty if the chunk is.
        """
        spark, folder = self._run.spark, f"{self.path}/rows/chunk={chunk}"
        if not self._run.files.names(folder):
            return like.where("false")
        return spark.read.schema(like.schema).parquet(folder)

    def stash(self, rows: DataFrame, name: str) -> DataFrame:
        """Write other rows down, unless an earlier start did, and read them.

        Parameters
        ----------
        rows : DataFrame
            What to compute once.
        name : str
            Of their folder.

        Returns
        -------
        DataFrame
            The same rows, from disk.
        """
        target = f"{self.path}/{name}"
        if _DONE not in self._run.files.names(target):
            rows.write.mode("overwrite").parquet(target)
        return self._run.spark.read.schema(rows.schema).parquet(target)

    def joined(self, names: Sequence[str], like: DataFrame) -> DataFrame:
        """Read all that was stashed under some names as one.

        Parameters
        ----------
        names : sequence of str
            Of their folders.
        like : DataFrame
            Rows of the same columns.

        Returns
        -------
        DataFrame
            One scan, however many folders.
        """
        folders = [f"{self.path}/{name}" for name in names]
        return self._run.spark.read.schema(like.schema).parquet(*folders)

    def remove(self) -> None:
        """Delete all of it."""
        self._run.files.delete(self.path)
