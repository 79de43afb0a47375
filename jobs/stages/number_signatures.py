"""The place of each signature in the ranking, as a number: graphs of pairs are then narrow."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.choose_keepers import Checkpoint

_SIGNATURES_PER_TASK = 2_000_000

_ROW_BITS = 33
"""`monotonically_increasing_id` has the partition above them and the row below."""


def number_signatures(representatives: DataFrame, count: int, checkpoint: Checkpoint) -> DataFrame:
    """Number the signatures from the best, which is 0, without gaps.

    One row is a signature, its key ``signature_id``. Sorts the whole, and writes it down once. The
    driver learns the size of each part of 2 million signatures.

    Parameters
    ----------
    representatives : DataFrame
        What `jobs.stages.choose_keepers.representatives` returns.
    count : int
        About how many there are.
    checkpoint : callable
        Writes them down, to read them more than once.

    Returns
    -------
    DataFrame
        ``signature_id``, ``place`` bigint.
    """
    tasks = max(1, -(-count // _SIGNATURES_PER_TASK))
    ordered = representatives.repartitionByRange(tasks, "rank").sortWithinPartitions("rank")
    place = F.monotonically_increasing_id().alias("place")
    written = checkpoint(ordered.select("signature_id", place), "places")
    return written if tasks == 1 else _without_gaps(written, tasks)


def _without_gaps(numbered: DataFrame, tasks: int) -> DataFrame:
    part = F.shiftrightunsigned("place", _ROW_BITS).cast("int")
    counted = numbered.groupBy(part.alias("part")).count().collect()
    sizes = {row.part: row["count"] for row in counted}
    starts = [0]
    for number in range(tasks - 1):
        starts.append(starts[-1] + sizes.get(number, 0))
    start = F.array(*map(F.lit, starts))[part]
    row = F.col("place").bitwiseAND(F.lit(2**_ROW_BITS - 1))
    return numbered.select("signature_id", (start + row).alias("place"))
