"""The table ``loads``: what was written into which Elasticsearch index, and how far.

No run pins it: it is a log of its own, and its newest row for an index and a run counts.
"""

import pyarrow as pa

LOADS = pa.schema(
    [
        ("sequence", pa.int64()),
        ("index", pa.string()),
        ("alias", pa.string()),
        ("run_id", pa.string()),
        ("state", pa.string()),
        ("job", pa.string()),
        ("chunk", pa.int64()),
        ("wish", pa.string()),
        ("documents", pa.int64()),
        ("deleted", pa.int64()),
        ("rejected", pa.int64()),
        ("message", pa.string()),
        ("details", pa.string()),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
    ]
)

PENDING = "pending"
"""To be written, once its run is committed."""

CHUNK = "chunk"
"""A backfill has written this part of it."""

FAILED = "failed"
"""Not all is in the index; the next start goes on."""

LOADED = "loaded"
"""All is in the index, and was counted there."""

VERIFIED = "verified"
"""A backfill has counted what it wrote; only the swap is left."""

LIVE = "live"
"""A backfill is over: its index is what the alias means."""
