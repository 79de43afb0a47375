"""Every table and report of a store: its columns, in order, with their types.

One module holds them all, so that a column's name or type is written once. The schemas are
Arrow's, because readers without Spark need them too; jobs turn them into Spark's.
"""

import pyarrow as pa

STORE_FORMAT = 1
"""Raised when tables change in a way that older readers would misread."""

SIGNED = "signed"
SKIPPED = "skipped"
FAILED = "failed"

KEEP = "keep"
REMOVE = "remove"

SAME_BYTES = "same_bytes"
SAME_SIGNATURE = "same_signature"
NEAR = "near"

MAX_IMAGE_ID_BYTES = 512
"""An Elasticsearch ``_id`` may have no more."""

_SIGNATURE_ID = pa.binary()  # 16 bytes; Spark has no type for a fixed length

IMAGES = pa.schema(
    [
        pa.field("image_id", pa.string(), nullable=False),
        ("path", pa.string()),
        ("content_sha256", pa.string()),
        ("bytes", pa.int64()),
        ("mtime", pa.timestamp("us", tz="UTC")),
        ("etag", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("message", pa.string()),
        ("signature_id", _SIGNATURE_ID),
        ("metadata", pa.string()),
        ("run_id", pa.string()),
    ]
)

SIGNATURES = pa.schema(
    [
        ("signature_id", _SIGNATURE_ID),
        ("signature", pa.binary()),
        ("signature_version", pa.string()),
    ]
)

CELLS = pa.schema(
    [
        ("model_id", pa.string()),
        ("signature_id", _SIGNATURE_ID),
        ("signature", pa.binary()),
        ("cells", pa.list_(pa.int32())),
        ("costs", pa.binary()),
    ]
)
"""Nearest cells first; a byte of cost for each. -1 fills the end of a list that is short. The
signature is here too: an increment reads all that it compares with in one pass, without a join."""

PAIRS = pa.schema(
    [
        ("model_id", pa.string()),
        ("signature_id_a", _SIGNATURE_ID),
        ("signature_id_b", _SIGNATURE_ID),
        ("distance", pa.float64()),
        ("rule", pa.string()),
    ]
)

CLUSTERS = pa.schema(
    [
        ("image_id", pa.string()),
        ("keeper_id", pa.string()),
        ("role", pa.string()),
        ("kind", pa.string()),
        ("distance", pa.float64()),
        ("reason", pa.string()),
        ("run_id", pa.string()),
    ]
)

RETIRED = pa.schema([("signature_id", _SIGNATURE_ID)])
"""Signatures that no image needs any more: they are in no pair, and `jobs/compact.py` removes them
from ``signatures`` and ``cells``."""

NOT_DUPLICATES = "not_duplicates"
NEVER_REMOVE = "never_remove"
PREFER_SOURCE = "prefer_source"

DECISIONS = pa.schema(
    [
        ("decision", pa.string()),
        ("image_id", pa.string()),
        ("other_image_id", pa.string()),
        ("source", pa.string()),
    ]
)
"""What people decided, and every later run honours: two images are not duplicates, an image is
never removed, images of a source are kept before others."""

VANISHED = "vanished"
FORGOTTEN = "forgotten"

TOMBSTONES = pa.schema(
    [
        ("image_id", pa.string()),
        ("path", pa.string()),
        ("reason", pa.string()),
        ("run_id", pa.string()),
    ]
)
"""Images that left: ``vanished`` ones until they come back, ``forgotten`` ones for good."""

RUNS = pa.schema(
    [
        ("run_id", pa.string()),
        ("parent", pa.string()),
        ("sequence", pa.int64()),
        ("job", pa.string()),
        ("model_id", pa.string()),
        ("cutoff", pa.float64()),
        ("settings", pa.string()),
        ("counts", pa.map_(pa.string(), pa.int64())),
        ("timings", pa.map_(pa.string(), pa.float64())),
        ("estimates", pa.map_(pa.string(), pa.float64())),
        ("versions", pa.map_(pa.string(), pa.int64())),
        ("signature_version", pa.string()),
        ("code_version", pa.string()),
        ("store_format", pa.int32()),
        ("committed_at", pa.timestamp("us", tz="UTC")),
        ("restores", pa.string()),
    ]
)
"""``restores`` is the earlier run whose state a rollback brought back; else null."""

TABLES = {
    "images": IMAGES,
    "signatures": SIGNATURES,
    "cells": CELLS,
    "pairs": PAIRS,
    "clusters": CLUSTERS,
    "retired": RETIRED,
    "tombstones": TOMBSTONES,
    "decisions": DECISIONS,
}
"""The tables whose version a run pins. ``runs`` itself is the log that pins them."""

DUPLICATES = pa.schema(
    [
        ("image_id", pa.string()),
        ("path", pa.string()),
        ("keeper_id", pa.string()),
        ("keeper_path", pa.string()),
        ("distance", pa.float64()),
        ("kind", pa.string()),
        ("reason", pa.string()),
        ("bytes_to_gain", pa.int64()),
    ]
)

NEW_GROUP = "new_group"
GROWN_GROUP = "grown_group"
CHANGED_KEEPER = "changed_keeper"
FREED = "freed"

NEWS = pa.schema(
    [
        ("change", pa.string()),
        ("image_id", pa.string()),
        ("path", pa.string()),
        ("keeper_id", pa.string()),
        ("keeper_path", pa.string()),
        ("keeper_before", pa.string()),
    ]
)
"""What changed in ``clusters`` since the run before: an image that became removable, in a group
that is new or has grown; one whose keeper is another; one that need no longer go."""

STABILITY = pa.schema(
    [
        ("image_id", pa.string()),
        ("path", pa.string()),
        ("keeper_id", pa.string()),
        ("keeper_by_default", pa.string()),
    ]
)
"""Where keepers that stay make a difference: null where an image is in no group."""

LEAKS = pa.schema(
    [
        ("image_id", pa.string()),
        ("path", pa.string()),
        ("other_image_id", pa.string()),
        ("other_path", pa.string()),
        ("distance", pa.float64()),
        ("kind", pa.string()),
    ]
)
"""An image of this store and one of another, below the cutoff."""

REJECTS = pa.schema(
    [
        ("image_id", pa.string()),
        ("path", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("message", pa.string()),
    ]
)

REMOVABLE = pa.schema(
    [
        ("path", pa.string()),
        ("keeper_path", pa.string()),
        ("kind", pa.string()),
        ("distance", pa.float64()),
        ("bytes", pa.int64()),
        ("content_sha256", pa.string()),
        ("keeper_content_sha256", pa.string()),
    ]
)
