"""Signatures meet under the keys they share, and pairs come out."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import conform, spark_schema
from matching import Model
from matching.model import CELLS, EXHAUSTIVE, WORDS
from matching.rules import FIRST_WORD
from store.schemas import PAIRS
from udfs.assigning import ASSIGNED_ROWS, assigner
from udfs.comparing import FOUND_ROWS, comparer
from udfs.counting import (
    KEY_COUNTS,
    MEMBER_ROWS,
    Chosen,
    EveryKey,
    TheseKeys,
    cell_counter,
    key_counter,
    key_members,
)
from udfs.keys import KEYED_ROWS, Plans, exploder


def find_cells(signatures: DataFrame, model: Model) -> DataFrame:
    """Find the nearest cells of each signature.

    One row is a signature, its key ``signature_id``. No shuffle; the same on every machine.

    Parameters
    ----------
    signatures : DataFrame
        With ``signature_id`` and ``signature``.
    model : Model
        Brings the codebook; Spark broadcasts it with the function.

    Returns
    -------
    DataFrame
        Of `udfs.assigning.ASSIGNED_ROWS`.
    """
    known = signatures.select("signature_id", "signature")
    return known.mapInArrow(assigner(model), spark_schema(ASSIGNED_ROWS))


def count_keys(
    assigned: DataFrame, model: Model, detailed: Chosen, only: bool = False
) -> DataFrame:
    """Count how many signatures stand under each key, and at what cost.

    One row is a key and a cost. Shuffles counts that were added up in each partition.

    Parameters
    ----------
    assigned : DataFrame
        What `find_cells` returns.
    model : Model
        Brings the rules.
    detailed : callable
        Which keys are counted by cost.
    only : bool
        Whether the others are left out.

    Returns
    -------
    DataFrame
        Of `udfs.counting.KEY_COUNTS`.
    """
    counter = key_counter(model.light(), detailed, only)
    counts = assigned.mapInArrow(counter, spark_schema(KEY_COUNTS))
    return counts.groupBy("key", "cost").agg(F.sum("rows").alias("rows"))


def bucket_examples(assigned: DataFrame, model: Model, keys: list[int]) -> DataFrame:
    """Return for each of a few keys the signature that it costs least.

    One row is a key. Shuffles the members of these keys, added up in each partition.

    Parameters
    ----------
    assigned : DataFrame
        What `find_cells` returns.
    model : Model
        Brings the rules.
    keys : list of int
        A few.

    Returns
    -------
    DataFrame
        ``key``, ``signature_id``.
    """
    least = F.min(F.struct("cost", "signature_id")).alias("least")
    members = bucket_members(assigned, model, keys)
    return members.groupBy("key").agg(least).select("key", "least.signature_id")


def bucket_members(assigned: DataFrame, model: Model, keys: list[int]) -> DataFrame:
    """Return who stands under some keys.

    One row is a signature under one of them. No shuffle.

    Parameters
    ----------
    assigned : DataFrame
        What `find_cells` returns.
    model : Model
        Brings the rules.
    keys : list of int
        A few.

    Returns
    -------
    DataFrame
        Of `udfs.counting.MEMBER_ROWS`.
    """
    listed = key_members(model.light(), TheseKeys(tuple(keys)))
    return assigned.mapInArrow(listed, spark_schema(MEMBER_ROWS))


def bucket_sizes(assigned: DataFrame, model: Model) -> DataFrame:
    """Count how many signatures stand under each key.

    One row is a key. Shuffles counts. Where cells are the only rule, nothing but these is read.

    Parameters
    ----------
    assigned : DataFrame
        What `find_cells` returns.
    model : Model
        Brings the rules.

    Returns
    -------
    DataFrame
        ``key``, ``rows``.
    """
    if model.rules == (CELLS,):
        counter = cell_counter(model.light())
        counts = assigned.select("cells", "costs").mapInArrow(counter, spark_schema(KEY_COUNTS))
    else:
        counts = count_keys(assigned, model, EveryKey(0))
    return counts.groupBy("key").agg(F.sum("rows").alias("rows"))


def join_table(assigned: DataFrame, model: Model, plans: Plans, partitions: int) -> DataFrame:
    """Put each signature under its keys, buckets together.

    One row is a signature under one key (and part of a split bucket). One shuffle, of packed rows
    of about 190 bytes; sorted within partitions by key, part, side and cost.

    Parameters
    ----------
    assigned : DataFrame
        What `find_cells` returns.
    model : Model
        Brings the rules that give the keys.
    plans : mapping of int to BucketPlan
        The keys that are split or capped, and how.
    partitions : int
        Tasks to compare in.

    Returns
    -------
    DataFrame
        Of `udfs.keys.KEYED_ROWS`.
    """
    keyed = assigned.mapInArrow(exploder(model.light(), plans), spark_schema(KEYED_ROWS))
    together = keyed.repartition(partitions, "key", "part")
    return together.sortWithinPartitions("key", "part", "side", "cost")


def find_pairs(joined: DataFrame, model: Model, plans: Plans) -> DataFrame:
    """Compare inside the buckets; a pair comes from the first key under which the two meet.

    One row is a pair, its key ``(signature_id_a, signature_id_b)`` with a < b; rows without ids
    say what was done. No shuffle, no distinct. Neither the number of partitions nor the order of
    rows changes the pairs.

    Parameters
    ----------
    joined : DataFrame
        What `join_table` returns.
    model : Model
        The same one.
    plans : mapping of int to BucketPlan
        The same ones.

    Returns
    -------
    DataFrame
        Of `udfs.comparing.FOUND_ROWS`.
    """
    return joined.mapInArrow(comparer(model.light(), plans), spark_schema(FOUND_ROWS))


def pair_rows(found: DataFrame, model: Model) -> DataFrame:
    """Return the pairs among what `find_pairs` returned, as the table ``pairs`` has them.

    One row is a pair. No shuffle.

    Parameters
    ----------
    found : DataFrame
        What `find_pairs` returns, or some of it.
    model : Model
        The same one.

    Returns
    -------
    DataFrame
        Of `store.schemas.PAIRS`.
    """
    cheap = F.lit(EXHAUSTIVE if EXHAUSTIVE in model.rules else CELLS)
    rule = F.when(F.col("key") >= FIRST_WORD, WORDS).otherwise(cheap)
    pairs = found.where(F.col("signature_id_a").isNotNull())
    return conform(pairs.withColumns({"model_id": F.lit(model.model_id), "rule": rule}), PAIRS)
