"""Buckets, one run of sorted rows each, become pairs."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.compare import Compared, Search, Side, compare_bucket
from matching.meeting import reaches
from matching.model import Model
from matching.rules import Keyed, keys_of, reach_of
from udfs.arrow import Batches, BatchFunction, binary_column, fixed_bytes
from udfs.keys import EACH_OTHER, RIGHT, Plans
from udfs.rows import Ids, row_bytes, unpacked_rows

FOUND_ROWS = pa.schema(
    [
        ("signature_id_a", pa.binary()),
        ("signature_id_b", pa.binary()),
        ("distance", pa.float64()),
        ("key", pa.int64()),
        ("comparisons", pa.int64()),
        ("dropped", pa.int64()),
    ]
)
"""One row a pair, with the key it was found under; and one a table of buckets with null ids,
which says how many comparisons were made and how many pairs dropped."""


def comparer(model: Model, plans: Plans) -> BatchFunction:
    """Return the function that compares inside the buckets of a partition.

    Parameters
    ----------
    model : Model
        Brings the cutoff and the rules.
    plans : mapping of int to BucketPlan
        The keys that are split or capped, and how.

    Returns
    -------
    callable
        From `udfs.keys.KEYED_ROWS`, sorted by key, part, side and cost, to `FOUND_ROWS`. It holds
        the rows of one bucket (of two groups, where a bucket is split) and one batch at a time.
    """
    limits = reaches(model.reach, {key: plan.reach for key, plan in plans.items()})
    search = Search(model.cutoff, limits, model.max_pairs_per_image)

    def compare(batches: Batches) -> Iterator[pa.RecordBatch]:
        for rows in _whole_buckets(batches):
            yield from _Buckets(rows, model).compare(search, plans)

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


class _Buckets:
    """Whole buckets, one after the other."""

    def __init__(self, rows: pa.Table, model: Model) -> None:
        self._model = model
        self._key, self._side = rows["key"].to_numpy(), rows["side"].to_numpy()
        self._edges = [*_starts(rows), rows.num_rows]
        packed = fixed_bytes(rows["row"], row_bytes(model))
        signatures = unpacked_rows(packed, model)
        self._ids = signatures.ids
        keyed = keys_of(signatures.levels, signatures.cells, model)
        self._all = Side(signatures.levels, keyed, rows["cost"].to_numpy().astype(np.uint8))

    def compare(self, search: Search, plans: Plans) -> Iterator[pa.RecordBatch]:
        """Compare in each bucket; the last row says what was done."""
        comparisons = dropped = 0
        for start, end in pairwise(self._edges):
            key = int(self._key[start])
            middle = start + int(np.searchsorted(self._side[start:end], RIGHT))
            alone = self._side[start] == EACH_OTHER
            right = None if alone else self._part(middle, end)
            plan = plans.get(key)
            reach = plan.reach if plan else reach_of(key, self._model)
            found = compare_bucket(self._part(start, middle), right, key, reach, search)
            comparisons, dropped = comparisons + found.comparisons, dropped + found.dropped
            if len(found.pairs.a):
                yield self._batch(found, key, start, start if alone else middle)
        yield counts_batch(comparisons, dropped)

    def _part(self, start: int, end: int) -> Side:
        levels, keyed, costs = self._all
        return Side(
            levels[start:end],
            Keyed(keyed.keys[start:end], keyed.costs[start:end]),
            costs[start:end],
        )

    def _batch(self, found: Compared, key: int, left: int, right: int) -> pa.RecordBatch:
        a, b = self._ids[found.pairs.a + left], self._ids[found.pairs.b + right]
        return pair_batch(a, b, found.pairs.distance, np.full(len(a), key))


def pair_batch(
    a: Ids, b: Ids, distances: npt.NDArray[np.float64], keys: npt.NDArray[np.int64]
) -> pa.RecordBatch:
    """Make rows of pairs.

    Parameters
    ----------
    a, b : (p, 16) uint8
        Ids of their ends, in any order.
    distances : (p,) float64
        How far these are apart.
    keys : (p,) int64
        The keys under which they meet first.

    Returns
    -------
    RecordBatch
        Of `FOUND_ROWS`, the smaller id of each pair first.
    """
    swap = _less(b, a)[:, None]
    first, second = np.where(swap, b, a), np.where(swap, a, b)
    columns = [
        binary_column(first),
        binary_column(second),
        pa.array(distances),
        pa.array(keys),
        pa.nulls(len(a), pa.int64()),
        pa.nulls(len(a), pa.int64()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=FOUND_ROWS)


def counts_batch(comparisons: int, dropped: int) -> pa.RecordBatch:
    """Make the row that says what was done.

    Parameters
    ----------
    comparisons : int
        Distances that were worked out.
    dropped : int
        Pairs that were left out.

    Returns
    -------
    RecordBatch
        Of `FOUND_ROWS`.
    """
    columns = [pa.nulls(1, field.type) for field in list(FOUND_ROWS)[:4]]
    columns += [pa.array([comparisons]), pa.array([dropped])]
    return pa.RecordBatch.from_arrays(columns, schema=FOUND_ROWS)


def _less(x: npt.NDArray[np.uint8], y: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Order of bytes, the one that Spark gives to binary values."""
    p, q = (np.ascontiguousarray(v).view(">u8") for v in (x, y))
    less: npt.NDArray[np.bool_] = (p[:, 0] < q[:, 0]) | ((p[:, 0] == q[:, 0]) & (p[:, 1] < q[:, 1]))
    return less
