"""Reading a store without Spark: the run log, and each table at the version it pins."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError
from pyarrow.fs import FileSelector, FileSystem, FileType, LocalFileSystem, SubTreeFileSystem

from store.errors import (
    DamagedStoreError,
    MissingFilesError,
    NoSuchRunError,
    NoSuchStoreError,
    StoreError,
    StoreFormatError,
)
from store.layout import Layout
from store.schemas import STORE_FORMAT, TABLES

_DAMAGES = (OSError, pa.ArrowException, DeltaError)
"""What reading raises where a file is cut, gone, or not to be had."""


@dataclass(frozen=True)
class Run:
    """One committed run, as its row in the run log tells it."""

    run_id: str
    parent: str | None
    sequence: int
    job: str
    model_id: str
    cutoff: float
    settings: Mapping[str, Any]
    counts: Mapping[str, int]
    timings: Mapping[str, float]
    estimates: Mapping[str, float]
    versions: Mapping[str, int]
    signature_version: str
    code_version: str
    committed_at: datetime
    restores: str | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Run":
        """Make a run from one row of the log.

        Parameters
        ----------
        row : mapping
            The columns of `store.schemas.RUNS`.

        Returns
        -------
        Run
            The same, its settings parsed.

        Raises
        ------
        StoreFormatError
            If the row was written in a newer format.
        """
        if row["store_format"] > STORE_FORMAT:
            raise StoreFormatError(
                f"run {row['run_id']} has store format {row['store_format']}, this code reads "
                f"up to {STORE_FORMAT}: use the version of the code that wrote it "
                f"({row['code_version']}) or a newer one"
            )
        values = {name: row[name] for name in cls.__dataclass_fields__ if name in row}
        values["settings"] = json.loads(row["settings"])
        for name in ("counts", "timings", "versions", "estimates"):
            values[name] = dict(row.get(name) or ())  # older runs made no estimates
        return cls(**values)


class Store:
    """A store opened for reading; every reader sees the newest committed run.

    Parameters
    ----------
    path : str
        The store's folder: a local path, or a URI that the ``deltalake`` package opens.

    Examples
    --------
    >>> store = Store("stores/sample")  # doctest: +SKIP
    >>> store.table("pairs").to_pandas()  # doctest: +SKIP
    """

    def __init__(self, path: str) -> None:
        self.layout = Layout(path)

    def runs(self) -> list[Run]:
        """Return every committed run, oldest first.

        Returns
        -------
        list of Run
            By sequence number.

        Raises
        ------
        NoSuchStoreError
            If nothing was ever committed at this path.
        """
        try:
            rows = rows_of(_open(self.layout.runs))
        except TableNotFoundError as error:
            raise NoSuchStoreError(f"no committed run at {self.layout.root}") from error
        except _DAMAGES as error:
            raise DamagedStoreError(
                f"the run log of {self.layout.root} cannot be read ({_short(error)}): if the last "
                f"file in {self.layout.runs}/_delta_log is cut, move it and the .crc of its number "
                "away, and the run before it is the newest"
            ) from error
        if not rows:
            raise NoSuchStoreError(f"no committed run at {self.layout.root}")
        return sorted((Run.from_row(row) for row in rows), key=lambda run: run.sequence)

    def run(self, run_id: str | None = None) -> Run:
        """Return the run of this id, or the newest one.

        Parameters
        ----------
        run_id : str, optional
            Of a committed run; the newest one by default.

        Returns
        -------
        Run
            As it was committed.

        Raises
        ------
        NoSuchRunError
            If the log has no such run.
        """
        runs = self.runs()
        if run_id is None:
            return runs[-1]
        for run in runs:
            if run.run_id == run_id:
                return run
        raise NoSuchRunError(
            f"no run {run_id} in {self.layout.root}: the last is {runs[-1].run_id}"
        )

    def table(
        self, name: str, run_id: str | None = None, columns: list[str] | None = None
    ) -> pa.Table:
        """Read a whole table at the version that a run pins (default: the newest run).

        Parameters
        ----------
        name : str
            One of `store.schemas.TABLES`.
        run_id : str, optional
            Of a committed run; the newest one by default.
        columns : list of str, optional
            Which; all by default.

        Returns
        -------
        pyarrow.Table
            In memory.

        Raises
        ------
        StoreError
            If there is no table of this name, or its files are damaged.
        """
        try:
            return _read(self._pinned(name, run_id), columns)
        except _DAMAGES as error:
            raise DamagedStoreError(
                f"table {name} of {self.layout.root} cannot be read ({_short(error)}): "
                "python -m store rollback goes back to an earlier run; build_index.py makes it anew"
            ) from error

    def log_position(self) -> str:
        """Tell how far the run log has come, without reading it.

        Returns
        -------
        str
            Another one after each committed run; empty where there is no log.
        """
        system, path = _file_system(f"{self.layout.runs}/_delta_log")
        entries = system.get_file_info(FileSelector(path, allow_not_found=True))
        return max((e.base_name for e in entries if e.base_name.endswith(".json")), default="")

    def model_files(self, model_id: str) -> dict[str, bytes]:
        """Read the files of a model.

        Parameters
        ----------
        model_id : str
            Its id.

        Returns
        -------
        dict of str to bytes
            Name to content, for `matching.Model.from_files`.

        Raises
        ------
        StoreError
            If the store has no such model.
        """
        system, path = _file_system(self.layout.model(model_id))
        found = system.get_file_info(FileSelector(path, allow_not_found=True))
        files = {}
        for entry in found:
            # Hadoop lays checksums of its own beside local files, under names with a dot.
            if entry.type == FileType.File and not entry.base_name.startswith("."):
                with system.open_input_stream(entry.path) as stream:
                    files[entry.base_name] = stream.read()
        if not files:
            raise StoreError(f"{self.layout.root} has no model {model_id}")
        return files

    def files(self, name: str, run_id: str | None = None) -> list[str]:
        """Return the Parquet files that make up a table at the version that a run pins.

        Parameters
        ----------
        name : str
            One of `store.schemas.TABLES`.
        run_id : str, optional
            Of a committed run; the newest one by default.

        Returns
        -------
        list of str
            Paths or URIs, sorted.

        Raises
        ------
        StoreError
            If there is no table of this name.
        """
        return sorted(self._pinned(name, run_id).file_uris())

    def check_files(self, run_id: str) -> None:
        """Check that all files of a run are there.

        Parameters
        ----------
        run_id : str
            Of a committed run.

        Raises
        ------
        MissingFilesError
            If one is gone, or a table's log no longer reaches back to the run.
        """
        for name, version in self.run(run_id).versions.items():
            try:
                table = _open(self.layout.table(name), version)
                gone = _missing(table)
            except DeltaError as error:
                raise MissingFilesError(
                    f"run {run_id} can no longer be read: {name} has no version {version}"
                ) from error
            if gone:
                raise MissingFilesError(
                    f"run {run_id} can no longer be read: {gone} files of {name} are gone, "
                    "as after jobs/compact.py"
                )

    def _pinned(self, name: str, run_id: str | None) -> DeltaTable:
        if name not in TABLES:
            raise StoreError(f"no table {name!r}: there are {', '.join(sorted(TABLES))}")
        run = self.run(run_id)
        if name not in run.versions:
            raise StoreError(f"run {run.run_id} has no table {name}")
        return _open(self.layout.table(name), run.versions[name])


def _open(path: str, version: int | None = None) -> DeltaTable:
    return DeltaTable(path, version=version)


def _short(error: Exception) -> str:
    """The first line of an error; Delta's bring a stack along."""
    return str(error).strip().partition("\n")[0]


def rows_of(table: DeltaTable) -> list[dict[str, Any]]:
    """Return a small table's rows.

    Parameters
    ----------
    table : DeltaTable
        Such as the run log.

    Returns
    -------
    list of dict
        Column names to values.
    """
    rows: list[dict[str, Any]] = _read(table).to_pylist()
    return rows


def _missing(table: DeltaTable) -> int:
    """How many of a table's files are not there."""
    system, folder = FileSystem.from_uri(table.table_uri)
    files = SubTreeFileSystem(folder, system)
    names = pa.table(table.get_add_actions())["path"].to_pylist()
    return sum(info.type == FileType.NotFound for info in files.get_file_info(names))


def _read(table: DeltaTable, columns: list[str] | None = None) -> pa.Table:
    # Arrow's own file system: the one that deltalake brings calls back into Python from Arrow's
    # threads, and at times aborts the process at its end.
    system, folder = FileSystem.from_uri(table.table_uri)
    return table.to_pyarrow_table(columns=columns, filesystem=SubTreeFileSystem(folder, system))


def _file_system(path: str) -> tuple[FileSystem, str]:
    if "://" in path or path.startswith("file:"):
        system, inside = FileSystem.from_uri(path)
        return system, inside
    return LocalFileSystem(), str(Path(path).absolute())
