"""Columns of what every source gives."""

from pyspark.sql.types import LongType, StringType, StructField, StructType

#: One row per listed file or manifest row; no column is a key, since nothing is deduplicated.
#:
#: ==========  ==========================================================================
#: image_id    as the manifest gave it; null where it gave none
#: path        canonical (``fetch.canonical``); as given where ``reason`` says it is invalid
#: metadata    JSON text, or null
#: bytes       size in bytes; null where nobody looked yet
#: mtime       last modification, microseconds since 1970-01-01 UTC; null likewise
#: reason      null, or why the row can already be said to fail
#: ==========  ==========================================================================
LISTING = StructType(
    [
        StructField("image_id", StringType()),
        StructField("path", StringType()),
        StructField("metadata", StringType()),
        StructField("bytes", LongType()),
        StructField("mtime", LongType()),
        StructField("reason", StringType()),
    ]
)
