"""The table of what a run found of each transform, where the truth is known."""

from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from jobs.errors import UserError
from jobs.run import Run
from jobs.sample import read_truth
from jobs.signing import Corpus
from jobs.stages.measure_truth import RECALL, measure_truth
from jobs.summary import table_lines

_HEADER = ("transform", "images", "below cutoff", "found", "recall", "median distance")


def recall_lines(run: Run, truth: str | None, corpus: Corpus, pairs: DataFrame) -> list[str]:
    """Write the report ``recall`` and return it as a table to print.

    Parameters
    ----------
    run : Run
        The run at work.
    truth : str or None
        Path of a truth table; nothing happens without one.
    corpus : Corpus
        What was signed.
    pairs : DataFrame
        The table ``pairs``.

    Returns
    -------
    list of str
        Lines without line ends.

    Raises
    ------
    UserError
        If the file is no truth table.
    """
    if truth is None:
        return []
    try:
        couples = run.spark.createDataFrame(read_truth(Path(truth)).to_pandas())
    except ValueError as error:
        raise UserError(f"--truth {truth}: {error}") from error
    with run.stage("measuring recall"):
        measured = measure_truth(
            couples, corpus.images, corpus.signatures, pairs, run.settings.cutoff
        )
        rows = run.report("recall", measured, RECALL).orderBy("transform").collect()
    return ["", *table_lines(_HEADER, (_cells(row.asDict()) for row in rows))]


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    median = row["median_distance"]
    return (
        str(row["transform"]),
        f"{row['images']:,}",
        f"{row['below_cutoff']:,}",
        f"{row['found']:,}",
        f"{row['found'] / row['images']:.1%}",
        "-" if median is None else f"{median:.3f}",
    )
