"""How many signatures stand under each key, and at what cost: what a search will take."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.model import Model
from matching.rules import keys_of
from udfs.arrow import Batches, BatchFunction, binary_column
from udfs.keys import in_chunks, open_keys
from udfs.rows import assigned_signatures, cells_of

KEY_COUNTS = pa.schema([("key", pa.int64()), ("cost", pa.int16()), ("rows", pa.int64())])
"""Rows under a key at a cost; the cost is `ANY_COST` where it was not looked at."""

ANY_COST = -1

MEMBER_ROWS = pa.schema([("key", pa.int64()), ("cost", pa.int16()), ("signature_id", pa.binary())])

KEYLESS_ROWS = pa.schema([("keyless", pa.int64())])

_HELD = 4_000_000
"""Entries that are held before they are counted: 32 MB, and as much to sort them."""

_COSTS = 256

Indices = npt.NDArray[np.int64]
Chosen = Callable[[Indices], npt.NDArray[np.bool_]]


def key_counter(model: Model, detailed: Chosen, only: bool = False) -> BatchFunction:
    """Return the function that counts the keys of signatures.

    Parameters
    ----------
    model : Model
        Brings the rules.
    detailed : callable
        Tells which of (e,) keys are counted by cost.
    only : bool
        Whether the others are left out.

    Returns
    -------
    callable
        From batches of signatures (with cells, where the model has some) to `KEY_COUNTS`, each
        key and cost once a partition.
    """

    def count(batches: Batches) -> Iterator[pa.RecordBatch]:
        counted = _Counter()
        for batch in in_chunks(batches):
            signatures = assigned_signatures(batch, model)
            _, keys, costs = open_keys(keys_of(signatures.levels, signatures.cells, model))
            in_detail = detailed(keys)
            slots = np.where(in_detail, costs.astype(np.int64) + 1, 0)
            chosen = in_detail if only else slice(None)
            counted.add((keys * (_COSTS + 1) + slots)[chosen])
        yield counted.batch()

    return count


def cell_counter(model: Model) -> BatchFunction:
    """Return the function that counts the signatures of each cell, and looks at nothing else.

    Parameters
    ----------
    model : Model
        Brings the reach: what costs more is no key.

    Returns
    -------
    callable
        From batches of ``cells`` and ``costs`` to `KEY_COUNTS`, each cell once a partition. It
        holds 8 bytes a cell.
    """

    def count(batches: Batches) -> Iterator[pa.RecordBatch]:
        rows = np.zeros(0, np.int64)
        for batch in batches:
            cells, costs = cells_of(batch, model)
            some = np.bincount(cells[(costs <= model.reach) & (cells >= 0)], minlength=len(rows))
            some[: len(rows)] += rows
            rows = some
        keys = np.flatnonzero(rows)
        costs = np.full(len(keys), ANY_COST, np.int16)
        columns = [pa.array(keys), pa.array(costs), pa.array(rows[keys])]
        yield pa.RecordBatch.from_arrays(columns, schema=KEY_COUNTS)

    return count


def key_members(model: Model, chosen: Chosen) -> BatchFunction:
    """Return the function that lists who stands under some keys.

    Parameters
    ----------
    model : Model
        Brings the rules.
    chosen : callable
        Tells which of (e,) keys.

    Returns
    -------
    callable
        From batches of signatures to `MEMBER_ROWS`.
    """

    def members(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in in_chunks(batches):
            signatures = assigned_signatures(batch, model)
            rows, keys, costs = open_keys(keys_of(signatures.levels, signatures.cells, model))
            wanted = chosen(keys)
            ids = binary_column(signatures.ids[rows[wanted]])
            columns = [pa.array(keys[wanted]), pa.array(costs[wanted]), ids]
            yield pa.RecordBatch.from_arrays(columns, schema=MEMBER_ROWS)

    return members


def keyless_counter(model: Model) -> BatchFunction:
    """Return the function that counts signatures left without any key.

    Parameters
    ----------
    model : Model
        Brings the rules.

    Returns
    -------
    callable
        From batches of signatures to `KEYLESS_ROWS`, one row for each few hundred.
    """

    def count(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in in_chunks(batches):
            signatures = assigned_signatures(batch, model)
            rows, _, _ = open_keys(keys_of(signatures.levels, signatures.cells, model))
            keyless = batch.num_rows - len(np.unique(rows))
            yield pa.RecordBatch.from_arrays([pa.array([keyless])], schema=KEYLESS_ROWS)

    return count


@dataclass(frozen=True)
class EveryKey:
    """Chooses every so many-th key.

    Attributes
    ----------
    step : int
        1 for all; 0 for none.
    """

    step: int

    def __call__(self, keys: Indices) -> npt.NDArray[np.bool_]:
        """Tell which keys are chosen.

        Parameters
        ----------
        keys : (e,) int64
            Any.

        Returns
        -------
        (e,) bool
            True for those.
        """
        if not self.step:
            return np.zeros(len(keys), np.bool_)
        chosen: npt.NDArray[np.bool_] = keys % self.step == 0
        return chosen


@dataclass(frozen=True)
class TheseKeys:
    """Chooses the keys of a list.

    Attributes
    ----------
    keys : tuple of int
        Which.
    """

    keys: tuple[int, ...]

    def __call__(self, keys: Indices) -> npt.NDArray[np.bool_]:
        """Tell which keys are chosen.

        Parameters
        ----------
        keys : (e,) int64
            Any.

        Returns
        -------
        (e,) bool
            True for those.
        """
        return np.isin(keys, np.array(self.keys, np.int64))


class _Counter:
    """Counts whole numbers, in memory that grows with the different ones only."""

    def __init__(self) -> None:
        self._values: Indices = np.empty(0, np.int64)
        self._counts: Indices = np.empty(0, np.int64)
        self._held: list[Indices] = []
        self._size = 0

    def add(self, values: Indices) -> None:
        self._held.append(values)
        self._size += len(values)
        if self._size > _HELD:
            self._merge()

    def _merge(self) -> None:
        held = np.concatenate(self._held) if self._held else self._values[:0]
        values, counts = np.unique(held, return_counts=True)
        known = np.concatenate([self._values, values])
        self._values, places = np.unique(known, return_inverse=True)
        weights = np.concatenate([self._counts, counts])
        self._counts = np.bincount(places, weights, len(self._values)).astype(np.int64)
        self._held, self._size = [], 0

    def batch(self) -> pa.RecordBatch:
        self._merge()
        keys, slots = np.divmod(self._values, _COSTS + 1)
        columns = [pa.array(keys), pa.array((slots - 1).astype(np.int16)), pa.array(self._counts)]
        return pa.RecordBatch.from_arrays(columns, schema=KEY_COUNTS)
