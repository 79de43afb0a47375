"""What people decided about images: read from a file once, kept in the store, honoured since."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv
from pyspark.sql import DataFrame

from fetch import canonical
from jobs.errors import UserError
from jobs.run import Run
from jobs.stages.schema import spark_schema
from store.schemas import DECISIONS, NEVER_REMOVE, NOT_DUPLICATES, PREFER_SOURCE

_NEEDED = {
    NOT_DUPLICATES: ("image_id", "other_image_id"),
    NEVER_REMOVE: ("image_id",),
    PREFER_SOURCE: ("source",),
}


def decisions_of(run: Run, file: str | None = None) -> DataFrame | None:
    """Return the decisions that a run honours, and write them into the store if they are new.

    Parameters
    ----------
    run : Run
        The run at work.
    file : str, optional
        A Parquet or CSV file with the columns of `store.schemas.DECISIONS`, which takes the place
        of all decisions before; held in the driver's memory.

    Returns
    -------
    DataFrame or None
        None where nobody decided anything.

    Raises
    ------
    UserError
        If the file cannot be read, or a row of it says nothing that can be done.
    """
    if file is None:
        known = run.read("decisions") if "decisions" in run.parent_versions else None
        return known if known is not None and known.head() is not None else None
    rows = [tuple(row.values()) for row in _checked(file)]
    table = run.write("decisions", run.spark.createDataFrame(rows, spark_schema(DECISIONS)))
    return table if rows else None


def preferred_sources(decisions: DataFrame) -> list[str]:
    """Return the places whose images are kept before others.

    Parameters
    ----------
    decisions : DataFrame
        What `decisions_of` returned.

    Returns
    -------
    list of str
        Canonical paths, sorted.
    """
    rows = decisions.where(decisions.decision == PREFER_SOURCE).select("source").collect()
    return sorted({canonical(row.source) for row in rows})


def _checked(file: str) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(_read(file).to_pylist(), start=1):
        known = {name: row.get(name) or None for name in DECISIONS.names}
        needed = _NEEDED.get(known["decision"] or "")
        if needed is None:
            raise UserError(
                f"--decisions {file}, row {number}: there is no decision {known['decision']!r}, "
                f"but {', '.join(_NEEDED)}"
            )
        for name in needed:
            if known[name] is None:
                raise UserError(
                    f"--decisions {file}, row {number}: {known['decision']} needs {name}"
                )
        yield known


def _read(file: str) -> pa.Table:
    try:
        if file.lower().endswith(".csv"):
            as_text = csv.ConvertOptions(column_types=dict.fromkeys(DECISIONS.names, pa.string()))
            return csv.read_csv(file, convert_options=as_text)
        return pq.read_table(file)
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"--decisions {file}: it cannot be read: {error}") from error
