"""One execution of a job: what it has written, counted and timed, until it is committed."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from fetch import canonical
from jobs.errors import JobError, UserError
from jobs.progress import Progress
from jobs.settings import Settings
from jobs.sinks.files import Files
from jobs.sinks.run_log import RunLog, new_run_id, settings_text
from jobs.sinks.tables import write_table
from jobs.stages.schema import conform
from jobs.version import CODE_VERSION
from store.layout import Layout


class Run:
    """A run at work. Nothing that it writes is visible before `commit`.

    Parameters
    ----------
    spark : SparkSession
        With Delta.
    job : str
        The job's name.
    root : str
        The store's folder.
    settings : Settings
        What the run was asked.
    progress : Progress
        Shows its stages.
    """

    def __init__(
        self, spark: SparkSession, job: str, root: str, settings: Settings, progress: Progress
    ) -> None:
        self.spark, self.job, self.settings = spark, job, settings
        self.layout, self.files, self.progress = Layout(root), Files(spark), progress
        self.counts: dict[str, int] = {}
        self.timings: dict[str, float] = {}
        self.estimates: dict[str, float] = {}
        self.ending: JobError | None = None
        self.committed = False
        self._asked = settings
        self._log = RunLog(spark, self.layout)
        self._parent = self._log.newest()
        self._sequence = self._parent.sequence + 1 if self._parent else 1
        self._versions: dict[str, int] = {}
        self.run_id = new_run_id(self._sequence)

    @property
    def parent_model(self) -> str | None:
        """The model of the newest run; None in a store without one."""
        return self._parent.model_id if self._parent else None

    @property
    def parent_cutoff(self) -> float | None:
        """The cutoff of the newest run; None in a store without one."""
        return self._parent.cutoff if self._parent else None

    @property
    def parent_settings(self) -> dict[str, Any]:
        """The settings of the newest run; empty in a store without one."""
        return dict(json.loads(self._parent.settings)) if self._parent else {}

    @property
    def parent_signature_version(self) -> str | None:
        """The signature version of the newest run; None in a store without one."""
        return self._parent.signature_version if self._parent else None

    @property
    def parent_versions(self) -> dict[str, int]:
        """The table versions that the newest run pins."""
        return dict(self._parent.versions) if self._parent else {}

    @property
    def protected(self) -> list[str]:
        """The canonical paths of folders whose images are kept before all others."""
        return [canonical(prefix) for prefix in self.settings.keepers.protected]

    @contextmanager
    def stage(
        self, name: str, total: int = 0, done: Callable[[], int] = lambda: 0
    ) -> Iterator[None]:
        """Show and time a stage; see `jobs.progress.Progress.stage`."""
        start = time.monotonic()
        self.spark.sparkContext.setJobDescription(f"{self.job}: {name}")
        with self.progress.stage(name, total, done):
            yield
        self.timings[name] = round(time.monotonic() - start, 3)

    def fix_cutoff(self, cutoff: float) -> None:
        """Search below this cutoff from now on; the run log keeps what was asked.

        Parameters
        ----------
        cutoff : float
            In [0, 1); at 0 there are no pairs.
        """
        self.settings = self.settings.model_copy(update={"cutoff": cutoff})

    def tell(self, lines: Iterable[str]) -> None:
        """Print what the user should know before the run goes on.

        Parameters
        ----------
        lines : iterable of str
            Without line ends; where there are none, nothing is printed.
        """
        if text := list(lines):
            print("", *text, "", sep="\n", flush=True)

    def read(self, name: str) -> DataFrame:
        """Read a table at the version that the newest run pins.

        Parameters
        ----------
        name : str
            The table's.

        Returns
        -------
        DataFrame
            Its rows.

        Raises
        ------
        UserError
            If the store has no run, or that run no such table.
        """
        if name not in self.parent_versions:
            raise UserError(f"no committed run at {self.layout.root} has a table {name}")
        path, version = self.layout.table(name), self.parent_versions[name]
        return self.spark.read.format("delta").option("versionAsOf", version).load(path)

    def stash(self, rows: DataFrame, name: str) -> DataFrame:
        """Write intermediate rows down, and read them back: they are computed once.

        Parameters
        ----------
        rows : DataFrame
            What to compute.
        name : str
            Of its folder in the run's staging.

        Returns
        -------
        DataFrame
            The same rows, from disk.
        """
        path = f"{self.layout.staging(self.run_id)}/{name}"
        rows.write.mode("overwrite").parquet(path)
        return self.spark.read.schema(rows.schema).parquet(path)

    def write(self, name: str, rows: DataFrame) -> DataFrame:
        """Replace a table's content, and read this run's version of it back.

        Parameters
        ----------
        name : str
            The table's.
        rows : DataFrame
            All that it shall hold.

        Returns
        -------
        DataFrame
            The table at the version just written.
        """
        path = self.layout.table(name)
        version = write_table(rows, path, self.run_id)
        self._versions[name] = version
        return self.spark.read.format("delta").option("versionAsOf", version).load(path)

    def report(self, name: str, rows: DataFrame, schema: pa.Schema) -> DataFrame:
        """Write a report's Parquet folder, and read it back.

        Parameters
        ----------
        name : str
            The report's, without ``.parquet``.
        rows : DataFrame
            With the columns of ``schema``, and perhaps others.
        schema : pyarrow.Schema
            What the report has.

        Returns
        -------
        DataFrame
            The report.
        """
        path = f"{self.layout.report(self.run_id)}/{name}.parquet"
        fitting = conform(rows, schema)
        fitting.write.mode("overwrite").parquet(path)
        return self.spark.read.schema(fitting.schema).parquet(path)

    def commit(self, model_id: str, signature_version: str) -> None:
        """Make the run visible; `clean_up` deletes its intermediate rows.

        Parameters
        ----------
        model_id : str
            The model it searched with.
        signature_version : str
            Of its signatures.

        Raises
        ------
        ConflictError
            If another run committed since this one began.
        """
        self._log.commit(
            {
                "run_id": self.run_id,
                "parent": self._parent.run_id if self._parent else None,
                "sequence": self._sequence,
                "job": self.job,
                "model_id": model_id,
                "cutoff": self.settings.cutoff,
                "settings": settings_text(self._asked.model_dump(mode="json")),
                "counts": self.counts,
                "timings": self.timings,
                "estimates": self.estimates,
                "versions": {**self.parent_versions, **self._versions},
                "signature_version": signature_version,
                "code_version": CODE_VERSION,
            }
        )
        self.committed = True

    def clean_up(self) -> None:
        """Delete the run's intermediate rows, committed or not."""
        self.files.delete(self.layout.staging(self.run_id))
