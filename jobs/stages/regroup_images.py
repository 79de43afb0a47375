"""Which groups of images change when few images and pairs did; the others stay as they are."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.choose_keepers import ranked_edges
from jobs.stages.group_images import BEST_OF_GROUP
from jobs.stages.schema import conform
from jobs.stages.update_pairs import ends_of, touching
from store.schemas import CLUSTERS, KEEP, NEAR, REMOVE, SKIPPED


def with_neighbours(signatures: DataFrame, pairs: DataFrame) -> DataFrame:
    """Return some signatures and all that are in a pair with one of them.

    One row is a signature, its key ``signature_id``. No shuffle of the pairs where the signatures
    are few enough to be sent to every executor.

    Parameters
    ----------
    signatures : DataFrame
        ``signature_id``.
    pairs : DataFrame
        Rows of ``pairs``.

    Returns
    -------
    DataFrame
        ``signature_id``.
    """
    return signatures.unionByName(ends_of(touching(pairs, signatures))).distinct()


def removed_signatures(clusters: DataFrame, images: DataFrame) -> DataFrame:
    """Return the signatures that were removed for another one.

    One row is a signature, its key ``signature_id``. One join on the image id.

    Parameters
    ----------
    clusters : DataFrame
        Rows of ``clusters``.
    images : DataFrame
        ``image_id`` and ``signature_id``, as they were when the clusters were made.

    Returns
    -------
    DataFrame
        ``signature_id``.
    """
    near = clusters.where(F.col("kind") == NEAR).select("image_id")
    return images.join(near, "image_id", how="left_semi").select("signature_id").distinct()


def edges_again(pairs: DataFrame, places: DataFrame) -> DataFrame:
    """Turn pairs so that the better end comes first, and tell what is known of both ends.

    One row is a pair. Four joins on places and ids.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.
    places : DataFrame
        ``signature_id``, ``place``, ``again`` (it is decided anew) and ``removed`` (it was).

    Returns
    -------
    DataFrame
        ``better``, ``worse``, ``distance``; ``better_again``, ``worse_again``, ``better_removed``.
    """
    edges = ranked_edges(pairs, places)
    for end, known in (("better", ("again", "removed")), ("worse", ("again",))):
        names = [F.col(name).alias(f"{end}_{name}") for name in known]
        edges = edges.join(places.select(F.col("place").alias(end), *names), end, how="inner")
    return edges


def edges_to_settle(edges: DataFrame) -> DataFrame:
    """Return the pairs on which the decisions about some signatures depend.

    One row is a pair: its worse end is decided anew, and its better end is too, or stays kept.

    Parameters
    ----------
    edges : DataFrame
        What `edges_again` returned.

    Returns
    -------
    DataFrame
        ``better``, ``worse``, ``distance``.
    """
    said = edges.where("worse_again and (better_again or not better_removed)")
    return said.select("better", "worse", "distance")


def next_to_decide(edges: DataFrame, places: DataFrame, removed: DataFrame) -> DataFrame:
    """Return the signatures whose better neighbours are now kept and were not, or the reverse.

    One row is a signature, its key ``signature_id``; none of them was decided anew so far.

    Parameters
    ----------
    edges : DataFrame
        What `edges_again` returned.
    places : DataFrame
        As there.
    removed : DataFrame
        ``signature_id`` of those that are removed now, of those that were decided anew.

    Returns
    -------
    DataFrame
        ``signature_id``.
    """
    now = removed.select("signature_id", F.lit(True).alias("now"))
    known = places.where("again").join(now, "signature_id", how="left")
    turned = known.where(F.col("removed") != F.coalesce("now", F.lit(False)))
    theirs = edges.where("not worse_again").join(
        turned.select(F.col("place").alias("better")), "better", how="left_semi"
    )
    worse = theirs.select(F.col("worse").alias("place")).distinct()
    return places.join(worse, "place", how="left_semi").select("signature_id")


def images_again(images: DataFrame, signatures: DataFrame, changed: DataFrame) -> DataFrame:
    """Return the images whose groups are made anew.

    One row is an image, its key ``image_id``. Joins on the signature and the hash.

    Parameters
    ----------
    images : DataFrame
        Rows of ``images``, as they are now.
    signatures : DataFrame
        ``signature_id`` of those that are decided anew.
    changed : DataFrame
        Rows of ``images``, as they were and as they are: featureless ones form groups of equal
        bytes.

    Returns
    -------
    DataFrame
        Rows of ``images``.
    """
    flat = F.col("status") == SKIPPED
    hashes = changed.where(flat).select("content_sha256").distinct()
    equal = images.where(flat).join(hashes, "content_sha256", how="left_semi")
    shown = images.join(signatures, "signature_id", how="left_semi")
    return shown.unionByName(equal.select(*shown.columns))


def regrouped(before: DataFrame, made: DataFrame, again: DataFrame, run_id: str) -> DataFrame:
    """Return ``clusters`` with the groups of some images as they are now.

    One row is an image in a group of two or more, its key ``image_id``. One join on the image id.

    Parameters
    ----------
    before : DataFrame
        Rows of ``clusters`` of the run before.
    made : DataFrame
        Rows of ``clusters``; of these images, and perhaps others.
    again : DataFrame
        ``image_id`` of the images whose rows are taken from ``made``, if it has any.
    run_id : str
        Goes into every row.

    Returns
    -------
    DataFrame
        Of `store.schemas.CLUSTERS`.
    """
    is_removed = F.col("role") == REMOVE
    stayed = before.where(is_removed).join(again, "image_id", how="left_anti")
    fresh = made.where(is_removed).join(again, "image_id", how="left_semi")
    removed = stayed.unionByName(fresh).withColumn("run_id", F.lit(run_id))
    keepers = removed.select("keeper_id").distinct()
    nothing = F.lit(None)
    kept = keepers.select(
        F.col("keeper_id").alias("image_id"),
        "keeper_id",
        F.lit(KEEP).alias("role"),
        nothing.alias("kind"),
        nothing.alias("distance"),
        F.lit(BEST_OF_GROUP).alias("reason"),
        F.lit(run_id).alias("run_id"),
    )
    return conform(removed, CLUSTERS).unionByName(conform(kept, CLUSTERS))
