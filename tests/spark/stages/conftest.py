"""Frames for the stages, and their plans."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.stages.schema import spark_schema

MakeFrame = Callable[..., DataFrame]
Checkpoint = Callable[[DataFrame, str], DataFrame]


@pytest.fixture
def frame(spark: SparkSession) -> MakeFrame:
    """Make a frame of a schema from dictionaries; columns that are left out are null."""

    def make(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> DataFrame:
        values = [tuple(row.get(name) for name in schema.names) for row in rows]
        return spark.createDataFrame(values, spark_schema(schema))

    return make


@pytest.fixture
def checkpoint(spark: SparkSession, tmp_path: Path) -> Checkpoint:
    """Write rows down and read them back, as a run does."""

    def write_down(rows: DataFrame, name: str) -> DataFrame:
        path = str(tmp_path / "staging" / name)
        rows.write.mode("error").parquet(path)
        return spark.read.schema(rows.schema).parquet(path)

    return write_down


def plan_of(rows: DataFrame) -> str:
    """Return the physical plan."""
    return str(rows._jdf.queryExecution().executedPlan().toString())


def exchanges(rows: DataFrame) -> list[str]:
    """Return the shuffles and broadcasts of a plan, a line each."""
    return [
        line.strip(" :+-*()0123456789") for line in plan_of(rows).splitlines() if "Exchange" in line
    ]


def multiplies_rows(rows: DataFrame) -> bool:
    """Tell whether a plan compares all rows with all."""
    return "CartesianProduct" in plan_of(rows) or "BroadcastNestedLoopJoin" in plan_of(rows)
