"""Groups within equal values of a column only: a picture of two sellers is two pictures."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import conform
from store.schemas import IMAGES, PAIRS, SIGNED, SKIPPED

OUTSIDE = "outside"
"""The status, while groups are made, of an image without a value."""


def scoped_images(images: DataFrame, column: str) -> DataFrame:
    """Tell images of different values apart, though their pictures be equal.

    One row is an image, its key ``image_id``. No shuffle.

    Parameters
    ----------
    images : DataFrame
        Rows of ``images``.
    column : str
        A name in their metadata.

    Returns
    -------
    DataFrame
        Rows of ``images``, with the value in ``signature_id`` and ``content_sha256``. An image
        without a value is like no other, and in no group.
    """
    name = column.replace("'", "\\\\'")
    value = F.get_json_object("metadata", f"$['{name}']")
    mark = F.unhex(F.md5(value))
    grouped = F.col("status").isin(SIGNED, SKIPPED)
    changed = {
        "signature_id": F.concat("signature_id", mark),
        "content_sha256": F.concat("content_sha256", F.lower(F.hex(mark))),
        "status": F.when(grouped & value.isNull(), OUTSIDE).otherwise(F.col("status")),
    }
    return conform(images.withColumns(changed), IMAGES)


def scoped_pairs(pairs: DataFrame, scoped: DataFrame) -> DataFrame:
    """Return the pairs whose ends have images of one value, once for each such value.

    One row is a pair of scoped signatures. Two joins on the signature id.

    Parameters
    ----------
    pairs : DataFrame
        Rows of ``pairs``.
    scoped : DataFrame
        What `scoped_images` returned.

    Returns
    -------
    DataFrame
        Rows of ``pairs``, of scoped signatures.
    """
    signed = scoped.where(F.col("status") == SIGNED).select("signature_id").distinct()
    size, mark = F.expr("substring(signature_id, 1, 16)"), F.expr("substring(signature_id, 17, 16)")
    ends = [
        signed.select(
            size.alias(f"signature_id_{end}"),
            mark.alias("mark"),
            F.col("signature_id").alias(f"scoped_{end}"),
        )
        for end in "ab"
    ]
    near = pairs.join(ends[0], "signature_id_a", how="inner")
    both = near.join(ends[1], ["signature_id_b", "mark"], how="inner")
    named = {f"signature_id_{end}": F.col(f"scoped_{end}") for end in "ab"}
    return conform(both.withColumns(named), PAIRS)
