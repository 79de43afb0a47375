"""Step 2a of the paper: the window of the picture in which most of its variation lies."""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from signature.compiled import compiled
from signature.grey import GreyLevels
from signature.percentile import Percents, sorted_percentiles

#: So many differences of at most `WHITE` add up to less than 2**31.
_ROWS_IN_32_BITS: Final = 512

Variation: TypeAlias = NDArray[np.int64]
Limits: TypeAlias = tuple[int, int]
Window: TypeAlias = tuple[Limits, Limits]


def crop_window(
    grey: GreyLevels,
    crop_percentiles: tuple[float, float] | None = (5, 95),
    fix_ratio: bool = False,
) -> Window:
    """Rows and columns between which the picture varies.

    Implements Wong, Bern & Goldberg (ICIP 2002), step 2, first part: the running sum of absolute
    differences along each axis is cut at two percentiles. A picture too plain for that gets the
    percentiles of its size. As in image-match the percentiles are taken over positions, not over
    the variation.

    Parameters
    ----------
    grey : (h, w) int32
        Grey levels of `signature.grey.grey_levels`.
    crop_percentiles : (float, float) or None
        Lower and upper percentile in [0, 100]; None keeps the whole picture.
    fix_ratio : bool
        Use the longer of the two ranges for both axes. Meant for square pictures.

    Returns
    -------
    ((top, bottom), (left, right))
        Positions in pixels, the upper ones exclusive.

    Examples
    --------
    >>> crop_window(np.zeros((100, 200), np.int32))
    ((5, 95), (10, 190))
    """
    height, width = grey.shape
    if crop_percentiles is None:
        return (0, height), (0, width)
    percents = np.array(crop_percentiles, np.float64)
    along_rows, along_columns = _variation(grey)
    rows, columns = _limits(along_rows, percents), _limits(along_columns, percents)
    if not fix_ratio:
        return rows, columns
    longer = rows if rows[1] - rows[0] > columns[1] - columns[0] else columns
    return longer, longer


def _limits(variation: Variation, percents: Percents) -> Limits:
    # Sums stay below 2**53 for any picture of less than 3.5e9 pixels: doubles hold them exactly.
    running = np.cumsum(variation, dtype=np.float64)
    lower, upper = sorted_percentiles(running, percents)
    start, end = running.searchsorted(lower, "right"), running.searchsorted(upper, "left")
    if start > end:
        start, end = percents / 100.0 * len(running)
    return int(start), int(end)


@compiled
def _variation(grey: GreyLevels) -> tuple[Variation, Variation]:
    """Sum of absolute differences: within each row, and within each column."""
    height, width = grey.shape
    along_rows = np.zeros(height, np.int64)
    along_columns = np.zeros(width, np.int64)
    # Sums of 32 bits, as long as they cannot overflow: half as much to add.
    part = np.zeros(width, np.int32)
    for row in range(height):
        line, right, above = grey[row], grey[row, 1:], grey[max(row - 1, 0)]
        total = np.int64(0)
        for column in range(width - 1):
            total += np.int64(np.int32(abs(np.int32(right[column] - line[column]))))
        along_rows[row] = total
        for column in range(width):
            step = np.int32(abs(np.int32(line[column] - above[column])))
            part[column] = np.int32(part[column] + step)
        if row % _ROWS_IN_32_BITS == _ROWS_IN_32_BITS - 1 or row == height - 1:
            along_columns += part
            part[:] = 0
    return along_rows, along_columns
