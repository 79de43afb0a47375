"""A run's unfinished work: gone when it ends, but for facts that a later run may take over."""

import time

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from jobs.sinks.files import Files
from store.layout import Layout
from store.log import sequence_of

_COMMITTER = "mapreduce.fileoutputcommitter.algorithm.version"
_AS_TASKS_END = "2"
"""Hadoop's first algorithm moves all files at the job's end: what a killed one had is lost."""

_SECONDS_PER_HOUR = 3600


class Staging:
    """The folder of a run, below ``staging`` in its store.

    Parameters
    ----------
    spark : SparkSession
        Reads and writes.
    layout : Layout
        The store.
    files : Files
        Lists and deletes.
    run_id : str
        The run's.
    """

    def __init__(self, spark: SparkSession, layout: Layout, files: Files, run_id: str) -> None:
        self._spark, self._files, self._run_id = spark, files, run_id
        self._all, self._own = layout.staging(""), layout.staging(run_id)
        self._facts: set[str] = set()

    def stash(self, rows: DataFrame, name: str, piecewise: bool = False) -> DataFrame:
        """Write intermediate rows down, and read them back: they are computed once.

        Parameters
        ----------
        rows : DataFrame
            What to compute.
        name : str
            Of its folder.
        piecewise : bool
            Whether the rows of each task are there when it ends, and stay if this run dies: for
            `left_behind` of a later one.

        Returns
        -------
        DataFrame
            The same rows, from disk.
        """
        path = f"{self._own}/{name}"
        writer = rows.write.mode("overwrite")
        if piecewise:
            self._facts.add(name)
            writer = writer.option(_COMMITTER, _AS_TASKS_END)
        writer.parquet(path)
        return self._spark.read.schema(rows.schema).parquet(path)

    def left_behind(self, name: str, schema: StructType) -> DataFrame | None:
        """Return the rows that runs which died since the newest one stashed piecewise.

        Parameters
        ----------
        name : str
            Of their folder.
        schema : StructType
            Of the rows.

        Returns
        -------
        DataFrame or None
            None if there was no such run. Files that such a run deletes now, or did not end, are
            passed over.
        """
        siblings = f"{sequence_of(self._run_id)}-"
        runs = [run for run in self._others() if run.startswith(siblings)]
        folders = [f"{self._all}{run}" for run in runs]
        parts = [f"{folder}/{name}" for folder in folders if name in self._files.names(folder)]
        if not parts:
            return None
        reader = self._spark.read.schema(schema).option("ignoreMissingFiles", "true")
        return reader.option("ignoreCorruptFiles", "true").parquet(*parts)

    def clean_up(self, committed: bool) -> None:
        """Delete the run's folder; of a run that was not committed, facts stay.

        Parameters
        ----------
        committed : bool
            Whether the run was.
        """
        names = set(self._files.names(self._own))
        if committed or not names & self._facts:
            self._files.delete(self._own)
            return
        for name in names - self._facts:
            self._files.delete(f"{self._own}/{name}")

    def sweep(self, hours: int) -> int:
        """Delete what other runs left; those that wrote lately may be at work.

        Parameters
        ----------
        hours : int
            Folders that changed in the last so many hours stay.

        Returns
        -------
        int
            How many were deleted.
        """
        since = time.time() - _SECONDS_PER_HOUR * hours
        folders = [f"{self._all}{run}" for run in self._others()]
        left = [folder for folder in folders if self._files.modified(folder) < since]
        for folder in left:
            self._files.delete(folder)
        return len(left)

    def _others(self) -> list[str]:
        return [run for run in self._files.names(self._all) if run != self._run_id]
