"""Matches: two images of a corpus that are near, as real ones or as decoys."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

FAR: Final = 2.0
"""In place of a distance that was not measured; nothing is below it."""


class Matches(NamedTuple):
    """Pairs of images of which the real distance, or that of a decoy, is below a ceiling.

    Tables of several blocks are merged by concatenation, in any order.

    Attributes
    ----------
    asked : (e,) int64
        Rank of the image that was compared with the corpus.
    other : (e,) int64
        Rank of the image of the corpus that it met.
    real, mirror, flip : (e,) float64
        Distance of the two, of the one mirrored to the other, and of the one flipped.
    usable : (e,) uint8
        Which decoys the pair can use: bits `matching.decoys.MIRROR` and ``FLIP``.
    """

    asked: npt.NDArray[np.int64]
    other: npt.NDArray[np.int64]
    real: npt.NDArray[np.float64]
    mirror: npt.NDArray[np.float64]
    flip: npt.NDArray[np.float64]
    usable: npt.NDArray[np.uint8]

    def where(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> "Matches":
        """Some of the matches.

        Parameters
        ----------
        chosen : (e,) bool, or (k,) int64
            Which; or their places, in the order wanted.

        Returns
        -------
        Matches
            A new table.
        """
        columns: Any = (column[chosen] for column in self)  # of several types
        return Matches(*columns)


def nearest_of_each(matches: Matches, most: int) -> npt.NDArray[np.int64]:
    """Choose the nearest matches of each image asked about.

    Parameters
    ----------
    matches : Matches
        In any order.
    most : int
        How many of each image's are chosen at most.

    Returns
    -------
    (k,) int64
        Their places. Near is the least of the three distances; the better rank breaks ties.
    """
    least = np.minimum(np.minimum(matches.real, matches.mirror), matches.flip)
    order = np.lexsort((matches.other, least, matches.asked))
    asked = matches.asked[order]
    return order[np.arange(len(order)) - np.searchsorted(asked, asked) < most]


def no_matches() -> Matches:
    """Return an empty table.

    Returns
    -------
    Matches
        Of length 0, with the types of a full one.
    """
    whole, real = np.empty(0, np.int64), np.empty(0, np.float64)
    return Matches(whole, whole, real, real, real, np.empty(0, np.uint8))


def concatenated(parts: Iterable[Matches]) -> Matches:
    """Merge matches found in several blocks.

    Parameters
    ----------
    parts : iterable of Matches
        None of them is an empty table.

    Returns
    -------
    Matches
        All of them.
    """
    columns: Any = (np.concatenate(c) for c in zip(no_matches(), *parts, strict=True))
    return Matches(*columns)
