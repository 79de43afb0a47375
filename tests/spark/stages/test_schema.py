"""Frames made to fit the store's schemas."""

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.stages.schema import conform, spark_schema
from store.schemas import CLUSTERS, DUPLICATES, IMAGES, PAIRS, REJECTS, RUNS, SIGNATURES

pytestmark = pytest.mark.spark


@pytest.mark.parametrize(
    "schema",
    [IMAGES, SIGNATURES, PAIRS, CLUSTERS, RUNS, DUPLICATES, REJECTS],
    ids=["images", "signatures", "pairs", "clusters", "runs", "duplicates", "rejects"],
)
def test_every_schema_of_the_store_has_a_form_in_spark(
    spark: SparkSession, schema: pa.Schema
) -> None:
    made = spark.createDataFrame([], spark_schema(schema))
    assert made.columns == schema.names


def test_columns_are_chosen_ordered_and_cast(spark: SparkSession) -> None:
    rows = spark.range(3).select(
        F.col("id").cast("string").alias("distance"),
        F.lit("words").alias("rule"),
        F.lit("other").alias("other"),
        F.lit(b"b").alias("signature_id_b"),
        F.lit(b"a").alias("signature_id_a"),
        F.lit("m").alias("model_id"),
    )
    fitted = conform(rows, PAIRS)
    assert [(f.name, f.dataType) for f in fitted.schema] == [
        (f.name, f.dataType) for f in spark_schema(PAIRS)
    ]
    assert sorted(row.distance for row in fitted.collect()) == [0.0, 1.0, 2.0]
