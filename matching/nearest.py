"""Bounding the output: a pair stays if it is among the nearest of either of its ends."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.pairs import Indices, Pairs

_ANY_REACH = 2**31


class Nearest(NamedTuple):
    """How far the nearest of the rows of a side are, as far as is known.

    Attributes
    ----------
    costs : (n,) int64
        What it costs each row to be in the bucket.
    heaps : (n, k) float64
        The least distances of each row, up to k; k is 0 where all are of interest.
    counts : (n,) int64
        How many of them there are.
    last : (n,) float64
        The greatest of k; infinite as long as there are fewer.
    """

    costs: Indices
    heaps: npt.NDArray[np.float64]
    counts: Indices
    last: npt.NDArray[np.float64]

    def part(self, start: int, end: int) -> "Nearest":
        """Return some of the rows.

        Parameters
        ----------
        start, end : int
            The first row, and the one after the last.

        Returns
        -------
        Nearest
            Views: what they learn, all learn.
        """
        costs, heaps, counts, last = self
        rows = slice(start, end)
        return Nearest(costs[rows], heaps[rows], counts[rows], last[rows])


class Limits(NamedTuple):
    """Which rows of two sides meet, and which of their pairs are of interest.

    Attributes
    ----------
    left, right : Nearest
        Of either side; the same arrays where both number the same rows.
    reach : int
        Rows meet whose costs add up to no more.
    left_out : (1,) int64
        How many pairs were of no interest so far.
    """

    left: Nearest
    right: Nearest
    reach: int
    left_out: Indices

    def part(self, rows: tuple[int, int], columns: tuple[int, int]) -> "Limits":
        """Return the limits of some rows and columns.

        Parameters
        ----------
        rows, columns : tuple of int and int
            The first of the left and of the right side, and the one after the last.

        Returns
        -------
        Limits
            Views: what they learn, all learn.
        """
        left, right, reach, left_out = self
        return Limits(left.part(*rows), right.part(*columns), reach, left_out)

    def keep(self, pairs: Pairs) -> npt.NDArray[np.bool_]:
        """Tell which pairs are among the nearest of either end.

        Applied to parts of a corpus it never drops what the whole would keep: among the nearest
        of all pairs of a signature is also among the nearest of some of them.

        Parameters
        ----------
        pairs : Pairs
            Any.

        Returns
        -------
        (p,) bool
            Equal distances are.
        """
        distance = pairs.distance
        return (distance <= self.left.last[pairs.a]) | (distance <= self.right.last[pairs.b])


def nearest(costs: npt.NDArray[np.uint8], max_pairs: int, partners: int) -> Nearest:
    """Know nothing yet of the rows of a side.

    Parameters
    ----------
    costs : (n,) uint8
        What it costs each row to be in the bucket.
    max_pairs : int
        How many are the nearest.
    partners : int
        Rows that each may meet: no more memory than for these is used, and none if all may stay.

    Returns
    -------
    Nearest
        Memory is taken as distances come.
    """
    rows = len(costs)
    room = max_pairs if max_pairs < partners else 0
    heaps = np.empty((rows, room), np.float64)
    return Nearest(costs.astype(np.int64), heaps, np.zeros(rows, np.int64), np.full(rows, np.inf))


def limits_of(left: Nearest, right: Nearest, reach: int) -> Limits:
    """Make the limits of two sides of which nothing was compared yet.

    Parameters
    ----------
    left, right : Nearest
        Of either side; the same one where both number the same rows.
    reach : int
        Rows meet whose costs add up to no more.

    Returns
    -------
    Limits
        They learn of what is found.
    """
    return Limits(left, right, reach, np.zeros(1, np.int64))


def no_limits(left: int, right: int) -> Limits:
    """Let all rows of two sides meet, and all their pairs stay.

    Parameters
    ----------
    left, right : int
        Rows of either side.

    Returns
    -------
    Limits
        It learns nothing.
    """
    sides = [nearest(np.zeros(rows, np.uint8), 0, 0) for rows in (left, right)]
    return limits_of(sides[0], sides[1], _ANY_REACH)
