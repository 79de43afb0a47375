"""How much a bucket costs, and what is done with one that costs too much.

A bucket of more than ``bucket_rows`` rows is *split*: its rows fall into groups, a task compares
two groups, and no comparison is lost. One that costs more than ``bucket_comparisons`` is
*capped*: its reach is lowered until it does not, so that its nearest members still meet. What is
no longer compared is counted, and a pair falls to the next key under which its two ends meet.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

OVERFLOW = 4
"""Under a model that is fitted, a bucket may cost so many times the limit it was fitted with: its
reach is the model's, whatever comes and goes, and equal corpora are searched alike."""

OVERFLOW_STEP = 16
"""A bucket that overflows has its reach lowered in such steps: it then seldom changes, and with it
what has to be compared again (docs/adr/0021)."""


@dataclass(frozen=True)
class BucketLimits:
    """When buckets are split and capped.

    Attributes
    ----------
    rows : int
        A bucket with more is split into groups of about so many.
    comparisons : int
        A bucket that costs more is capped.
    step : int
        By how much its reach is lowered at a time.
    """

    rows: int
    comparisons: int
    step: int = 1


class BucketPlan(NamedTuple):
    """What is done with one bucket.

    Attributes
    ----------
    reach : int
        Up to which sum of costs its members meet; -1 if none do.
    groups : int
        Into how many it is split; 1 if it is not.
    comparisons : int
        What it costs.
    comparisons_bounded : int
        What it would have cost more without its cap.
    """

    reach: int
    groups: int
    comparisons: int
    comparisons_bounded: int

    @property
    def capped(self) -> bool:
        """The answer to whether some of its rows no longer meet."""
        return self.comparisons_bounded > 0


def plan_bucket(
    members: npt.NDArray[np.int64], reach: int, limits: BucketLimits, first: int | None = None
) -> BucketPlan:
    """Decide whether a bucket is split or capped.

    Parameters
    ----------
    members : (c,) int64
        How many of its rows have each cost, from 0 on.
    reach : int
        The model's, for such a key.
    limits : BucketLimits
        When to split and to cap.
    first : int, optional
        The reach to begin with, no higher than ``reach``, which is the default.

    Returns
    -------
    BucketPlan
        Depends on the numbers alone.
    """
    wanted = comparisons_within(members, reach)
    reach = reach if first is None else first
    comparisons = comparisons_within(members, reach)
    while comparisons > limits.comparisons and reach >= 0:
        reach = max(-1, reach - limits.step)
        comparisons = comparisons_within(members, reach)
    rows = members_within(members, reach)
    return BucketPlan(reach, max(1, -(-rows // limits.rows)), comparisons, wanted - comparisons)


def comparisons_within(members: npt.NDArray[np.int64], reach: int) -> int:
    """Count the pairs of rows whose costs add up to no more than a reach.

    Parameters
    ----------
    members : (c,) int64
        How many rows have each cost, from 0 on.
    reach : int
        Upper bound of the sum.

    Returns
    -------
    int
        Each pair once.
    """
    if reach < 0:
        return 0
    costs = np.flatnonzero(members[: reach + 1])
    up_to = np.cumsum(members)
    partners = up_to[np.minimum(reach - costs, len(members) - 1)]
    ordered = int(members[costs] @ partners)
    themselves = int(members[costs[2 * costs <= reach]].sum())
    return (ordered - themselves) // 2


def members_within(members: npt.NDArray[np.int64], reach: int) -> int:
    """Count the rows that meet any other within a reach.

    Parameters
    ----------
    members : (c,) int64
        How many rows have each cost, from 0 on.
    reach : int
        Upper bound of the sum of two costs.

    Returns
    -------
    int
        Rows that need be there.
    """
    costs = np.flatnonzero(members)
    if not len(costs) or reach < costs[0]:
        return 0
    return int(members[: max(0, reach - int(costs[0])) + 1].sum())
