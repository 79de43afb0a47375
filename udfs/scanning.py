"""A sample, held in memory, beside every signature of the corpus."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.calibration import (
    Matches,
    Ranked,
    concatenated,
    matches_in_block,
    nearest_of_each,
    no_matches,
    rivals_in_block,
)
from matching.identity import SIGNATURE_ID_BYTES
from udfs.arrow import Batches, BatchFunction, binary_column, fixed_bytes

RANKED_ROWS = pa.schema(
    [("rank", pa.int64()), ("signature_id", pa.binary()), ("signature", pa.binary())]
)

MATCH_ROWS = pa.schema(
    [
        ("asked", pa.int64()),
        ("other", pa.int64()),
        ("other_id", pa.binary()),
        ("real", pa.float64()),
        ("mirror", pa.float64()),
        ("flip", pa.float64()),
        ("usable", pa.int8()),
        ("found", pa.int64()),
    ]
)
"""One row a match. One row a partition has a null ``asked``, and says how many were ``found``,
those beyond the nearest ones included."""

_BLOCK_ROWS = 8_192
"""Signatures that are compared at once: what is made of the sample each time then costs little."""

_HELD = 200_000
"""Matches that are held before those beyond the nearest are dropped."""

_OUT = 10_000

Compare = Callable[[Ranked], Matches]
Bytes = npt.NDArray[np.uint8]


def sample_scanner(
    asked: Ranked, ceiling: float, grid: tuple[int, bool], most: int
) -> BatchFunction:
    """Return the function that finds real and decoy matches of a sample.

    Parameters
    ----------
    asked : Ranked
        The sample.
    ceiling : float
        Strict upper bound of the least of a pair's three distances.
    grid : tuple of int and bool
        Grid points in each direction; whether diagonal neighbours are compared.
    most : int
        Of each image asked about, so many nearest matches are kept.

    Returns
    -------
    callable
        From `RANKED_ROWS` to `MATCH_ROWS`. A worker holds at most ``most`` matches an image asked
        about and those of one block, 57 bytes each, and 30 MB.
    """
    return _scanner(lambda block: matches_in_block(asked, block, ceiling, *grid), most)


def rival_scanner(asked: Ranked, ceiling: float, most: int) -> BatchFunction:
    """Return the function that finds the better-ranked real matches of some images.

    Parameters
    ----------
    asked : Ranked
        The images.
    ceiling : float
        Strict upper bound of the distance.
    most : int
        Of each image asked about, so many nearest matches are kept.

    Returns
    -------
    callable
        As that of `sample_scanner`.
    """
    return _scanner(lambda block: rivals_in_block(asked, block, ceiling), most)


def _scanner(compare: Compare, most: int) -> BatchFunction:
    def scan(batches: Batches) -> Iterator[pa.RecordBatch]:
        nearest = _Nearest(most)
        for ids, block in _blocks(batches):
            nearest.add(compare(block), block.rank, ids)
        yield from nearest.batches()

    return scan


def _blocks(batches: Batches) -> Iterator[tuple[Bytes, Ranked]]:
    """Ids, and the ranked signatures, of some thousands of rows at a time."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        if rows >= _BLOCK_ROWS:
            yield _block(held)
            held, rows = [], 0
    if rows:
        yield _block(held)


def _block(batches: list[pa.RecordBatch]) -> tuple[Bytes, Ranked]:
    table = pa.Table.from_batches(batches).combine_chunks()
    levels = fixed_bytes(table["signature"], len(table["signature"][0].as_buffer()))
    ids = fixed_bytes(table["signature_id"], SIGNATURE_ID_BYTES)
    return ids, Ranked(levels.view(np.int8), table["rank"].to_numpy())


class _Nearest:
    """The nearest matches of each image, while blocks go by."""

    def __init__(self, most: int) -> None:
        self._most, self._found, self._limit = most, 0, _HELD
        self._matches = no_matches()
        self._ids = np.empty((0, SIGNATURE_ID_BYTES), np.uint8)

    def add(self, matches: Matches, rank: npt.NDArray[np.int64], ids: Bytes) -> None:
        """Take the matches of a block, whose rows have these ranks and ids."""
        self._found += len(matches.asked)
        order = np.argsort(rank)
        rows = order[np.searchsorted(rank, matches.other, sorter=order)]
        self._matches = concatenated([self._matches, matches])
        self._ids = np.concatenate([self._ids, ids[rows]])
        if len(self._ids) > self._limit:
            self._drop()
            self._limit = max(_HELD, 2 * len(self._ids))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give all that is left, and say how many there were."""
        self._drop()
        count = len(self._ids)
        matches = self._matches
        columns = [
            pa.array(matches.asked),
            pa.array(matches.other),
            binary_column(self._ids),
            *(pa.array(distance) for distance in (matches.real, matches.mirror, matches.flip)),
            pa.array(matches.usable.astype(np.int8)),
            pa.nulls(count, pa.int64()),
        ]
        every = pa.RecordBatch.from_arrays(columns, schema=MATCH_ROWS)
        for start in range(0, count, _OUT):
            yield every.slice(start, _OUT)
        nothing = [pa.nulls(1, field.type) for field in list(MATCH_ROWS)[:-1]]
        yield pa.RecordBatch.from_arrays([*nothing, pa.array([self._found])], schema=MATCH_ROWS)

    def _drop(self) -> None:
        chosen = nearest_of_each(self._matches, self._most)
        self._matches, self._ids = self._matches.where(chosen), self._ids[chosen]
