"""Signatures meet under the keys they share, and pairs come out."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import conform, spark_schema
from matching import Model
from store.schemas import PAIRS
from udfs.comparing import PAIR_ROWS, comparer
from udfs.keys import KEY_ROWS, KEYED_ROWS, exploder, word_counter


def word_frequencies(signatures: DataFrame, model: Model) -> DataFrame:
    """Count in how many signatures each word stands.

    One row is a word at a position, its key ``key``. Shuffles partial counts.

    Parameters
    ----------
    signatures : DataFrame
        With ``signature``.
    model : Model
        Says what the signatures are.

    Returns
    -------
    DataFrame
        ``key`` long, ``frequency`` long.
    """
    keys = signatures.select("signature").mapInArrow(word_counter(model), spark_schema(KEY_ROWS))
    return keys.groupBy("key").agg(F.count("*").alias("frequency"))


def join_table(signatures: DataFrame, model: Model, count: int, partitions: int) -> DataFrame:
    """Put each signature under its keys, buckets together.

    One row is a signature under one key (and part of a split bucket). One shuffle, of rows of
    about 130 bytes; sorted within partitions by key, part and side.

    Parameters
    ----------
    signatures : DataFrame
        With ``signature_id`` and ``signature``.
    model : Model
        Brings the rule that gives the keys.
    count : int
        Number of signatures.
    partitions : int
        Tasks to compare in.

    Returns
    -------
    DataFrame
        Of `udfs.keys.KEYED_ROWS`.
    """
    keyed = signatures.select("signature_id", "signature").mapInArrow(
        exploder(model, count), spark_schema(KEYED_ROWS)
    )
    return keyed.repartition(partitions, "key", "part").sortWithinPartitions("key", "part", "side")


def find_pairs(joined: DataFrame, model: Model) -> DataFrame:
    """Compare inside the buckets; a pair comes from the first key that both share, and no other.

    One row is a pair, its key ``(signature_id_a, signature_id_b)`` with a < b. No shuffle, no
    distinct. Neither the number of partitions nor the order of rows changes the result.

    Parameters
    ----------
    joined : DataFrame
        What `join_table` returns.
    model : Model
        The same one.

    Returns
    -------
    DataFrame
        Of `store.schemas.PAIRS`.
    """
    found = joined.mapInArrow(comparer(model), spark_schema(PAIR_ROWS))
    named = {"model_id": F.lit(model.model_id), "rule": F.lit(model.rule)}
    return conform(found.withColumns(named), PAIRS)
