"""One execution of a job: what it has written, counted and timed, until it is committed."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, Row, SparkSession

from fetch import canonical
from jobs.errors import JobError, UserError
from jobs.progress import Progress
from jobs.settings import Settings
from jobs.sinks.files import Files
from jobs.sinks.run_log import RunLog, settings_text
from jobs.sinks.tables import append_table, compact_table, write_table
from jobs.stages.schema import conform, no_rows
from jobs.staging import Staging
from jobs.version import CODE_VERSION
from store.layout import Layout
from store.log import new_run_id


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
        self.is_committed = False
        self._asked_text = settings_text(settings.model_dump(mode="json"))
        self._log = RunLog(spark, self.layout)
        self._parent = self._log.newest()
        self._sequence = self._parent.sequence + 1 if self._parent else 1
        self._versions: dict[str, int] = {}
        self._left: set[str] = set()
        self.run_id = new_run_id(self._sequence)
        self.staging = Staging(spark, self.layout, self.files, self.run_id)
        self._end = ExitStack()

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

    def last_estimate(self, name: str, model_id: str) -> float | None:
        """Return what the newest run that asked found; see `RunLog.last_estimate`."""
        return self._log.last_estimate(name, model_id)

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

    def take_over(self, counts: Sequence[str]) -> None:
        """Say of this run what the newest one said, where it changes nothing.

        Parameters
        ----------
        counts : sequence of str
            Names of those that stay; cutoff and settings do, too.
        """
        if self._parent is not None:
            self.fix_cutoff(self._parent.cutoff)
            self._asked_text = self._parent.settings
            told = dict(self._parent.counts)
            self.counts |= {name: told[name] for name in counts if name in told}

    def committed(self) -> list[Row]:
        """Return the rows of the run log, oldest first; see `RunLog.runs`."""
        return self._log.runs()

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

    def unpin(self, name: str) -> None:
        """Leave a table of the newest run behind: this run has no such table.

        Parameters
        ----------
        name : str
            The table's.
        """
        self._left.add(name)

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

    def read_or_none(self, name: str, schema: pa.Schema) -> DataFrame:
        """Read a table at the version that the newest run pins, if it pins one.

        Parameters
        ----------
        name : str
            The table's.
        schema : pyarrow.Schema
            Of the table.

        Returns
        -------
        DataFrame
            Its rows; none where there is no such table yet.
        """
        if name in self.parent_versions:
            return self.read(name)
        return no_rows(self.spark, schema)

    def stash(self, rows: DataFrame, name: str) -> DataFrame:
        """Write intermediate rows down, and read them back; see `jobs.staging.Staging.stash`."""
        return self.staging.stash(rows, name)

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

    def append(self, name: str, rows: DataFrame) -> DataFrame:
        """Add rows to what the newest run pins of a table, and read this run's version back.

        Parameters
        ----------
        name : str
            The table's; the newest run pins a version of it.
        rows : DataFrame
            What it has not yet.

        Returns
        -------
        DataFrame
            The table at the version just written.

        Raises
        ------
        ConflictError
            If another run wrote the table at the same time.
        """
        path = self.layout.table(name)
        version = append_table(rows, path, self.run_id, self.parent_versions[name])
        self._versions[name] = version
        return self.spark.read.format("delta").option("versionAsOf", version).load(path)

    def compact(self, name: str) -> None:
        """Write a table in few files, as this run wrote it or else as the newest run pins it.

        Parameters
        ----------
        name : str
            The table's.

        Raises
        ------
        ConflictError
            If another run wrote the table at the same time.
        """
        held = {**self.parent_versions, **self._versions}[name]
        self._versions[name] = compact_table(self.spark, self.layout.table(name), held)

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
        kept = {k: v for k, v in self.parent_versions.items() if k not in self._left}
        self._log.commit(
            {
                "run_id": self.run_id,
                "parent": self._parent.run_id if self._parent else None,
                "sequence": self._sequence,
                "job": self.job,
                "model_id": model_id,
                "cutoff": self.settings.cutoff,
                "settings": self._asked_text,
                "counts": self.counts,
                "timings": self.timings,
                "estimates": self.estimates,
                "versions": {**kept, **self._versions},
                "signature_version": signature_version,
                "code_version": CODE_VERSION,
            }
        )
        self.is_committed = True

    def at_end(self, act: Callable[[], None]) -> None:
        """Do something in `clean_up`.

        Parameters
        ----------
        act : callable
            Closes what the run has opened.
        """
        self._end.callback(act)

    def clean_up(self) -> None:
        """Delete the run's intermediate rows; what it signed only if it was committed."""
        self._end.close()
        self.staging.clean_up(self.is_committed)
