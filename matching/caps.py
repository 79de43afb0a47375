"""Which buckets a model caps: decided once, when it is fitted, and kept.

A bucket's reach would otherwise move with every image that comes or goes, and pairs that nobody
touched would come and go with it. Only a bucket that has grown far beyond what it was fitted with
is capped again, in coarse steps (docs/adr/0021).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from matching.buckets import (
    OVERFLOW,
    OVERFLOW_STEP,
    BucketLimits,
    BucketPlan,
    plan_bucket,
)
from matching.model import Caps, Model
from matching.rules import reach_of

Members = npt.NDArray[np.int64]
"""(c,) int64: how many rows of a bucket have each cost, from 0 on."""

Buckets = Iterable[tuple[int, Members]]


def with_caps(model: Model, buckets: Buckets, per_row: int) -> Model:
    """Return the model with the buckets capped that cost too much.

    Parameters
    ----------
    model : Model
        Just fitted.
    buckets : iterable of (int, (c,) int64)
        Key and members of every bucket that may cost too much.
    per_row : int
        Comparisons that a bucket may cost for each of its rows.

    Returns
    -------
    Model
        Of another id.
    """
    lowered = {}
    for key, members in buckets:
        reach = reach_of(key, model)
        plan = plan_bucket(members, reach, BucketLimits(1, per_row * int(members.sum())))
        if plan.reach < reach:
            lowered[key] = plan.reach
    keys = tuple(sorted(lowered))
    return replace(model, caps=Caps(per_row, keys, tuple(lowered[key] for key in keys)))


def planned(model: Model, buckets: Buckets, rows: int) -> Iterator[tuple[int, BucketPlan]]:
    """Say what is done with buckets under a model.

    Parameters
    ----------
    model : Model
        With its caps.
    buckets : iterable of (int, (c,) int64)
        Key and members of each.
    rows : int
        A bucket with more is split.

    Yields
    ------
    tuple of int and BucketPlan
        Key and plan of each. The reach depends on the model and the members alone.
    """
    capped = model.caps.by_key()
    most = OVERFLOW * model.caps.comparisons_per_row
    for key, members in buckets:
        limits = BucketLimits(rows, most * int(members.sum()), OVERFLOW_STEP)
        reach = reach_of(key, model)
        yield key, plan_bucket(members, reach, limits, capped.get(key, reach))


def rows_that_may_overflow(model: Model) -> int:
    """Return how many rows a bucket has at least that overflows.

    Parameters
    ----------
    model : Model
        With its caps.

    Returns
    -------
    int
        Each two are compared once, so that a row costs half as many comparisons as there are rows.
    """
    return 2 * OVERFLOW * model.caps.comparisons_per_row


def reaches_of(model: Model, overflowed: Mapping[int, int]) -> dict[int, int]:
    """Return the reach of every key that does not have the model's common one.

    Parameters
    ----------
    model : Model
        With its caps.
    overflowed : mapping of int to int
        Key to reach of the buckets that were looked at because they may overflow.

    Returns
    -------
    dict of int to int
        For `matching.meeting.reaches`.
    """
    return model.caps.by_key() | dict(overflowed)
