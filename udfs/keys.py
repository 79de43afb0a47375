"""The join table: each signature once for every key under which it may meet another."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.buckets import BucketPlan
from matching.model import Model
from matching.rules import REMOVED, Keyed, keys_of
from udfs.arrow import Batches, BatchFunction, binary_column
from udfs.rows import assigned_signatures, packed_rows

KEYED_ROWS = pa.schema(
    [
        ("key", pa.int64()),
        ("part", pa.int32()),
        ("side", pa.int8()),
        ("cost", pa.int16()),
        ("row", pa.binary()),
    ]
)
"""One row a signature, key and part.

A key that is split has g groups and one part for each two groups and for each group with itself:
a signature of group x is in the part of (x, y) for every y. A key that is not split has one.
"""

EACH_OTHER, LEFT, RIGHT = 0, 1, 2
"""Sides: rows of a part are compared with each other, or those on the left with the right."""

_SIGNATURES_AT_ONCE = 512  # with 63 keys each, about 4 MB of packed rows

Indices = npt.NDArray[np.int64]
Plans = Mapping[int, BucketPlan]


def exploder(model: Model, plans: Plans) -> BatchFunction:
    """Return the function that puts each signature under its keys.

    Parameters
    ----------
    model : Model
        Brings the rules.
    plans : mapping of int to BucketPlan
        The keys that are split or capped, and how.

    Returns
    -------
    callable
        From batches of signatures (with cells, where the model has some) to `KEYED_ROWS`.
    """

    def explode(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in in_chunks(batches):
            signatures = assigned_signatures(batch, model)
            packed = packed_rows(signatures)
            rows, keys, costs = open_keys(keys_of(signatures.levels, signatures.cells, model))
            groups, reaches = _planned(keys, plans, model)
            useful = costs <= reaches
            for count in np.unique(groups[useful]):
                chosen = useful & (groups == count)
                entries = (rows[chosen], keys[chosen], costs[chosen])
                yield from _parts(entries, int(count), signatures.ids, packed)

    return explode


def open_keys(keyed: Keyed) -> tuple[Indices, Indices, npt.NDArray[np.int16]]:
    """List the keys that are left.

    Parameters
    ----------
    keyed : Keyed
        Keys of some rows.

    Returns
    -------
    tuple of (e,) arrays
        Row number, key and cost of each.
    """
    rows, columns = np.nonzero(keyed.keys != REMOVED)
    return rows, keyed.keys[rows, columns], keyed.costs[rows, columns].astype(np.int16)


def in_chunks(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Cut batches into small ones, whose keys do not fill the memory.

    Parameters
    ----------
    batches : iterable of RecordBatch
        Of any size.

    Yields
    ------
    RecordBatch
        Of at most 512 rows.
    """
    for batch in batches:
        for start in range(0, batch.num_rows, _SIGNATURES_AT_ONCE):
            yield batch.slice(start, _SIGNATURES_AT_ONCE)


def _planned(keys: Indices, plans: Plans, model: Model) -> tuple[Indices, Indices]:
    """Groups and reach of each key; most keys are in no plan."""
    groups = np.ones(len(keys), np.int64)
    reaches = np.full(len(keys), model.reach, np.int64)  # no other key has any cost
    if plans:
        planned = np.array(sorted(plans), np.int64)
        at = np.minimum(np.searchsorted(planned, keys), len(planned) - 1)
        hit = planned[at] == keys
        groups[hit] = np.array([plans[int(key)].groups for key in planned])[at[hit]]
        reaches[hit] = np.array([plans[int(key)].reach for key in planned])[at[hit]]
    return groups, reaches


def _parts(
    entries: tuple[Indices, Indices, npt.NDArray[np.int16]],
    groups: int,
    ids: npt.NDArray[np.uint8],
    packed: npt.NDArray[np.uint8],
) -> Iterator[pa.RecordBatch]:
    rows, keys, costs = entries
    own = _group(ids[rows], groups)
    column = binary_column(packed[rows])
    for other in range(groups):
        part = np.minimum(own, other) * groups + np.maximum(own, other)
        columns = [
            pa.array(keys),
            pa.array(part.astype(np.int32)),
            pa.array(np.select([own < other, own > other], [LEFT, RIGHT], EACH_OTHER), pa.int8()),
            pa.array(costs),
            column,
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=KEYED_ROWS)


def _group(ids: npt.NDArray[np.uint8], groups: int) -> Indices:
    """Group of each signature: from its id, so that no partitioning changes it."""
    return (np.ascontiguousarray(ids[:, :4]).view(">u4").ravel() % groups).astype(np.int64)
