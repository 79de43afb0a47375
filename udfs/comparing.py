"""Buckets, one run of sorted rows each, become pairs."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.compare import Side, compare_bucket
from matching.identity import SIGNATURE_ID_BYTES
from matching.model import Model
from matching.rules import BlockingRule, rule_of
from signature.packing import LEVELS_PER_BYTE, unpack_levels
from udfs.arrow import Batches, BatchFunction, binary_column, fixed_bytes
from udfs.keys import EACH_OTHER, RIGHT

PAIR_ROWS = pa.schema(
    [
        ("signature_id_a", pa.binary()),
        ("signature_id_b", pa.binary()),
        ("distance", pa.float64()),
    ]
)


def comparer(model: Model) -> BatchFunction:
    """Return the function that compares inside the buckets of a partition.

    Parameters
    ----------
    model : Model
        Brings the cutoff, and the rule that gives each signature's keys again, for the test of
        the first shared one.

    Returns
    -------
    callable
        From `udfs.keys.KEYED_ROWS`, sorted by key, part and side, to `PAIR_ROWS`. It holds the
        rows of one bucket (of two groups, where a bucket is split) and one batch at a time.
    """
    rule = rule_of(model)

    def compare(batches: Batches) -> Iterator[pa.RecordBatch]:
        for rows in _whole_buckets(batches):
            yield from _pairs(rows, rule, model)

    return compare


def _whole_buckets(batches: Batches) -> Iterator[pa.Table]:
    """Regroup batches so that no bucket crosses two tables."""
    pending: list[pa.RecordBatch] = []
    for batch in batches:
        if batch.num_rows == 0:
            continue
        last = int(_starts(batch)[-1])
        if last > 0 or (pending and _bucket(pending[-1], -1) != _bucket(batch, 0)):
            yield pa.Table.from_batches([*pending, batch.slice(0, last)])
            pending = []
        pending.append(batch.slice(last))
    if pending:
        yield pa.Table.from_batches(pending)


def _bucket(batch: pa.RecordBatch, row: int) -> tuple[int, int]:
    row %= batch.num_rows
    return batch["key"][row].as_py(), batch["part"][row].as_py()


def _starts(rows: pa.RecordBatch | pa.Table) -> npt.NDArray[np.int64]:
    """First row of each bucket."""
    key, part = rows["key"].to_numpy(), rows["part"].to_numpy()
    changes = (key[1:] != key[:-1]) | (part[1:] != part[:-1])
    return np.concatenate([[0], np.flatnonzero(changes) + 1]).astype(np.int64)


def _pairs(rows: pa.Table, rule: BlockingRule, model: Model) -> Iterator[pa.RecordBatch]:
    if rows.num_rows <= 1:
        return
    ids = fixed_bytes(rows["signature_id"], SIGNATURE_ID_BYTES)
    packed = fixed_bytes(rows["packed"], -(-model.width // LEVELS_PER_BYTE))
    levels = unpack_levels(packed, model.width)
    everyone = Side(levels, rule.keys(levels))
    key, side = rows["key"].to_numpy(), rows["side"].to_numpy()
    edges = [*_starts(rows), rows.num_rows]
    for start, end in pairwise(edges):
        middle = start + int(np.searchsorted(side[start:end], RIGHT))
        left, right = _part(everyone, start, middle), _part(everyone, middle, end)
        alone = side[start] == EACH_OTHER
        if len(left.levels) < (2 if alone else 1) or (not alone and not len(right.levels)):
            continue
        found = compare_bucket(left, None if alone else right, int(key[start]), model.cutoff)
        if len(found.distance):
            b = found.b + (start if alone else middle)
            yield _batch(ids[found.a + start], ids[b], found.distance)


def _part(side: Side, start: int, end: int) -> Side:
    return Side(side.levels[start:end], side.keys[start:end])


def _batch(
    a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8], distance: npt.NDArray[np.float64]
) -> pa.RecordBatch:
    """Put the smaller id of each pair first."""
    swap = _less(b, a)[:, None]
    first, second = np.where(swap, b, a), np.where(swap, a, b)
    columns = [binary_column(first), binary_column(second), pa.array(distance)]
    return pa.RecordBatch.from_arrays(columns, schema=PAIR_ROWS)


def _less(x: npt.NDArray[np.uint8], y: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Order of bytes, the one that Spark gives to binary values."""
    p, q = (np.ascontiguousarray(v).view(">u8") for v in (x, y))
    less: npt.NDArray[np.bool_] = (p[:, 0] < q[:, 0]) | ((p[:, 0] == q[:, 0]) & (p[:, 1] < q[:, 1]))
    return less
