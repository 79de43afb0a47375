"""How much of a known truth a run found."""

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import conform, spark_schema
from udfs.measuring import MEASURED_ROWS, measurer

RECALL = pa.schema(
    [
        ("transform", pa.string()),
        ("images", pa.int64()),
        ("below_cutoff", pa.int64()),
        ("found", pa.int64()),
        ("median_distance", pa.float64()),
    ]
)


def measure_truth(
    truth: DataFrame, images: DataFrame, signatures: DataFrame, pairs: DataFrame, cutoff: float
) -> DataFrame:
    """Compare what was found of each transform with what the distances allow.

    One row is a transform, its key ``transform``; originals are left out. ``below_cutoff`` counts
    images whose exact distance to their original is below the cutoff: what brute force would
    find. ``found`` counts those that share their original's signature or are in a pair with it.

    Parameters
    ----------
    truth : DataFrame
        ``path``, ``original_path``, ``transform``; the paths canonical.
    images, signatures, pairs : DataFrame
        The run's tables.
    cutoff : float
        The run's cutoff.

    Returns
    -------
    DataFrame
        Of `RECALL`.
    """
    copies = truth.where(F.col("path") != F.col("original_path"))
    couples = _couples(copies, images, signatures)
    width = couples.agg(F.max(F.length("signature"))).head()
    known = _found(couples, pairs).select("transform", "found", "signature", "original_signature")
    levels = int((width and width[0]) or 0)
    measured = known.mapInArrow(measurer(levels), spark_schema(MEASURED_ROWS))
    return conform(
        measured.groupBy("transform").agg(
            F.count("*").alias("images"),
            F.count_if(F.col("distance") < cutoff).alias("below_cutoff"),
            F.count_if("found").alias("found"),
            F.median("distance").alias("median_distance"),
        ),
        RECALL,
    ).orderBy("transform")


def _couples(truth: DataFrame, images: DataFrame, signatures: DataFrame) -> DataFrame:
    known = images.select("path", "signature_id").join(
        signatures.select("signature_id", "signature"), "signature_id", how="left"
    )
    known = known.dropDuplicates(["path"])  # a manifest may give one path two ids
    originals = known.select(
        F.col("path").alias("original_path"),
        F.col("signature_id").alias("original_id"),
        F.col("signature").alias("original_signature"),
    )
    return truth.join(known, "path", how="left").join(originals, "original_path", how="left")


def _found(couples: DataFrame, pairs: DataFrame) -> DataFrame:
    a = F.least("signature_id", "original_id")
    b = F.greatest("signature_id", "original_id")
    known = pairs.select("signature_id_a", "signature_id_b", F.lit(True).alias("in_pairs"))
    joined = couples.withColumns({"signature_id_a": a, "signature_id_b": b}).join(
        known, ["signature_id_a", "signature_id_b"], how="left"
    )
    same = F.col("signature_id") == F.col("original_id")
    return joined.withColumn("found", F.coalesce(same | F.col("in_pairs"), same, F.lit(False)))
