"""Pairs that are too many for an image: only the nearest of either end stay."""

from pyspark.sql import DataFrame

from jobs.run import Run
from jobs.stages.bound_pairs import last_of_nearest, nearest_only


def bounded(
    run: Run, pairs: DataFrame, max_pairs: int, among: DataFrame | None = None
) -> DataFrame | None:
    """Leave out the pairs that are beyond the nearest of both of their ends.

    Parameters
    ----------
    run : Run
        The run at work.
    pairs : DataFrame
        Rows of ``pairs``.
    max_pairs : int
        How many pairs an end keeps at least.
    among : DataFrame, optional
        ``signature_id`` of those that may be in too many. All others are as they were bounded
        before: if none of these is in too many, nothing is to be done.

    Returns
    -------
    DataFrame or None
        Rows of ``pairs``; None where all may stay.
    """
    last = run.stash(last_of_nearest(pairs, max_pairs), "last")
    asked = last if among is None else last.join(among, "signature_id", how="left_semi")
    return None if asked.head() is None else nearest_only(pairs, last)
