"""Back to an earlier run: one more row in the run log, which pins what that run pinned."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError

from store.errors import RunConflictError, StoreError
from store.log import TRANSACTION, new_run_id
from store.reader import Run, Store, rows_of
from store.schemas import RUNS

JOB = "rollback"


def roll_back(store: Store, run_id: str) -> Run:
    """Put readers back to an earlier run; the next run works from there.

    Nothing is rewritten or deleted: the runs in between stay in the log, and readable.

    Parameters
    ----------
    store : Store
        To change.
    run_id : str
        Of the run whose state readers shall see.

    Returns
    -------
    Run
        The one that now is the newest.

    Raises
    ------
    NoSuchRunError
        If the log has no such run.
    RunConflictError
        If another run committed at the same time.
    StoreError
        If that run is what readers see already, or its files are gone.
    """
    target = store.run(run_id)
    # Opened before the newest run is asked for: who commits after this makes the write fail.
    log = DeltaTable(store.layout.runs)
    newest = store.run()
    if target.versions == newest.versions:
        raise StoreError(f"readers see what run {run_id} wrote already: there is nothing to do")
    store.check_files(run_id)
    (restored,) = (row for row in rows_of(log) if row["run_id"] == run_id)
    row = _row(restored, newest)
    _commit(store, log, row)
    return store.run(row["run_id"])


def _row(target: Mapping[str, Any], newest: Run) -> dict[str, Any]:
    """The row of an earlier run, as the newest one."""
    sequence = newest.sequence + 1
    return {
        **target,
        "run_id": new_run_id(sequence),
        "parent": newest.run_id,
        "sequence": sequence,
        "job": JOB,
        "timings": {},
        "restores": target.get("restores") or target["run_id"],
        "committed_at": datetime.now(UTC),
    }


def _commit(store: Store, log: DeltaTable, row: Mapping[str, Any]) -> None:
    """Append a row, if the log is still what it was when it was read."""
    properties = CommitProperties(
        custom_metadata={"userMetadata": row["run_id"]},
        max_commit_retries=0,
        app_transactions=[Transaction(TRANSACTION, row["sequence"])],
    )
    try:
        write_deltalake(
            log,
            pa.Table.from_pylist([row], RUNS),
            mode="append",
            schema_mode="merge",
            commit_properties=properties,
        )
    except CommitFailedError as error:
        raise RunConflictError(
            f"another run committed to {store.layout.root} at the same time: nothing was changed; "
            "see what it did (python -m store runs), and ask again"
        ) from error
