"""Units of listing work, spread over the cluster."""

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

# Several partitions a core, so that one large folder does not hold up the rest.
_PARTITIONS_PER_CORE = 4


def spread(
    spark: SparkSession, units: Sequence[tuple[object, ...]], schema: StructType
) -> DataFrame:
    """Make a DataFrame with a row per unit of work, in few rows a partition.

    Parameters
    ----------
    spark : SparkSession
        Running session.
    units : sequence of tuple
        Rows of ``schema``.
    schema : StructType
        Their columns.

    Returns
    -------
    DataFrame
        As many partitions as there are units, at most four per core. Nothing is shuffled.
    """
    context = spark.sparkContext
    most = _PARTITIONS_PER_CORE * context.defaultParallelism
    slices = max(1, min(len(units), most))
    return spark.createDataFrame(context.parallelize(units, slices), schema)
