"""Any source as one DataFrame."""

from pyspark.sql import DataFrame, SparkSession

from jobs.sources.folder import list_folder, list_glob
from jobs.sources.kind import recognise
from jobs.sources.manifest import read_manifest_files


def read_manifest(spark: SparkSession, source: str, source_format: str = "auto") -> DataFrame:
    """List a source: a folder, a glob, one file, or a manifest.

    One row per listed file or manifest row; nothing is deduplicated, no image is read, no key.
    What is known by now to fail has its reason, so that rows are lost to nobody. Partitions
    follow folders and manifest parts and can be very uneven: repartition before heavy work. The
    source is listed anew each time the DataFrame is evaluated.

    Parameters
    ----------
    spark : SparkSession
        Running session.
    source : str
        Local path, glob or ``file:`` URI. Relative ones start at the working folder.
    source_format : {"auto", "folder", "glob", "parquet", "csv", "jsonl"}
        ``auto`` goes by what is at the path and by its name.

    Returns
    -------
    DataFrame
        Schema ``LISTING``.

    Raises
    ------
    SourceError
        If the source cannot be read as described; one sentence says why.
    """
    found = recognise(source, source_format)
    if found.format == "folder":
        return list_folder(spark, found.path)
    if found.format == "glob":
        return list_glob(spark, found.path)
    return read_manifest_files(spark, found.path, found.format)
