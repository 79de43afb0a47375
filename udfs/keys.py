"""The join table: each signature once for every key under which it may meet another."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.identity import SIGNATURE_ID_BYTES
from matching.model import Model
from matching.rules import REMOVED, rule_of, word_keys
from signature import pack_levels
from udfs.arrow import Batches, BatchFunction, binary_column, fixed_bytes

KEYED_ROWS = pa.schema(
    [
        ("key", pa.int64()),
        ("part", pa.int32()),
        ("side", pa.int8()),
        ("signature_id", pa.binary()),
        ("packed", pa.binary()),
    ]
)
"""One row a signature, key and part.

A key that is split has g groups and one part for each two groups and for each group with itself:
a signature of group x is in the part of (x, y) for every y. A key that is not split has one.
"""

EACH_OTHER, LEFT, RIGHT = 0, 1, 2
"""Sides: rows of a part are compared with each other, or those on the left with the right."""

KEY_ROWS = pa.schema([("key", pa.int64())])

KEYLESS_ROWS = pa.schema([("keyless", pa.int64())])

_SIGNATURES_AT_ONCE = 512  # with 63 keys each, about 4 MB of packed rows


def word_counter(model: Model) -> BatchFunction:
    """Return the function that lists the word keys of signatures, to be counted.

    Parameters
    ----------
    model : Model
        Says what the signatures are.

    Returns
    -------
    callable
        From batches with ``signature`` to `KEY_ROWS`, 63 rows a signature.
    """

    def count(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in _chunks(batches):
            keys = word_keys(_levels(batch, model.width), model.n, model.diagonal_neighbors)
            yield pa.RecordBatch.from_arrays([pa.array(keys.ravel())], schema=KEY_ROWS)

    return count


def keyless_counter(model: Model) -> BatchFunction:
    """Return the function that counts signatures left without any key.

    Parameters
    ----------
    model : Model
        Brings the rule.

    Returns
    -------
    callable
        From batches with ``signature`` to `KEYLESS_ROWS`, one row for each few hundred.
    """
    rule = rule_of(model)

    def count(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in _chunks(batches):
            keys = rule.keys(_levels(batch, model.width))
            keyless = int(np.sum(np.all(keys == REMOVED, axis=1)))
            yield pa.RecordBatch.from_arrays([pa.array([keyless])], schema=KEYLESS_ROWS)

    return count


def exploder(model: Model, count: int) -> BatchFunction:
    """Return the function that puts each signature under its keys.

    Parameters
    ----------
    model : Model
        Brings the rule, which gives keys and the keys to split.
    count : int
        Signatures in the corpus.

    Returns
    -------
    callable
        From batches with ``signature_id`` and ``signature`` to `KEYED_ROWS`.
    """
    rule = rule_of(model)
    groups = dict(rule.groups(count))

    def explode(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in _chunks(batches):
            levels = _levels(batch, model.width)
            ids = fixed_bytes(batch["signature_id"], SIGNATURE_ID_BYTES)
            packed = pack_levels(levels)
            rows, keys = _open_keys(rule.keys(levels))
            splits = _groups_of(keys, groups)
            for split in np.unique(splits):
                chosen = splits == split
                yield from _parts(rows[chosen], keys[chosen], int(split), ids, packed)

    return explode


def _parts(
    rows: npt.NDArray[np.int64],
    keys: npt.NDArray[np.int64],
    groups: int,
    ids: npt.NDArray[np.uint8],
    packed: npt.NDArray[np.uint8],
) -> Iterator[pa.RecordBatch]:
    own = _group(ids[rows], groups)
    id_column, packed_column = binary_column(ids[rows]), binary_column(packed[rows])
    for other in range(groups):
        part = np.minimum(own, other) * groups + np.maximum(own, other)
        columns = [
            pa.array(keys),
            pa.array(part.astype(np.int32)),
            pa.array(np.select([own < other, own > other], [LEFT, RIGHT], EACH_OTHER), pa.int8()),
            id_column,
            packed_column,
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=KEYED_ROWS)


def _group(ids: npt.NDArray[np.uint8], groups: int) -> npt.NDArray[np.int64]:
    """Group of each signature: from its id, so that no partitioning changes it."""
    return (np.ascontiguousarray(ids[:, :4]).view(">u4").ravel() % groups).astype(np.int64)


def _groups_of(keys: npt.NDArray[np.int64], groups: dict[int, int]) -> npt.NDArray[np.int64]:
    counts = np.ones(len(keys), np.int64)
    for key, number in groups.items():
        counts[keys == key] = number
    return counts


def _open_keys(
    keys: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    rows, columns = np.nonzero(keys != REMOVED)
    return rows, keys[rows, columns]


def _levels(batch: pa.RecordBatch, width: int) -> npt.NDArray[np.int8]:
    return fixed_bytes(batch["signature"], width).view(np.int8)


def _chunks(batches: Batches) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for start in range(0, batch.num_rows, _SIGNATURES_AT_ONCE):
            yield batch.slice(start, _SIGNATURES_AT_ONCE)
