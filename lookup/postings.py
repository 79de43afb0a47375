"""Which signatures stand under which cell, and which of them a picture meets there."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.cells import Cells
from signature.compiled import compiled, read_only

Rows = npt.NDArray[np.int32]
Costs = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]


class Lists(NamedTuple):
    """The signatures of every cell, one cell after the other; see `Postings.lists`."""

    starts: Positions
    rows: Rows
    costs: Costs


@dataclass(frozen=True)
class Postings:
    """The signatures of every cell, with their costs: 5 bytes for each cell of a signature.

    Attributes
    ----------
    lists : Lists
        ``rows`` (int32) and what the cell costs each (``costs``, uint8); those of cell i are
        ``starts[i]`` to ``starts[i + 1]``, exclusive.
    signatures : int
        How many there are in all.
    """

    lists: Lists
    signatures: int

    def met_by(self, cells: Cells, reach: int) -> Rows:
        """Find the signatures that a picture meets.

        Parameters
        ----------
        cells : Cells
            (f, m) cells of the picture, in one form or several, with their costs.
        reach : int
            Two meet in a cell if their costs there add up to no more.

        Returns
        -------
        (q,) int32
            Each once, in no order that counts.
        """
        most = self._most(cells.cells)
        seen = np.zeros(self.signatures, np.bool_)
        found = np.empty(min(most, self.signatures), np.int32)
        asked, costs = cells.cells.ravel(), cells.costs.ravel()
        count = _meet(self.lists, asked, costs, reach, seen, found)
        return found[:count]

    def _most(self, cells: npt.NDArray[np.int32]) -> int:
        known = cells[cells >= 0]
        return int((self.lists.starts[known + 1] - self.lists.starts[known]).sum())


class PostingsBuilder:
    """Makes postings in two passes over batches of cells.

    Parameters
    ----------
    cells : int
        How many there are.
    signatures : int
        How many there are.
    """

    def __init__(self, cells: int, signatures: int) -> None:
        self._sizes = np.zeros(cells + 1, np.int64)
        self._signatures = signatures
        self._filled: Positions | None = None
        self._rows, self._costs = np.empty(0, np.int32), np.empty(0, np.uint8)

    def count(self, cells: npt.NDArray[np.int32]) -> None:
        """Count the entries of a batch; all batches before the first `fill`.

        Parameters
        ----------
        cells : (n, m) int32
            -1 where a signature has none.
        """
        self._sizes[1:] += np.bincount(cells[cells >= 0], minlength=len(self._sizes) - 1)

    def fill(self, rows: Rows, cells: npt.NDArray[np.int32], costs: Costs) -> None:
        """Put the entries of a batch in.

        Parameters
        ----------
        rows : (n,) int32
            Signatures.
        cells : (n, m) int32
            As they were counted.
        costs : (n, m) uint8
            Of each cell.
        """
        if self._filled is None:
            self._filled = np.cumsum(self._sizes)
            self._rows = np.empty(self._filled[-1], np.int32)
            self._costs = np.empty(self._filled[-1], np.uint8)
            self._sizes = self._filled.copy()
        into = self._filled, self._rows, self._costs
        _fill(*into, read_only(rows), read_only(cells), read_only(costs))

    def built(self) -> Postings:
        """Return the postings.

        Returns
        -------
        Postings
            Of all that was filled in.
        """
        starts = self._sizes if self._filled is not None else np.cumsum(self._sizes)
        return Postings(Lists(starts, self._rows, self._costs), self._signatures)


@compiled
def _fill(
    filled: Positions,
    into_rows: Rows,
    into_costs: Costs,
    rows: Rows,
    cells: npt.NDArray[np.int32],
    costs: Costs,
) -> None:
    for i in range(len(rows)):
        for j in range(cells.shape[1]):
            cell = cells[i, j]
            if cell >= 0:
                at = filled[cell]
                into_rows[at] = rows[i]
                into_costs[at] = costs[i, j]
                filled[cell] = at + 1


@compiled
def _meet(
    lists: Lists,
    cells: npt.NDArray[np.int32],
    paid: Costs,
    reach: int,
    seen: npt.NDArray[np.bool_],
    found: Rows,
) -> int:
    starts, rows, costs = lists
    count = 0
    for c in range(len(cells)):
        if cells[c] < 0:
            continue
        left = reach - np.int64(paid[c])
        for at in range(starts[cells[c]], starts[cells[c] + 1]):
            row = rows[at]
            if np.int64(costs[at]) <= left and not seen[row]:
                seen[row] = True
                found[count] = row
                count += 1
    return count
