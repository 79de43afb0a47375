"""Rows of the store become documents of an index."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.stages.schema import spark_schema
from store.schemas import SIGNED
from udfs.documents import DocumentTask, document_maker
from udfs.metadata import SHAPES, find_shapes

_TIMESTAMP = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"


def signed_images(images: DataFrame) -> DataFrame:
    """Select what a document needs of the table ``images``.

    One row is a signed image, its key ``image_id``. No shuffle.

    Parameters
    ----------
    images : DataFrame
        The table.

    Returns
    -------
    DataFrame
        With ``image_id``, ``path``, ``metadata``, ``timestamp`` (ISO 8601 in UTC, milliseconds)
        and ``signature_id``.
    """
    return images.where(F.col("status") == SIGNED).select(
        "image_id",
        "path",
        "metadata",
        F.date_format("mtime", _TIMESTAMP).alias("timestamp"),
        "signature_id",
    )


def document_rows(images: DataFrame, signatures: DataFrame, cells: DataFrame) -> DataFrame:
    """Bring an image's signature and cells to it.

    One row is a signed image, its key ``image_id``. Shuffles by signature, twice at most; running
    it twice gives the same.

    Parameters
    ----------
    images : DataFrame
        What `signed_images` returned.
    signatures : DataFrame
        The table.
    cells : DataFrame
        The table; a signature without cells keeps its image.

    Returns
    -------
    DataFrame
        What `make_documents` takes.
    """
    known = signatures.select("signature_id", "signature").join(
        cells.select("signature_id", "cells"), on="signature_id", how="left"
    )
    return images.join(known, on="signature_id", how="inner").drop("signature_id")


def make_documents(rows: DataFrame, task: DocumentTask, metadata: str | None) -> DataFrame:
    """Make documents as the connector writes them.

    One row is a document, its key ``image_id``. No shuffle; running it twice gives the same.

    Parameters
    ----------
    rows : DataFrame
        What `document_rows` returned.
    task : DocumentTask
        Of which kind.
    metadata : str or None
        Spark's type of all metadata; None if there are none.

    Returns
    -------
    DataFrame
        A column for each field; what is null is left out of the document.
    """
    made = rows.mapInArrow(document_maker(task), spark_schema(task.schema))
    if metadata is None:
        made = made.drop("metadata")
    else:
        # Of what is no object from_json would make an empty one.
        is_object = (
            F.col("metadata").rlike(r"^\s*\{") & F.get_json_object("metadata", "$").isNotNull()
        )
        parsed = F.from_json("metadata", metadata)
        made = made.withColumn("metadata", F.when(is_object, parsed))
    return made.drop("timestamp") if task.lean else made


def metadata_shapes(images: DataFrame) -> DataFrame:
    """Find which keys metadata have, in each partition.

    One row is a partition. No shuffle.

    Parameters
    ----------
    images : DataFrame
        With ``metadata``, text.

    Returns
    -------
    DataFrame
        Of `udfs.metadata.SHAPES`.
    """
    texts = images.select("metadata").where("metadata is not null")
    return texts.mapInArrow(find_shapes, spark_schema(SHAPES))
