"""Images that are kept before others for another reason than their rank, and why they are."""

from collections.abc import Sequence
from urllib.parse import quote

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import conform
from store.schemas import CLUSTERS, KEEP, NEVER_REMOVE, NOT_DUPLICATES, PAIRS, REMOVE

BY_DECISION, PREFERRED, PROTECTED, INCUMBENT, ORDINARY = range(5)
"""Levels, the best first. Within a level images are ranked as ever."""

_WORDS = {
    BY_DECISION: "by decision the keeper is never removed",
    PREFERRED: "by decision the keeper's source is preferred",
    INCUMBENT: "the keeper stays, as it was kept before",
}
_EXEMPT = {
    NEVER_REMOVE: "by decision never removed",
    NOT_DUPLICATES: "by decision no duplicate of {}",
}


def with_levels(ranked: DataFrame, favoured: DataFrame) -> DataFrame:
    """Put favoured images before others.

    One row is an image. One join on the image id.

    Parameters
    ----------
    ranked : DataFrame
        What `jobs.stages.rank_images.rank_images` returns.
    favoured : DataFrame
        ``image_id`` and ``level``; an image may be there more than once.

    Returns
    -------
    DataFrame
        The same rows, their ``rank`` beginning with the level.
    """
    best = favoured.groupBy("image_id").agg(F.min("level").alias("_level"))
    level = F.coalesce("_level", F.lit(ORDINARY)).cast("string")
    rows = ranked.join(best, "image_id", how="left")
    return rows.withColumn("rank", F.concat(level, "rank")).select(*ranked.columns)


def decided_levels(images: DataFrame, decisions: DataFrame, sources: Sequence[str]) -> DataFrame:
    """Return the images that decisions favour.

    One row is an image and a decision. No shuffle where decisions are few.

    Parameters
    ----------
    images : DataFrame
        ``image_id`` and ``path``.
    decisions : DataFrame
        Rows of ``decisions``.
    sources : sequence of str
        Canonical paths that are preferred.

    Returns
    -------
    DataFrame
        ``image_id``, ``level``.
    """
    never = decisions.where(F.col("decision") == NEVER_REMOVE)
    levels = never.select("image_id", F.lit(BY_DECISION).alias("level"))
    preferred = images.where(below(sources)).select("image_id", F.lit(PREFERRED).alias("level"))
    return levels.unionByName(preferred)


def below(places: Sequence[str]) -> Column:
    """Tell whether a path is one of some places, or lies in one.

    Parameters
    ----------
    places : sequence of str
        Canonical paths.

    Returns
    -------
    Column
        Boolean, of the column ``path``.
    """
    inside = F.lit(False)
    for place in places:
        # Names that are not UTF-8 are written as URIs.
        spellings = [place, "file://" + quote(place, safe="/")] if place[:1] == "/" else [place]
        for prefix in spellings:
            inside |= F.col("path").startswith(prefix.rstrip("/") + "/") | (F.col("path") == prefix)
    return inside


def apart_by_decision(pairs: DataFrame, images: DataFrame, decisions: DataFrame) -> DataFrame:
    """Leave out the pairs whose images are no duplicates, as somebody decided.

    One row is a pair. Joins with the few decisions.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.
    images : DataFrame
        ``image_id`` and ``signature_id``.
    decisions : DataFrame
        Rows of ``decisions``.

    Returns
    -------
    DataFrame
        Rows of ``pairs``.
    """
    apart = decisions.where(F.col("decision") == NOT_DUPLICATES)
    for name, end in (("image_id", "x"), ("other_image_id", "y")):
        own = images.select(F.col("image_id").alias(name), F.col("signature_id").alias(end))
        apart = apart.join(own, name, how="inner")
    known = apart.select(
        F.least("x", "y").alias("signature_id_a"), F.greatest("x", "y").alias("signature_id_b")
    ).distinct()
    return conform(pairs.join(known, ["signature_id_a", "signature_id_b"], how="left_anti"), PAIRS)


def honoured(clusters: DataFrame, favoured: DataFrame, decisions: DataFrame | None) -> DataFrame:
    """Name in the reason what overrode the ranking, and free who must not be removed.

    One row is an image in a group, its key ``image_id``. Joins with the few decisions, and with
    the favoured images by image and by keeper. A keeper from whose group everybody was freed is no
    longer there; who was freed is, as a keeper, with the decision for a reason.

    Parameters
    ----------
    clusters : DataFrame
        Of `jobs.stages.group_images.group_images`.
    favoured : DataFrame
        ``image_id`` and ``level``.
    decisions : DataFrame or None
        Rows of ``decisions``.

    Returns
    -------
    DataFrame
        Of `store.schemas.CLUSTERS`.
    """
    told = _told(clusters, favoured)
    if decisions is None:
        return conform(told, CLUSTERS)
    freed = _freed(told, decisions)
    goes = (F.col("role") == REMOVE) & F.col("_why").isNull()
    free = (F.col("role") == REMOVE) & F.col("_why").isNotNull()
    still = freed.where(goes).select(F.col("keeper_id").alias("image_id"), F.lit(True).alias("_of"))
    kept = freed.join(still.distinct(), "image_id", how="left").where(
        (F.col("role") == REMOVE) | F.col("_of").isNotNull()
    )
    changed = {
        "keeper_id": F.when(free, F.col("image_id")).otherwise(F.col("keeper_id")),
        "role": F.when(free, KEEP).otherwise(F.col("role")),
        "kind": F.when(~free, F.col("kind")),
        "distance": F.when(~free, F.col("distance")),
        "reason": F.when(free, F.col("_why")).otherwise(F.col("reason")),
    }
    columns = [changed.get(name, F.col(name)).alias(name) for name in CLUSTERS.names]
    return conform(kept.select(*columns), CLUSTERS)


def _told(clusters: DataFrame, favoured: DataFrame) -> DataFrame:
    best = favoured.groupBy("image_id").agg(F.min("level").alias("level"))
    own = best.withColumnRenamed("level", "_own")
    keepers = best.select(F.col("image_id").alias("keeper_id"), F.col("level").alias("_keepers"))
    rows = clusters.join(own, "image_id", how="left").join(keepers, "keeper_id", how="left")
    level = F.coalesce("_keepers", F.lit(ORDINARY))
    wins = (F.col("role") == REMOVE) & (level < F.coalesce("_own", F.lit(ORDINARY)))
    reason = F.col("reason")
    for number, words in _WORDS.items():
        reason = F.when(wins & (level == number), words).otherwise(reason)
    return rows.withColumn("reason", reason)


def _freed(clusters: DataFrame, decisions: DataFrame) -> DataFrame:
    """Rows with ``_why`` they may not be removed, or null."""
    never = decisions.where(F.col("decision") == NEVER_REMOVE).select("image_id").distinct()
    rows = clusters.join(
        never.withColumn("_never", F.lit(_EXEMPT[NEVER_REMOVE])), "image_id", how="left"
    )
    two = decisions.where(F.col("decision") == NOT_DUPLICATES)
    orders = (("image_id", "other_image_id"), ("other_image_id", "image_id"))
    either = [
        two.select(F.col(a).alias("image_id"), F.col(b).alias("keeper_id")) for a, b in orders
    ]
    apart = either[0].unionByName(either[1]).distinct().withColumn("_apart", F.lit(True))
    words = F.format_string(_EXEMPT[NOT_DUPLICATES].replace("{}", "%s"), "keeper_id")
    joined = rows.join(apart, ["image_id", "keeper_id"], how="left")
    return joined.withColumn("_why", F.coalesce("_never", F.when(F.col("_apart"), words)))
