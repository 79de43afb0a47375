"""The run log: a run counts once its row is here.

The row carries a sequence number one above its parent's, and is written under Delta's
transaction identifier with that number. Of two runs with one parent, Delta lets one commit and
refuses the other, or passes over it as already done; reading the row back tells which.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from delta.tables import DeltaTable
from pyspark.sql import Row, SparkSession

from jobs.errors import ConflictError, UserError
from jobs.sinks.conflicts import conflicts_told
from jobs.stages.schema import spark_schema
from store.layout import Layout
from store.log import TRANSACTION
from store.schemas import RUNS, STORE_FORMAT


class RunLog:
    """The committed runs of a store, seen by a job.

    Parameters
    ----------
    spark : SparkSession
        With Delta.
    layout : Layout
        The store.
    """

    def __init__(self, spark: SparkSession, layout: Layout) -> None:
        self._spark = spark
        self._path = layout.runs

    def rows(self) -> list[Row]:
        """Return every committed run's row, oldest first.

        Returns
        -------
        list of Row
            The columns of `store.schemas.RUNS`.
        """
        if not DeltaTable.isDeltaTable(self._spark, self._path):
            return []
        return self._spark.read.format("delta").load(self._path).orderBy("sequence").collect()

    def newest(self) -> Row | None:
        """Return the newest run's row, or None in a store without one.

        Returns
        -------
        Row or None
            The columns of `store.schemas.RUNS`.

        Raises
        ------
        UserError
            If a newer version of the code wrote it.
        """
        if not DeltaTable.isDeltaTable(self._spark, self._path):
            return None
        rows = self._spark.read.format("delta").load(self._path)
        newest = rows.orderBy(rows.sequence.desc()).head()
        if newest is not None and newest.store_format > STORE_FORMAT:
            raise UserError(
                f"the store has format {newest.store_format}, this code writes {STORE_FORMAT}: "
                f"use version {newest.code_version} of the code or a newer one"
            )
        return newest

    def runs(self) -> list[Row]:
        """Return all rows, oldest first; some kilobytes for each run, on the driver.

        Returns
        -------
        list of Row
            The columns of `store.schemas.RUNS`.
        """
        rows = self._spark.read.format("delta").load(self._path)
        return rows.orderBy(rows.sequence).collect()

    def last_estimate(self, name: str, model_id: str) -> float | None:
        """Return the newest estimate of a number under a model.

        Parameters
        ----------
        name : str
            Of the estimate, such as ``recall``.
        model_id : str
            Of the model.

        Returns
        -------
        float or None
            None where no run made one.
        """
        if not DeltaTable.isDeltaTable(self._spark, self._path):
            return None
        rows = self._spark.read.format("delta").load(self._path)
        told = rows.select("sequence", "model_id", rows.estimates[name].alias("value"))
        newest = (
            told.where(told.value.isNotNull() & (told.model_id == model_id))
            .orderBy(told.sequence.desc())
            .head()
        )
        return None if newest is None else float(newest.value)

    def commit(self, row: Mapping[str, Any]) -> None:
        """Append a run's row, if its parent is still the newest.

        Parameters
        ----------
        row : mapping
            The columns of `store.schemas.RUNS`, without format and time.

        Raises
        ------
        ConflictError
            If another run committed since this one began.
        """
        stamped = {**dict.fromkeys(RUNS.names), **row}
        stamped |= {"store_format": STORE_FORMAT, "committed_at": datetime.now(UTC)}
        values = [tuple(stamped[name] for name in RUNS.names)]
        frame = self._spark.createDataFrame(values, spark_schema(RUNS)).coalesce(1)
        writer = frame.write.format("delta").mode("append").option("userMetadata", row["run_id"])
        # Stores of older code have a log without the columns that are new.
        writer = writer.option("mergeSchema", "true")
        writer = writer.option("txnAppId", TRANSACTION).option("txnVersion", row["sequence"])
        with conflicts_told():
            writer.save(self._path)
        newest = self.newest()
        if newest is None or newest.run_id != row["run_id"]:
            raise ConflictError(
                f"run {newest.run_id if newest else 'of another process'} committed to this store "
                "first: nothing of this run is visible; start it again"
            )


def settings_text(settings: Mapping[str, Any]) -> str:
    """Return settings as the JSON text that the log holds.

    Parameters
    ----------
    settings : mapping
        Names to values that JSON has.

    Returns
    -------
    str
        Keys in order, so that equal settings give equal text.
    """
    return json.dumps(settings, sort_keys=True)
