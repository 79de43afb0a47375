"""What a search gives: one match for each picture, the nearest first."""

from collections.abc import Iterable
from typing import Any

Match = dict[str, Any]
"""image-match's result: ``id``, ``dist``, ``path``, ``metadata`` and, of most databases, ``score``.
A search in all orientations adds ``orientation``."""


def nearest_of_each(matches: Iterable[Match], size: int | None = None) -> list[Match]:
    """Keep the nearest match of each picture.

    Parameters
    ----------
    matches : iterable of dict
        Of one search, perhaps several of one ``id``.
    size : int, optional
        How many to return at most.

    Returns
    -------
    list of dict
        By distance, equal ones by id as text.
    """
    ordered = sorted(matches, key=lambda match: (match["dist"], str(match["id"])))
    nearest: dict[Any, Match] = {}
    for match in ordered:
        nearest.setdefault(match["id"], match)
    return list(nearest.values())[:size]
