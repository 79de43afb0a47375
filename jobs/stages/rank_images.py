"""The order in which images would rather be kept."""

from collections.abc import Sequence
from urllib.parse import quote

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

LOSSLESS_FORMATS = ("BMP", "GIF", "PCX", "PNG", "PPM", "QOI", "TGA", "TIFF")
"""Formats that keep every pixel, or nearly always do (a TIFF may hold JPEG)."""

_LARGEST = 2**63 - 1
_CRITERIA = ("protected", "pixels", "lossless", "bytes", "mtime", "image_id")


def rank_images(images: DataFrame, protected: Sequence[str]) -> DataFrame:
    """Add a string by which a better image sorts first.

    Protected paths come first, then more pixels, a lossless format, more bytes, an earlier
    modification, and the smaller id, which makes the order total. No shuffle.

    Parameters
    ----------
    images : DataFrame
        Rows of ``images``.
    protected : sequence of str
        Canonical paths of folders (or files) whose images are kept before all others.

    Returns
    -------
    DataFrame
        The same rows with ``rank`` string, and ``criteria``, a struct of what it is made of.
    """
    is_protected = F.lit(False)
    for prefix in (spelling for folder in protected for spelling in _spellings(folder)):
        below = F.col("path").startswith(prefix.rstrip("/") + "/")
        is_protected = is_protected | below | (F.col("path") == prefix)
    pixels = F.col("width").cast("long") * F.col("height")
    criteria = {
        "protected": F.when(is_protected, 0).otherwise(1).cast("long"),
        "pixels": F.lit(_LARGEST) - F.coalesce(pixels, F.lit(0)),
        "lossless": F.when(F.col("format").isin(*LOSSLESS_FORMATS), 0).otherwise(1).cast("long"),
        "bytes": F.lit(_LARGEST) - F.coalesce(F.col("bytes"), F.lit(0)),
        "mtime": F.coalesce(F.unix_micros("mtime"), F.lit(_LARGEST)),
    }
    parts = [_sortable(value) for value in criteria.values()]
    return images.withColumns(
        {
            "rank": F.concat(*parts, F.col("image_id")),
            "criteria": F.struct(*(value.alias(name) for name, value in criteria.items())),
        }
    )


def why_better(keeper: str, other: str) -> Column:
    """Say in words which criterion put the keeper before the other image.

    Parameters
    ----------
    keeper, other : str
        Names of the two ``criteria`` columns.

    Returns
    -------
    Column
        String.
    """
    words = {
        "protected": "the keeper is from a protected source",
        "pixels": "the keeper has more pixels",
        "lossless": "the keeper is stored without loss",
        "bytes": "the keeper has more bytes",
        "mtime": "the keeper is older",
    }
    reason = F.lit("all else equal, the keeper has the smaller id")
    for name in reversed(words):
        differs = F.col(f"{keeper}.{name}") < F.col(f"{other}.{name}")
        same_so_far = _equal_before(keeper, other, name)
        reason = F.when(same_so_far & differs, words[name]).otherwise(reason)
    return reason


def _spellings(folder: str) -> tuple[str, ...]:
    """How paths below a folder may begin: names that are not UTF-8 are written as URIs."""
    if not folder.startswith("/"):
        return (folder,)
    return folder, "file://" + quote(folder, safe="/")


def _equal_before(keeper: str, other: str, name: str) -> Column:
    equal = F.lit(True)
    for earlier in _CRITERIA[: _CRITERIA.index(name)]:
        equal = equal & (F.col(f"{keeper}.{earlier}") == F.col(f"{other}.{earlier}"))
    return equal


def _sortable(value: Column) -> Column:
    """Write a number so that text sorts as numbers do: 16 hex digits, sign bit turned."""
    return F.lpad(F.lower(F.hex(value.bitwiseXOR(F.lit(-(2**63))))), 16, "0")
