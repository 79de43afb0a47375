"""A corpus for a benchmark: distinct signatures that are not featureless, with their paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from signature import are_featureless
from signature.distance import COMPACT

Levels: TypeAlias = NDArray[np.int8]
Paths: TypeAlias = NDArray[np.object_]
Rows: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True)
class Corpus:
    """Signatures that differ, and where their pictures lie.

    Attributes
    ----------
    levels : (n, 272) int8
        Compact signatures, no two of them equal.
    paths : (n,) object
        A str each: a million of them in a fixed width would take a gigabyte.
    """

    levels: Levels
    paths: Paths

    def __len__(self) -> int:
        return len(self.levels)

    def take(self, rows: Rows) -> "Corpus":
        """Choose some of the signatures.

        Parameters
        ----------
        rows : (m,) intp
            Which, each once.

        Returns
        -------
        Corpus
            In the order of ``rows``.
        """
        return Corpus(self.levels[rows], self.paths[rows])

    def matches(self, prefixes: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which paths begin with one of some prefixes.

        Parameters
        ----------
        prefixes : sequence of str
            Such as ``debian-games``; an empty one counts for nothing.

        Returns
        -------
        (n,) bool
            All false without prefixes.
        """
        starts = tuple(filter(None, prefixes))
        return np.fromiter((path.startswith(starts) for path in self.paths), bool, len(self))


def joined(parts: Sequence[Corpus]) -> Corpus:
    """Put corpora after one another.

    Parameters
    ----------
    parts : sequence of Corpus
        At least one; no signature is in two of them.

    Returns
    -------
    Corpus
        All of them in this order.
    """
    return Corpus(
        np.concatenate([part.levels for part in parts]),
        np.concatenate([part.paths for part in parts]),
    )


def first_of_each(levels: Levels) -> Rows:
    """Rows of the signatures that did not come before.

    Parameters
    ----------
    levels : (n, 272) int8
        Signatures.

    Returns
    -------
    (m,) intp
        Ascending.
    """
    first: dict[bytes, int] = {}
    for row, signature in enumerate(levels):
        first.setdefault(signature.tobytes(), row)
    return np.fromiter(first.values(), np.intp, len(first))


def load(file: Path) -> Corpus:
    """Read a file of signatures as a run would compare them.

    Parameters
    ----------
    file : Path
        Made by `numpy.savez`: ``sig``, (n, 272) int8, and ``path``, (n,) str.

    Returns
    -------
    Corpus
        In path order. Featureless signatures are left out, by the limit of
        `signature.SignatureParameters`; of equal ones the first in path order stays.

    Raises
    ------
    SystemExit
        If the file holds anything else.
    """
    with np.load(file, allow_pickle=True) as arrays:
        if not {"sig", "path"} <= set(arrays.files):
            raise SystemExit(f"{file} has no arrays sig and path.")
        levels, paths = arrays["sig"], arrays["path"]
    if levels.dtype != np.int8 or levels.shape != (len(paths), COMPACT):
        raise SystemExit(
            f"{file} has {len(paths)} paths, and signatures of {levels.dtype} {levels.shape}, "
            f"not int8 ({len(paths)}, {COMPACT})."
        )
    kept = np.flatnonzero(~are_featureless(levels))
    order = kept[np.argsort(paths[kept], kind="stable")]
    chosen = order[first_of_each(levels[order])]
    return Corpus(levels[chosen], paths[chosen].astype(object))
