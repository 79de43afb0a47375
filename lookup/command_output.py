"""What the command line prints: a table for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lookup.matches import Match

_ORIENTATION: Final = 23
"""Wide enough for ``turned_right negative``."""


def print_matches(matches: Sequence[Match], as_json: bool) -> None:
    """Print what a search found.

    Parameters
    ----------
    matches : sequence of dict
        Nearest first.
    as_json : bool
        A list of objects instead of a table.
    """
    if as_json:
        print(json.dumps(matches, default=str, indent=1))
        return
    if not matches:
        print("no match")
        return
    wide = max(len("id"), *(len(str(match["id"])) for match in matches))
    turned = any("orientation" in match for match in matches)
    title = f"{'orientation':<{_ORIENTATION}}" if turned else ""
    print(f"{'distance':>8}  {'id':<{wide}}  {title}path")
    for match in matches:
        form = f"{match['orientation']:<{_ORIENTATION}}" if turned else ""
        print(f"{match['dist']:>8.4f}  {match['id']!s:<{wide}}  {form}{match['path']}")


def print_record(record: Mapping[str, Any], as_json: bool) -> None:
    """Print a few named values.

    Parameters
    ----------
    record : mapping
        Name to value.
    as_json : bool
        An object instead of lines.
    """
    if as_json:
        print(json.dumps(record, default=str))
        return
    for name, value in record.items():
        shown = f"{value:.4f}" if isinstance(value, float) else value
        print(f"{name:<12} {shown}")
