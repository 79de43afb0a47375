"""Counting what a run did, and checking that nothing got lost."""

from dataclasses import dataclass
from itertools import pairwise

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from jobs.errors import CountsError, TooManyFailuresError
from jobs.settings import Settings
from store.schemas import FAILED, KEEP, REMOVE, SIGNED, SKIPPED

DISTANCE_BINS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.45, 1.0)
"""Edges of the bins in which pairs are counted; the last bin that the cutoff leaves is cut."""


@dataclass(frozen=True)
class ManifestCounts:
    """What the manifest holds.

    Attributes
    ----------
    rows : int
        Different rows: each must end in one state.
    to_sign : int
        Rows that go on to be signed.
    homeless : int
        Rows without a usable id of their own; they fail and are only in ``rejects``.
    """

    rows: int
    to_sign: int
    homeless: int


def count_manifest(admitted: DataFrame) -> ManifestCounts:
    """Count the rows that `admit_images` gave.

    Parameters
    ----------
    admitted : DataFrame
        With ``admitted`` and ``reason``.

    Returns
    -------
    ManifestCounts
        Zeros for an empty manifest.
    """
    row = admitted.agg(
        F.count("*").alias("rows"),
        F.count_if(F.expr("admitted and reason is null")).alias("to_sign"),
        F.count_if(F.expr("not admitted")).alias("homeless"),
    ).head()
    return ManifestCounts(**row.asDict()) if row else ManifestCounts(0, 0, 0)


def count_states(rejects: DataFrame, images: DataFrame, manifest: ManifestCounts) -> dict[str, int]:
    """Count images by status and reason, and check that each row is in exactly one state.

    Parameters
    ----------
    rejects : DataFrame
        The report of what was not signed.
    images : DataFrame
        The table ``images`` of this run.
    manifest : ManifestCounts
        What went in.

    Returns
    -------
    dict
        ``images``, ``signed``, ``skipped``, ``failed`` and ``status.reason`` for each reason.

    Raises
    ------
    CountsError
        If the states do not add up to the manifest's rows.
    """
    counts = {"images": manifest.rows, SIGNED: 0, SKIPPED: 0, FAILED: 0}
    for row in rejects.groupBy("status", "reason").count().collect():
        counts[row.status] += row["count"]
        counts[f"{row.status}.{row.reason}"] = row["count"]
    statuses = images.groupBy("status").count().collect()
    in_images = {row.status: row["count"] for row in statuses}
    counts[SIGNED] = in_images.get(SIGNED, 0)
    _check(counts, in_images, manifest)
    return counts


def check_failures(counts: dict[str, int], settings: Settings, rejects: str) -> None:
    """Refuse to go on when too many images failed.

    Parameters
    ----------
    counts : dict
        What `count_states` returned.
    settings : Settings
        Bring ``max_failure_rate``.
    rejects : str
        Where the rejects are, for the message.

    Raises
    ------
    TooManyFailuresError
        If the share of failed images is above the limit.
    """
    failed, images = counts[FAILED], counts["images"]
    if failed > settings.max_failure_rate * images:
        raise TooManyFailuresError(
            f"{failed:,} of {images:,} images failed, {failed / images:.1%}; the limit is "
            f"{settings.max_failure_rate:.1%} (--max-failure-rate). Nothing was committed. "
            f"Every rejected path with its reason: {rejects}"
        )


def pair_columns() -> list[Column]:
    """Count pairs by distance: what `pair_counts` reads.

    Returns
    -------
    list of Column
        Aggregates of rows with a ``distance``, one a bin; rows without one count for none.
    """
    distance = F.col("distance")
    return [
        F.count_if((distance >= low) & (distance < high)).alias(f"pairs.{low}-{high}")
        for low, high in pairwise(DISTANCE_BINS)
    ]


def pair_counts(counted: Row | None) -> dict[str, int]:
    """Return the counts of pairs, in all and by distance.

    Parameters
    ----------
    counted : Row or None
        With the columns of `pair_columns`, and perhaps others.

    Returns
    -------
    dict of str to int
        ``pairs``, and ``pairs.0.1-0.2`` and so on for each bin that has some.
    """
    values = counted.asDict() if counted else {}
    bins = {name: count for name, count in values.items() if name.startswith("pairs.") and count}
    return {"pairs": sum(bins.values()), **bins}


def count_groups(clusters: DataFrame, duplicates: DataFrame) -> dict[str, int]:
    """Count groups, what each kind of copy lets go, and the bytes to gain.

    Parameters
    ----------
    clusters : DataFrame
        The table ``clusters``.
    duplicates : DataFrame
        The report of groups: ``kind`` and ``bytes_to_gain`` of each removable image.

    Returns
    -------
    dict of str to int
        ``groups``, ``removable``, ``removable_bytes``, and ``removable.kind`` for each kind.
    """
    roles = {row.role: row["count"] for row in clusters.groupBy("role").count().collect()}
    kinds = duplicates.groupBy("kind").agg(
        F.count("*").alias("images"), F.sum("bytes_to_gain").alias("bytes")
    )
    found = {row.kind: row for row in kinds.collect()}
    return {
        "groups": roles.get(KEEP, 0),
        "removable": roles.get(REMOVE, 0),
        "removable_bytes": sum(row.bytes or 0 for row in found.values()),
    } | {f"removable.{kind}": row.images for kind, row in sorted(found.items())}


def _check(counts: dict[str, int], in_images: dict[str, int], manifest: ManifestCounts) -> None:
    states = counts[SIGNED] + counts[SKIPPED] + counts[FAILED]
    if states != manifest.rows or sum(in_images.values()) + manifest.homeless != manifest.rows:
        raise CountsError(
            f"the manifest has {manifest.rows} rows, but {counts[SIGNED]} are signed, "
            f"{counts[SKIPPED]} skipped and {counts[FAILED]} failed; "
            f"{sum(in_images.values())} are in the table images. Nothing was committed"
        )
