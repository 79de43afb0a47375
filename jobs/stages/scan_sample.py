"""A sample of the corpus beside all of it, by brute force."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.stages.schema import spark_schema
from udfs.arrow import BatchFunction
from udfs.scanning import MATCH_ROWS

IS_MATCH = "asked is not null"
"""Other rows of what `scan` returns say how many matches there were."""


def ranked_signatures(signatures: DataFrame, representatives: DataFrame) -> DataFrame:
    """Number the signatures in the order in which they would rather be kept.

    One row is a signature, its key ``rank``. One join, one sort of the whole. The numbers rise with
    the rank, but have gaps, and are others each time the rows are computed: write them down.

    Parameters
    ----------
    signatures : DataFrame
        The table ``signatures``.
    representatives : DataFrame
        What `jobs.stages.choose_keepers.representatives` returns.

    Returns
    -------
    DataFrame
        Of `udfs.scanning.RANKED_ROWS`.
    """
    named = representatives.withColumnRenamed("rank", "name")
    ordered = signatures.join(named, "signature_id").orderBy("name")
    # Numbers grow with the partition, and partitions of a sorted table follow each other.
    number = F.monotonically_increasing_id().alias("rank")
    return ordered.select(number, "signature_id", "signature")


def sample_rows(ranked: DataFrame, size: int, seed: int) -> DataFrame:
    """Draw a sample: the signatures whose ids have the lowest hashes.

    One row is a signature, its key ``rank``. Each partition sends ``size`` rows at most.

    Parameters
    ----------
    ranked : DataFrame
        What `ranked_signatures` returns.
    size : int
        How many.
    seed : int
        Of the hash: the same signatures give the same sample, wherever they lie.

    Returns
    -------
    DataFrame
        Rows of ``ranked``.
    """
    lot = F.xxhash64(F.lit(seed), "signature_id")
    return ranked.orderBy(lot, "signature_id").limit(size)


def scan(ranked: DataFrame, scanner: BatchFunction, tasks: int) -> DataFrame:
    """Compare a sample with every signature.

    One row is a match, its key ``(asked, other)``; and one for each task. Shuffles the signatures,
    so that tasks are alike.

    Parameters
    ----------
    ranked : DataFrame
        What `ranked_signatures` returns.
    scanner : callable
        Of `udfs.scanning`; brings the sample.
    tasks : int
        In how many tasks.

    Returns
    -------
    DataFrame
        Of `udfs.scanning.MATCH_ROWS`.
    """
    return ranked.repartition(tasks).mapInArrow(scanner, spark_schema(MATCH_ROWS))


def nearest_matches(scanned: DataFrame, most: int) -> DataFrame:
    """Keep the nearest matches of each image asked about.

    One row is a match. One shuffle of what `scan` returns.

    Parameters
    ----------
    scanned : DataFrame
        What `scan` returns.
    most : int
        Of each image.

    Returns
    -------
    DataFrame
        Of `udfs.scanning.MATCH_ROWS`, all of them matches.
    """
    nearest = Window.partitionBy("asked").orderBy(F.least("real", "mirror", "flip"), "other")
    placed = scanned.where(IS_MATCH).withColumn("place", F.row_number().over(nearest))
    return placed.where(F.col("place") <= most).drop("place")


def neighbour_counts(
    matches: DataFrame,
    sample: DataFrame,
    pairs: DataFrame,
    edges: tuple[float, ...],
    max_pairs: int,
) -> DataFrame:
    """Count the nearest neighbours of each image of a sample, and those that a search found.

    One row is an image and bin of distance, its key ``(asked, bin)``. Joins the matches with the
    pairs on both ids.

    Parameters
    ----------
    matches : DataFrame
        What `nearest_matches` returns.
    sample : DataFrame
        ``asked`` and ``asked_id`` of the images; matches of others are left out.
    pairs : DataFrame
        The table ``pairs``.
    edges : tuple of float
        Ends of the bins, ascending, the lower one inside; matches outside are left out.
    max_pairs : int
        So many neighbours of an image are counted: a search need not keep others.

    Returns
    -------
    DataFrame
        ``asked``, ``bin`` int, ``neighbours`` and ``found`` bigint.
    """
    ends = [F.col("asked_id"), F.col("other_id")]
    named = {"signature_id_a": F.least(*ends), "signature_id_b": F.greatest(*ends)}
    place = sum((F.col("real") >= edge).cast("int") for edge in edges[1:-1]) + F.lit(0)
    near = matches.where((F.col("real") >= edges[0]) & (F.col("real") < edges[-1]))
    nearest = Window.partitionBy("asked").orderBy("real", "other_id")
    wanted = near.withColumn("place", F.row_number().over(nearest)).where(
        F.col("place") <= max_pairs
    )
    asked = wanted.join(F.broadcast(sample), "asked").withColumns({**named, "bin": place})
    found = pairs.select(*named, F.lit(1).alias("hit"))
    joined = asked.join(found, list(named), how="left")
    counted = joined.groupBy("asked", "bin")
    return counted.agg(F.count("*").alias("neighbours"), F.count("hit").alias("found"))
