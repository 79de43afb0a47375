"""A folder, a glob or a single file as a source."""

import os
from functools import partial

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    IntegerType,
    StructField,
    StructType,
)

from fetch import FetchError, stat
from fetch.location import canonical_of_name, local_name, local_path
from fetch.pattern import EVERYTHING, Pattern, split_glob
from fetch.walk import split
from jobs.sources.errors import SourceError
from jobs.sources.schema import LISTING
from jobs.sources.units import spread
from udfs.listing import list_subtrees

# A subtree may be a hundred times another; some per core, so that cores end together.
_SUBTREES_PER_CORE = 16
_MOST_SUBTREES = 2000  # the driver scans as many folders at most: seconds, even on a slow mount

_SUBTREE = StructType(
    [
        StructField("folder", BinaryType(), nullable=False),
        StructField("states", ArrayType(IntegerType(), containsNull=False), nullable=False),
        StructField("deep", BooleanType(), nullable=False),
    ]
)


def list_folder(spark: SparkSession, path: str) -> DataFrame:
    """List every file in a folder and the folders beneath it.

    One row per entry that is no folder; key: path. No shuffle. Listed anew each time it is
    evaluated.

    Parameters
    ----------
    spark : SparkSession
        Running session.
    path : str
        Canonical path of a folder, or of one file, which is then the only row.

    Returns
    -------
    DataFrame
        Schema ``LISTING``.

    Raises
    ------
    SourceError
        If the folder itself cannot be read. What cannot be read beneath it is a row.
    """
    if local_path(path).is_dir():
        return _list_matching(spark, local_name(path), EVERYTHING)
    try:
        found = stat(path)
    except FetchError as error:
        raise SourceError(f"The source cannot be read: {error}") from error
    return spark.createDataFrame([(None, path, None, found.size, found.mtime, None)], LISTING)


def list_glob(spark: SparkSession, path: str) -> DataFrame:
    """List every file whose path matches a pattern of ``fetch.pattern``.

    One row per entry that is no folder; key: path. No shuffle. Listed anew each time it is
    evaluated.

    Parameters
    ----------
    spark : SparkSession
        Running session.
    path : str
        Absolute pattern.

    Returns
    -------
    DataFrame
        Schema ``LISTING``.

    Raises
    ------
    SourceError
        If the part before the first wildcard is no folder that can be read.
    """
    folder, pattern = split_glob(path)
    return _list_matching(spark, local_name(folder), pattern)


def _list_matching(spark: SparkSession, root: bytes, pattern: Pattern) -> DataFrame:
    _require_readable(root)
    wanted = min(_MOST_SUBTREES, _SUBTREES_PER_CORE * spark.sparkContext.defaultParallelism)
    units = [
        (bytearray(subtree.folder), sorted(subtree.states), subtree.deep)
        for subtree in split(root, pattern, wanted)
    ]
    listing = partial(list_subtrees, pattern=pattern)
    return spread(spark, units, _SUBTREE).mapInArrow(listing, LISTING)


def _require_readable(root: bytes) -> None:
    try:
        os.scandir(root).close()
    except OSError as error:
        folder = canonical_of_name(root)
        raise SourceError(f"The folder {folder} cannot be read: {error.strerror}.") from error
