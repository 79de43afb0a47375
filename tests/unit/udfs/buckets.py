"""The way from signatures to pairs, without Spark: what one partition of each stage does."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching import Model, WordStatistics, keys_of, signature_ids
from matching.buckets import BucketLimits, plan_bucket
from matching.rules import REMOVED, reach_of, word_keys
from tests.unit.matching.examples import Levels, brute_force, codebook_of
from tests.unit.matching.literal import first_meeting, rows_of
from udfs.arrow import binary_column
from udfs.assigning import assigner
from udfs.comparing import comparer
from udfs.keys import KEYED_ROWS, Plans, exploder
from udfs.rows import assigned_signatures

Ids = npt.NDArray[np.uint8]


class Pair(NamedTuple):
    """How far apart two are, and the key under which they were found."""

    distance: float
    key: int


Pairs = dict[tuple[bytes, bytes], Pair]


class Comparison(NamedTuple):
    """What came out of some partitions."""

    pairs: Pairs
    comparisons: int
    dropped: int


def model_of(*rules: str, cutoff: float = 0.45, **fields: object) -> Model:
    """Return a model with few cells a signature, and no codebook."""
    values = {"n": 9, "diagonal_neighbors": True, "nearest": 5, "probes": 2, "reach": 150}
    return Model(signature_version="v1", rules=rules, cutoff=cutoff, **values | fields)


def fitted(model: Model, levels: Levels) -> Model:
    """Return the model with cells in two levels, some of them of a few signatures."""
    return replace(model, codebook=codebook_of(levels, (6, 3, 2, 5)))


def with_hot_words(model: Model, levels: Levels, limit: int) -> Model:
    """Return the model with the words hot that more than ``limit`` of these signatures have."""
    keys = word_keys(levels, model.n, model.diagonal_neighbors)
    words = WordStatistics(len(levels), *np.unique(keys, return_counts=True))
    return replace(model, words=words, max_document_frequency=limit)


def ids_of(levels: Levels) -> Ids:
    """Return the signatures' ids as a matrix."""
    return np.frombuffer(b"".join(signature_ids(levels, "v1")), np.uint8).reshape(-1, 16)


def signature_rows(levels: Levels, ids: Ids) -> pa.RecordBatch:
    """Return rows of the table signatures."""
    columns = [binary_column(ids), binary_column(levels.view(np.uint8))]
    return pa.RecordBatch.from_arrays(columns, ["signature_id", "signature"])


def assigned_rows(levels: Levels, ids: Ids, model: Model) -> pa.RecordBatch:
    """Return rows of signatures with their cells, if the model has some."""
    rows = signature_rows(levels, ids)
    return next(iter(assigner(model)([rows]))) if model.codebook else rows


def keyed_rows(assigned: Iterable[pa.RecordBatch], model: Model, plans: Plans) -> pa.Table:
    """Return the join table, in no order."""
    batches = exploder(model.light(), plans)(assigned)
    return pa.Table.from_batches(list(batches), KEYED_ROWS)


def all_plans(assigned: pa.RecordBatch, model: Model, limits: BucketLimits) -> Plans:
    """Return what planning makes of every key that two have."""
    signatures = assigned_signatures(assigned, model)
    keyed = keys_of(signatures.levels, signatures.cells, model)
    plans = {}
    for key in np.unique(keyed.keys[keyed.keys != REMOVED]).tolist():
        members = np.bincount(keyed.costs[keyed.keys == key], minlength=256)
        plans[key] = plan_bucket(members, reach_of(key, model), limits)
    return plans


def partitions(rows: pa.Table, count: int) -> list[pa.Table]:
    """Send rows to partitions by a hash of key and part, and sort them as Spark does."""
    mixed = (rows["key"].to_numpy() * 31 + rows["part"].to_numpy()) * 0x9E3779B1 >> 7
    return [in_order(rows.filter(pa.array(mixed % count == i))) for i in range(count)]


def in_order(rows: pa.Table) -> pa.Table:
    """Sort as Spark does within a partition."""
    order = [(name, "ascending") for name in ("key", "part", "side", "cost")]
    return rows.sort_by(order).combine_chunks()


def shuffled(rows: pa.Table, seed: int) -> pa.Table:
    """Return rows in another order, as they may arrive from a shuffle."""
    return rows.take(np.random.default_rng(seed).permutation(rows.num_rows))


def cut(rows: pa.Table | pa.RecordBatch, places: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """Cut rows into batches at these places; a place twice makes an empty batch."""
    if isinstance(rows, pa.RecordBatch):
        rows = pa.Table.from_batches([rows])
    edges = [0, *sorted(min(place, rows.num_rows) for place in places), rows.num_rows]
    for start, end in pairwise(edges):
        columns = [column.combine_chunks() for column in rows.slice(start, end - start).columns]
        yield pa.RecordBatch.from_arrays(columns, schema=rows.schema)


def compared(batches: Iterable[pa.RecordBatch], model: Model, plans: Plans) -> Comparison:
    """Compare the buckets of a partition; every pair must come once."""
    return gathered([batches], model, plans)


def gathered(parts: Iterable[Iterable[pa.RecordBatch]], model: Model, plans: Plans) -> Comparison:
    """Compare the buckets of some partitions; every pair must come once."""
    compare = comparer(model.light(), plans)
    rows = [row for part in parts for batch in compare(part) for row in batch.to_pylist()]
    pairs = [row for row in rows if row["signature_id_a"] is not None]
    done = [row for row in rows if row["signature_id_a"] is None]
    assert all(row["comparisons"] is row["dropped"] is None for row in pairs)
    assert all(row["distance"] is row["key"] is row["signature_id_b"] is None for row in done)
    found = {
        (row["signature_id_a"], row["signature_id_b"]): Pair(row["distance"], row["key"])
        for row in pairs
    }
    assert len(found) == len(pairs), "a pair was found twice"
    return Comparison(
        found, sum(row["comparisons"] for row in done), sum(row["dropped"] for row in done)
    )


class Reference:
    """What must come out, from all pairs of signatures one by one."""

    def __init__(self, assigned: pa.RecordBatch, model: Model) -> None:
        given = assigned_signatures(assigned, model)
        self._rows = rows_of(keys_of(given.levels, given.cells, model))
        self._names = [one.tobytes() for one in given.ids]
        self._near = brute_force(given.levels, model.cutoff)
        self._model = model
        self._costs: dict[int, list[int]] = {}
        for row in self._rows:
            for key, cost in row:
                if key != REMOVED:
                    self._costs.setdefault(key, []).append(cost)

    def pairs(self, plans: Plans) -> Pairs:
        """Return the pairs below the cutoff that meet anywhere, each under its first key."""
        reach = self._reach(plans)
        pairs = {}
        for (a, b), distance in self._near.items():
            key = first_meeting(self._rows[a], self._rows[b], reach)
            if key != REMOVED:
                first, second = sorted((self._names[a], self._names[b]))
                pairs[first, second] = Pair(distance, key)
        return pairs

    def comparisons(self, plans: Plans) -> tuple[int, int]:
        """Return how many pairs of rows are within reach, and how many share a key at all."""
        reach = self._reach(plans)
        least = most = 0
        for key, costs in self._costs.items():
            limit = reach(key)
            there = [cost for cost in costs if cost <= limit]
            pairs = [(a, b) for i, a in enumerate(there) for b in there[:i]]
            least += sum(a + b <= limit for a, b in pairs)
            most += len(pairs)
        return least, most

    def _reach(self, plans: Plans) -> Callable[[int], int]:
        return lambda key: plans[key].reach if key in plans else reach_of(key, self._model)
