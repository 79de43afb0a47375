"""The table ``loads``, seen by a job: rows are added, never changed."""

from datetime import UTC, datetime

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from jobs.errors import ConflictError
from jobs.sinks.conflicts import conflicts_told
from jobs.stages.schema import spark_schema
from store.layout import Layout
from store.loads import LOADS

_TRANSACTION = "spark-image-match.loads"


class LoadLog:
    """What was loaded where.

    Parameters
    ----------
    spark : SparkSession
        With Delta.
    layout : Layout
        The store.
    """

    def __init__(self, spark: SparkSession, layout: Layout) -> None:
        self._spark = spark
        self._path = layout.table("loads")

    def rows(self, **values: str) -> list[Row]:
        """Return rows, oldest first.

        Parameters
        ----------
        **values : str
            What columns must hold.

        Returns
        -------
        list of Row
            The columns of `store.loads.LOADS`.
        """
        if not DeltaTable.isDeltaTable(self._spark, self._path):
            return []
        found: DataFrame = self._spark.read.format("delta").load(self._path)
        for name, value in values.items():
            found = found.where(F.col(name) == F.lit(value))
        return found.orderBy("sequence").collect()

    def newest(self, **values: str) -> Row | None:
        """Return the newest row of some kind.

        Parameters
        ----------
        **values : str
            What columns must hold.

        Returns
        -------
        Row or None
            None if there is none.
        """
        rows = self.rows(**values)
        return rows[-1] if rows else None

    def add(self, state: str, **values: object) -> None:
        """Add a row.

        Parameters
        ----------
        state : str
            One of `store.loads`.
        **values : object
            Other columns; those that are not named are null.

        Raises
        ------
        ConflictError
            If another job adds to the log of this store at the same time.
        """
        newest = self.newest()
        sequence = (newest.sequence if newest else 0) + 1
        stamped = {"recorded_at": datetime.now(UTC), "sequence": sequence, "state": state}
        row = values | stamped
        content = [tuple(row.get(name) for name in LOADS.names)]
        frame = self._spark.createDataFrame(content, spark_schema(LOADS)).coalesce(1)
        writer = frame.write.format("delta").mode("append")
        writer = writer.option("txnAppId", _TRANSACTION).option("txnVersion", sequence)
        with conflicts_told():
            writer.save(self._path)
        written = self.newest()
        if written is None or any(written[name] != row[name] for name in values):
            raise ConflictError(
                "another job is loading from this store at the same time: this one ends here; "
                "start it again when the other is done"
            )
