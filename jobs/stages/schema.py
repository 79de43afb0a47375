"""Arrow schemas of the store as Spark's, and DataFrames made to fit them."""

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType


def spark_schema(schema: pa.Schema) -> StructType:
    """Return Spark's form of an Arrow schema.

    Parameters
    ----------
    schema : pyarrow.Schema
        One of `store.schemas`, for instance.

    Returns
    -------
    StructType
        The same names in the same order.
    """
    return from_arrow_schema(schema)


def conform(rows: DataFrame, schema: pa.Schema) -> DataFrame:
    """Select the columns of a schema, in its order and with its types.

    Parameters
    ----------
    rows : DataFrame
        With a column for each field of ``schema``; others are left out.
    schema : pyarrow.Schema
        What the result has.

    Returns
    -------
    DataFrame
        Same rows.
    """
    fields = spark_schema(schema).fields
    return rows.select(*(F.col(f.name).cast(f.dataType).alias(f.name) for f in fields))


def no_rows(spark: SparkSession, schema: pa.Schema) -> DataFrame:
    """Return a DataFrame that Spark knows to be empty.

    One made of an empty list may be of any size, for all that its planner knows: to join a table
    with it shuffles the table.

    Parameters
    ----------
    spark : SparkSession
        The job's.
    schema : pyarrow.Schema
        What it has.

    Returns
    -------
    DataFrame
        Without rows.
    """
    nothing = (F.lit(None).cast(f.dataType).alias(f.name) for f in spark_schema(schema).fields)
    return spark.range(1).where("false").select(*nothing)
