"""How large a model should be, from the size of the corpus (docs/adr/0015)."""

import math

POINTS_PER_CELL = 20
"""Signatures in the sample for each cell. Fewer make cells uneven."""

_FEWEST_POINTS_PER_CELL = 8
_CELLS_PER_SIGNATURE = 0.53
_GROWTH = 0.8
_NEAREST = ((120_000, 12), (500_000, 16))
_MOST_NEAREST = 24
_REACH = ((12, 188), (16, 204))
_REACH_OF_MANY = 176

_MOST_PAIRS_PER_IMAGE = 1_000
_FEWEST_PAIRS_PER_IMAGE = 10
_ALL_PAIRS_UP_TO = 200_000


def cells_for(signatures: int, sample: int) -> int:
    """Return how many cells a corpus should have.

    0.53 N^0.8: with so many, comparisons per image about double when a corpus grows eightfold.

    Parameters
    ----------
    signatures : int
        Distinct signatures of the corpus.
    sample : int
        Of how many the cells can be fitted at most.

    Returns
    -------
    int
        At least 1.
    """
    wanted = round(_CELLS_PER_SIGNATURE * math.pow(signatures, _GROWTH))
    return max(1, min(wanted, min(signatures, sample) // _FEWEST_POINTS_PER_CELL))


def nearest_for(signatures: int) -> int:
    """Return in how many cells a signature should be.

    Parameters
    ----------
    signatures : int
        Distinct signatures of the corpus.

    Returns
    -------
    int
        12 up to 120,000 signatures, 16 up to 500,000, 24 above.
    """
    return next((nearest for most, nearest in _NEAREST if signatures <= most), _MOST_NEAREST)


def reach_for(nearest: int) -> int:
    """Return up to which sum of costs signatures should meet in a cell.

    Parameters
    ----------
    nearest : int
        In how many cells a signature is.

    Returns
    -------
    int
        188 with up to 12 cells, 204 with up to 16, 176 with more.
    """
    return next((reach for most, reach in _REACH if nearest <= most), _REACH_OF_MANY)


def max_pairs_for(signatures: int) -> int:
    """Return how many nearest pairs of an image are always kept.

    Parameters
    ----------
    signatures : int
        Distinct signatures of the corpus.

    Returns
    -------
    int
        1,000 up to 200,000 signatures, then falling with its seventh power, to 10 at 400,000.
        Small corpora keep all; in large ones 10 are enough to choose keepers by.
    """
    share = min(1.0, _ALL_PAIRS_UP_TO / max(1, signatures))
    return max(_FEWEST_PAIRS_PER_IMAGE, round(_MOST_PAIRS_PER_IMAGE * share**7))
