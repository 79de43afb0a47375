"""Distances of given couples of signatures."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from signature import normalized_distance
from udfs.arrow import Batches, BatchFunction, fixed_bytes

MEASURED_ROWS = pa.schema(
    [("transform", pa.string()), ("found", pa.bool_()), ("distance", pa.float64())]
)


def measurer(width: int) -> BatchFunction:
    """Return the function that measures the couples of a truth table.

    Parameters
    ----------
    width : int
        Levels of a compact signature.

    Returns
    -------
    callable
        From batches with ``transform``, ``found``, ``signature`` and ``original_signature`` to
        `MEASURED_ROWS`; the distance is null where a signature is missing.
    """

    def measure(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            both = pc.and_(
                pc.is_valid(batch["signature"]), pc.is_valid(batch["original_signature"])
            )
            columns = [batch["transform"], batch["found"], _distances(batch, both, width)]
            yield pa.RecordBatch.from_arrays(columns, schema=MEASURED_ROWS)

    return measure


def _distances(batch: pa.RecordBatch, both: pa.Array, width: int) -> pa.Array:
    known = batch.filter(both)
    a, b = (
        fixed_bytes(known[name], width).view(np.int8)
        for name in ("signature", "original_signature")
    )
    distances = np.full(batch.num_rows, np.nan)
    distances[both.to_numpy(zero_copy_only=False)] = [
        normalized_distance(x, y) for x, y in zip(a, b, strict=True)
    ]
    return pa.array(distances, from_pandas=True)
