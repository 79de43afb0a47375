"""A manifest as a source: one file or a folder of part files."""

import csv
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

from fetch import FetchError, canonical
from fetch.location import local_name, local_path
from fetch.pattern import EVERYTHING
from fetch.walk import Subtree, walk
from jobs.sources.errors import SourceError
from jobs.sources.schema import LISTING
from jobs.sources.units import spread
from udfs.manifest_rows import opened_manifest, read_manifest_parts
from udfs.manifest_text import csv_header, first_json_object

logger = logging.getLogger(__name__)

_USED_COLUMNS = frozenset({"path", "image_id", "metadata"})
_PART = StructType(
    [
        StructField("file", StringType(), nullable=False),
        StructField("row_group", IntegerType()),
    ]
)
_Part = tuple[str, int | None]


def read_manifest_files(spark: SparkSession, path: str, source_format: str) -> DataFrame:
    """Read the rows of a manifest.

    One row per row of the manifest, duplicates included; no key. No shuffle.

    Parameters
    ----------
    spark : SparkSession
        Running session.
    path : str
        Canonical path of a file, or of a folder all of whose files (but those whose names
        begin with ``_`` or ``.``) are parts of one manifest.
    source_format : {"parquet", "csv", "jsonl"}
        Form of the files.

    Returns
    -------
    DataFrame
        Schema ``LISTING``; relative paths start at the folder that ``path`` itself is in.

    Raises
    ------
    SourceError
        If a file is not of that form or has no usable column ``path``.
    """
    parts: list[_Part] = []
    unused: set[str] = set()
    for file in _files_of(path):
        columns, of_file = _inspected(file, source_format)
        unused |= columns - _USED_COLUMNS
        parts += of_file
    if unused:
        logger.warning("Columns of the manifest that are not used: %s.", ", ".join(sorted(unused)))
    folder = canonical(str(local_path(path).parent))
    reading = partial(read_manifest_parts, source_format=source_format, folder=folder)
    return spread(spark, parts, _PART).mapInArrow(reading, LISTING)


def _files_of(path: str) -> list[str]:
    if not local_path(path).is_dir():
        return [path]
    listed = walk(Subtree(local_name(path), EVERYTHING.start, deep=True), EVERYTHING)
    files = sorted(entry.path for entry in listed if not _is_marker(entry.path, path))
    if not files:
        raise SourceError(f"The folder {path} holds no manifest file.")
    return files


def _is_marker(file: str, folder: str) -> bool:
    """Whether this is one of the files that jobs leave beside their output, as _SUCCESS."""
    beneath = local_path(file).relative_to(local_path(folder))
    return any(segment.startswith(("_", ".")) for segment in beneath.parts)


def _inspected(file: str, source_format: str) -> tuple[set[str], list[_Part]]:
    """Columns of a manifest file, and the parts in which it is read."""
    try:
        with opened_manifest(file) as stream:
            if source_format == "parquet":
                return _inspected_parquet(file, stream)
            names = csv_header(stream) if source_format == "csv" else _first_keys(file, stream)
    except FetchError as error:
        raise SourceError(f"The manifest cannot be read: {error}") from error
    except (pa.ArrowException, OSError, EOFError, csv.Error) as error:
        raise SourceError(f"{file} is not a manifest in {source_format}: {error}") from error
    _require_path(file, names)
    return set(names), [(file, None)]


def _inspected_parquet(file: str, stream: BinaryIO) -> tuple[set[str], list[_Part]]:
    with pq.ParquetFile(stream) as opened:
        schema = opened.schema_arrow
        groups = opened.metadata.num_row_groups
    _require_path(file, schema.names)
    _require_type(file, schema, "path", _is_name)
    if "image_id" in schema.names:
        _require_type(file, schema, "image_id", _is_scalar)
    return set(schema.names), [(file, group) for group in range(groups)]


def _first_keys(file: str, stream: BinaryIO) -> list[str]:
    first = first_json_object(stream)
    if first is None:
        raise SourceError(f"The first line of {file} is not a JSON object.")
    return list(first)


def _require_path(file: str, names: Sequence[str]) -> None:
    for name in _USED_COLUMNS & set(names):
        if names.count(name) > 1:
            raise SourceError(f"The manifest {file} has two columns {name!r}.")
    if "path" not in names:
        found = ", ".join(names) or "none"
        raise SourceError(f"The manifest {file} has no column 'path'; its columns: {found}.")


def _require_type(
    file: str, schema: pa.Schema, name: str, fits: Callable[[pa.DataType], bool]
) -> None:
    found = schema.field(name).type
    if not fits(found.value_type if pa.types.is_dictionary(found) else found):
        raise SourceError(f"The column {name!r} of {file} is {found}, which cannot be used.")


def _is_name(found: pa.DataType) -> bool:
    return _is_text(found) or _is_bytes(found)


def _is_scalar(found: pa.DataType) -> bool:
    return not (pa.types.is_nested(found) or _is_bytes(found))


def _is_text(found: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(found)
        or pa.types.is_large_string(found)
        or pa.types.is_string_view(found)
    )


def _is_bytes(found: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(found)
        or pa.types.is_large_binary(found)
        or pa.types.is_fixed_size_binary(found)
    )
