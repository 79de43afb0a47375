"""Rates of near pairs of different pictures, by how many of their levels differ from zero.

A pair of *different* pictures is one of two families and two file names. Families are collections
that share no pictures as far as we know; what is known to share some is one family. In a family
nobody knows what is a duplicate, so pairs inside it are counted in no rate. *Peers* are two
pictures of which one has at most twice the levels of the other: others can hardly be near, so that
the rate among peers depends on the pictures and not on how many others there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Levels: TypeAlias = NDArray[np.int8]
Labels: TypeAlias = NDArray[np.intp]
Row: TypeAlias = dict[str, Any]

CUTOFFS: Final = (0.30, 0.40, 0.45)
#: Below it two pictures are a pair, by default.
NEAR: Final = 0.40
BLOCK: Final = 256
RATES: Final = [
    f"{kind}{what}"
    for kind in ("pairs", "peers")
    for what in ("", *(f" per million {c}" for c in CUTOFFS))
]


@dataclass(frozen=True)
class Pictures:
    """Signatures that are not all zero, in the order of their non-zero levels.

    Attributes
    ----------
    levels : (k, c) int8
        Compact signatures.
    nonzero : (k,) intp
        Levels of each that are not 0, ascending.
    family, name : (k,) intp
        Two pictures are different if they differ in both.
    """

    levels: Levels
    nonzero: Labels
    family: Labels
    name: Labels


def pictures(levels: Levels, families: Sequence[str], names: Sequence[str]) -> Pictures:
    """Return signatures in the order of their non-zero levels, without those that are zero."""
    nonzero = np.count_nonzero(levels, axis=1)
    order = np.argsort(nonzero, kind="stable")
    order = order[nonzero[order] > 0]
    family = np.unique(np.asarray(families), return_inverse=True)[1]
    name = np.unique(np.asarray(names), return_inverse=True)[1]
    return Pictures(levels[order], nonzero[order], family[order], name[order])


def count_pairs(some: Pictures, edges: Sequence[float]) -> dict[str, NDArray[np.int64]]:
    """Count comparisons and near pairs by the smaller number of non-zero levels.

    Parameters
    ----------
    some : Pictures
        All pairs of them are compared.
    edges : sequence of float
        Lower ends of the bins, and the upper end of the last.

    Returns
    -------
    dict
        (len(edges) - 1,) int64 each: ``pairs`` of different pictures, of them ``near 0.4``
        and so on; ``peers`` and the near ones of them; and ``any 0.4`` and so on, near
        pairs whether different or not.
    """
    values = some.levels.astype(np.float32)  # whole numbers: products and sums are exact
    squares = np.einsum("ij,ij->i", values, values)
    places = np.searchsorted(edges, some.nonzero, "right") - 1
    found: dict[str, NDArray[np.int64]] = {}

    def add(what: str, mask: NDArray[np.bool_], rows: slice) -> None:
        sums = found.setdefault(what, np.zeros(len(edges) - 1, np.int64))
        np.add.at(sums, places[rows], mask.sum(axis=1))

    for start in range(0, len(values), BLOCK):
        rows, rest = slice(start, start + BLOCK), slice(start, None)
        apart = squares[rows, None] + squares[rest] - 2 * (values[rows] @ values[rest].T)
        lengths = np.sqrt(squares[rows, None]) + np.sqrt(squares[rest])
        once = np.triu(np.ones(apart.shape, bool), 1)
        different = once & (some.family[rows, None] != some.family[rest])
        different &= some.name[rows, None] != some.name[rest]
        peers = different & (some.nonzero[rest] <= 2 * some.nonzero[rows, None])
        add("pairs", different, rows)
        add("peers", peers, rows)
        for cutoff in CUTOFFS:
            near = apart < (cutoff * lengths) ** 2
            add(f"near {cutoff}", near & different, rows)
            add(f"near peers {cutoff}", near & peers, rows)
            add(f"any {cutoff}", near & once, rows)
    return found


def rates(counts: dict[str, NDArray[np.int64]], edges: Sequence[float]) -> list[Row]:
    """Return one row a bin, with false pairs per million comparisons; None without any."""

    def million(near: int, compared: int) -> float | None:
        return round(1e6 * near / compared, 2) if compared else None

    result = []
    for i, (low, high) in enumerate(pairwise(edges)):
        row: Row = {"from": low, "below": high}
        for kind in ("pairs", "peers"):
            row[kind] = int(counts[kind][i])
            for cutoff in CUTOFFS:
                near = counts[f"near {cutoff}" if kind == "pairs" else f"near peers {cutoff}"][i]
                row[f"{kind} near {cutoff}"] = int(near)
                row[f"{kind} per million {cutoff}"] = million(int(near), row[kind])
        row["any near"] = int(counts[f"any {NEAR}"][i])
        result.append(row)
    return result
