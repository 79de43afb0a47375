"""The order in which images would rather be kept."""

import sys
from collections.abc import Sequence
from urllib.parse import quote

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.criteria import LARGER, Criterion, parse_criterion

LOSSLESS_FORMATS = ("BMP", "GIF", "PCX", "PNG", "PPM", "QOI", "TGA", "TIFF")
"""Formats that keep every pixel, or nearly always do (a TIFF may hold JPEG)."""

_LARGEST = 2**63 - 1

_NUMBER, _TEXT, _MISSING = "0", "1", "2"
"""How values of metadata begin: numbers come before texts, and both before nothing."""

_JSON_NUMBER = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_END = "."  # of a text, before all hex digits
_HEX, _TURNED = f"0123456789ABCDEF{_END}", "FEDCBA9876543210~"
_EXPONENT_OFFSET = 400  # of a double: -324 to 308


def rank_images(images: DataFrame, protected: Sequence[str], ranking: Sequence[str]) -> DataFrame:
    """Add a string by which a better image sorts first.

    The criteria of the ranking count one after the other, and then the smaller id, which makes the
    order total. No shuffle.

    Parameters
    ----------
    images : DataFrame
        Rows of ``images``.
    protected : sequence of str
        Canonical paths of folders (or files), for the criterion ``protected``.
    ranking : sequence of str
        See `jobs.criteria.parse_criterion`; the most important first.

    Returns
    -------
    DataFrame
        The same rows with ``rank`` string, and ``criteria``, a struct of what it is made of: a
        field for each criterion, named as it is written, in which less is better.
    """
    criteria = {text: _worth(parse_criterion(text), protected) for text in ranking}
    parts = [_sortable(value, parse_criterion(text)) for text, value in criteria.items()]
    named = [value.alias(text) for text, value in criteria.items()]
    return images.withColumns(
        {
            "rank": F.concat(*parts, F.col("image_id")),
            "criteria": F.struct(*named),
        }
    )


def why_better(keeper: str, other: str, ranking: Sequence[str]) -> Column:
    """Say in words which criterion put the keeper before the other image.

    Parameters
    ----------
    keeper, other : str
        Names of the two ``criteria`` columns.
    ranking : sequence of str
        Their fields, the most important first.

    Returns
    -------
    Column
        String.
    """
    reason = F.lit("all else equal, the keeper has the smaller id")
    for text in reversed(ranking):
        values = [F.col(name).getField(text) for name in (keeper, other)]
        reason = F.when(values[0] != values[1], _words(parse_criterion(text), values[1])).otherwise(
            reason
        )
    return reason


def _words(criterion: Criterion, other: Column) -> Column:
    words = F.lit(criterion.words)
    if not criterion.field:
        return words
    return F.when(other == _MISSING, criterion.words_alone).otherwise(words)


def _worth(criterion: Criterion, protected: Sequence[str]) -> Column:
    """What is less for a better image: a bigint, or for texts a string."""
    if criterion.field:
        return _of_metadata(criterion)
    usual, micros = not criterion.order, F.unix_micros("mtime")
    pixels = F.col("width").cast("long") * F.col("height")
    lossless = F.col("format").isin(*LOSSLESS_FORMATS)
    worth = {
        "protected": F.when(_is_protected(protected), 0).otherwise(1).cast("long"),
        "pixels": _size(pixels, usual),
        "lossless": F.when(lossless, 0).otherwise(1).cast("long"),
        "bytes": _size(F.col("bytes"), usual),
        "date": F.coalesce(micros if usual else -micros, F.lit(_LARGEST)),
        "path": _sortable_text(F.col("path")),
    }
    return worth[criterion.name]


def _size(value: Column, larger_first: bool) -> Column:
    """An unknown size is the worst."""
    if larger_first:
        return F.lit(_LARGEST) - F.coalesce(value, F.lit(0))
    return F.coalesce(value, F.lit(_LARGEST))


def _is_protected(protected: Sequence[str]) -> Column:
    inside = F.lit(False)
    for prefix in (spelling for folder in protected for spelling in _spellings(folder)):
        below = F.col("path").startswith(prefix.rstrip("/") + "/")
        inside = inside | below | (F.col("path") == prefix)
    return inside


def _of_metadata(criterion: Criterion) -> Column:
    text = F.get_json_object("metadata", f"$['{criterion.field}']")
    number = F.when(text.rlike(_JSON_NUMBER), text.cast("double"))
    values = {_NUMBER: _sortable_number(number), _TEXT: _sortable_text(text)}
    if criterion.order == LARGER:
        values = {kind: F.translate(value, _HEX, _TURNED) for kind, value in values.items()}
    parts = [F.concat(F.lit(kind), value) for kind, value in values.items()]
    return F.coalesce(*parts, F.lit(_MISSING))  # concat of nothing is nothing


def _sortable_number(value: Column) -> Column:
    """Write a double so that text sorts as numbers do: sign, exponent, 17 digits."""
    size = F.least(F.abs(value), F.lit(sys.float_info.max))
    written = F.format_string("%.16e", size)
    power = F.split_part(written, F.lit("e"), F.lit(2)).cast("int") + _EXPONENT_OFFSET
    power = F.when(size == 0, 0).otherwise(power)
    digits = F.regexp_replace(F.split_part(written, F.lit("e"), F.lit(1)), r"\.", "")
    key = F.concat(F.lpad(power.cast("string"), 3, "0"), digits)
    turned = F.concat(F.lit("0"), F.translate(key, _HEX, _TURNED))
    return F.when(value < 0, turned).when(value.isNotNull(), F.concat(F.lit("1"), key))


def _sortable_text(value: Column) -> Column:
    """Write a text so that it sorts as its bytes do, with a mark where it ends."""
    return F.concat(F.hex(value), F.lit(_END))


def _spellings(folder: str) -> tuple[str, ...]:
    """How paths below a folder may begin: names that are not UTF-8 are written as URIs."""
    if not folder.startswith("/"):
        return (folder,)
    return folder, "file://" + quote(folder, safe="/")


def _sortable(value: Column, criterion: Criterion) -> Column:
    """Write a number so that text sorts as numbers do: 16 hex digits, sign bit turned."""
    if criterion.field or criterion.name == "path":
        return value
    return F.lpad(F.lower(F.hex(value.bitwiseXOR(F.lit(-(2**63))))), 16, "0")
