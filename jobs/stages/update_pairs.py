"""What changes in ``pairs`` when some signatures come and some go."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import conform, spark_schema
from matching import Model
from store.schemas import PAIRS
from udfs.comparing import FOUND_ROWS
from udfs.newcomers import Company, newcomer_meeter


def meet_newcomers(
    passing: DataFrame, model: Model, company: Company, capped: dict[int, int]
) -> DataFrame:
    """Compare all signatures with a few that are sent to every task.

    One row is a pair, or says what was done. No shuffle: the passing rows are read in place.
    Neither the number of partitions nor the order of rows changes which pairs are among the
    nearest of either end; of those that are not, some are left out.

    Parameters
    ----------
    passing : DataFrame
        Rows of ``cells``.
    model : Model
        Their model.
    company : Company
        Whom they meet.
    capped : dict of int to int
        Key to reach, where that is not the model's common one.

    Returns
    -------
    DataFrame
        Of `udfs.comparing.FOUND_ROWS`.
    """
    function = newcomer_meeter(model.light(), company, capped)
    known = passing.select("signature_id", "signature", "cells", "costs")
    return known.mapInArrow(function, spark_schema(FOUND_ROWS))


def every_end(pairs: DataFrame) -> DataFrame:
    """Return both signatures of each pair, one as often as it is in a pair.

    One row is an end of a pair. No shuffle.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.

    Returns
    -------
    DataFrame
        ``signature_id``.
    """
    both = F.explode(F.array("signature_id_a", "signature_id_b"))
    return pairs.select(both.alias("signature_id"))


def ends_of(pairs: DataFrame) -> DataFrame:
    """Return the signatures that are in any of some pairs.

    One row is a signature, its key ``signature_id``. Shuffles ids, each once a partition.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.

    Returns
    -------
    DataFrame
        ``signature_id``.
    """
    return every_end(pairs).distinct()


def touching(pairs: DataFrame, signatures: DataFrame) -> DataFrame:
    """Return the pairs that have an end among some signatures.

    One row is a pair. No shuffle of the pairs where the signatures are few enough to be sent to
    every executor.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.
    signatures : DataFrame
        ``signature_id``, each once.

    Returns
    -------
    DataFrame
        Rows of ``pairs``.
    """
    return conform(_marked(pairs, signatures).where("at_a or at_b"), PAIRS)


def apart_from(pairs: DataFrame, signatures: DataFrame) -> DataFrame:
    """Return the pairs that have no end among some signatures.

    One row is a pair. Shuffles as `touching` does.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.
    signatures : DataFrame
        ``signature_id``, each once.

    Returns
    -------
    DataFrame
        Rows of ``pairs``.
    """
    return conform(_marked(pairs, signatures).where("not (at_a or at_b)"), PAIRS)


def lost_a_neighbour(pairs: DataFrame, gone: DataFrame) -> DataFrame:
    """Return the signatures that stay and were in a pair with one that goes.

    One row is a signature, its key ``signature_id``.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``, before.
    gone : DataFrame
        ``signature_id`` of those that go.

    Returns
    -------
    DataFrame
        ``signature_id``.
    """
    return ends_of(touching(pairs, gone)).join(gone, "signature_id", how="left_anti")


def full_ones(pairs: DataFrame, signatures: DataFrame, max_pairs: int) -> DataFrame:
    """Return the signatures of which pairs may have been dropped: those in so many or more.

    One row is a signature, its key ``signature_id``. Shuffles counts.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.
    signatures : DataFrame
        Which are asked about.
    max_pairs : int
        The model's bound.

    Returns
    -------
    DataFrame
        ``signature_id``.
    """
    ends = every_end(touching(pairs, signatures)).join(signatures, "signature_id", how="left_semi")
    full = ends.groupBy("signature_id").count().where(F.col("count") >= max_pairs)
    return full.select("signature_id")


def _marked(pairs: DataFrame, signatures: DataFrame) -> DataFrame:
    """Pairs, with whether each end is among the signatures."""
    for end in ("a", "b"):
        known = signatures.select(
            F.col("signature_id").alias(f"signature_id_{end}"), F.lit(True).alias(f"at_{end}")
        )
        pairs = pairs.join(known, f"signature_id_{end}", how="left").withColumn(
            f"at_{end}", F.coalesce(f"at_{end}", F.lit(False))
        )
    return pairs
