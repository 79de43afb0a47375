"""Filters on pictures of a store: those of Elasticsearch's that need no server.

``term``, ``terms``, ``prefix``, ``exists``, ``range`` and ``bool`` on ``path``, ``image_id`` and
``metadata.<key>``, as image-match's users pass them to ``pre_filter``; or a function.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from lookup.errors import RequestError

Filter = Callable[[Mapping[str, Any]], bool]

_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


def filter_of(pre_filter: Any) -> Filter | None:  # noqa: ANN401 - it is checked here
    """Make a function of a filter.

    Parameters
    ----------
    pre_filter : None, function, mapping or list of mappings
        All of a list must hold.

    Returns
    -------
    function or None
        From a picture's ``path``, ``image_id`` and ``metadata`` to whether it is wanted.

    Raises
    ------
    RequestError
        If it is another kind of filter.
    """
    if pre_filter is None:
        return None
    if callable(pre_filter):
        chosen: Filter = pre_filter
        return chosen
    return _every(_clauses(pre_filter))


def _clauses(given: Any) -> list[Filter]:  # noqa: ANN401
    several = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    return [_clause(one) for one in several]


def _clause(given: Any) -> Filter:  # noqa: ANN401
    if not isinstance(given, Mapping) or len(given) != 1:
        raise RequestError(f"A filter is one clause such as {{'term': ...}}, not {given!r}.")
    ((kind, body),) = given.items()
    if kind not in _KINDS or not isinstance(body, Mapping):
        known = ", ".join(sorted(_KINDS))
        raise RequestError(f"A store filters by {known}, not by {kind!r}.")
    return _KINDS[kind](body)


def _field(body: Mapping[str, Any]) -> tuple[str, Any]:
    if len(body) != 1:
        raise RequestError(f"One field is needed, not {body!r}.")
    ((name, value),) = body.items()
    return name, value


def _term(body: Mapping[str, Any]) -> Filter:
    name, value = _field(body)
    wanted = value["value"] if isinstance(value, Mapping) and "value" in value else value
    return lambda picture: any(_same(found, wanted) for found in _values(picture, name))


def _terms(body: Mapping[str, Any]) -> Filter:
    name, wanted = _field(body)
    if not isinstance(wanted, Sequence) or isinstance(wanted, str):
        raise RequestError(f"'terms' takes a list, not {wanted!r}.")
    return lambda picture: any(
        _same(found, one) for found in _values(picture, name) for one in wanted
    )


def _prefix(body: Mapping[str, Any]) -> Filter:
    name, value = _field(body)
    start = str(value["value"] if isinstance(value, Mapping) else value)
    return lambda picture: any(str(found).startswith(start) for found in _values(picture, name))


def _exists(body: Mapping[str, Any]) -> Filter:
    name = str(body.get("field"))
    return lambda picture: bool(_values(picture, name))


def _range(body: Mapping[str, Any]) -> Filter:
    name, bounds = _field(body)
    if not isinstance(bounds, Mapping) or not set(bounds) <= set(_COMPARISONS):
        raise RequestError(f"'range' takes {', '.join(_COMPARISONS)}, not {bounds!r}.")
    return lambda picture: any(_within(found, bounds) for found in _values(picture, name))


def _bool(body: Mapping[str, Any]) -> Filter:
    known = {"must", "filter", "should", "must_not", "minimum_should_match"}
    if not set(body) <= known:
        raise RequestError(f"'bool' takes {', '.join(sorted(known))}, not {sorted(body)}.")
    every = [*_clauses(body.get("must", [])), *_clauses(body.get("filter", []))]
    some, none = _clauses(body.get("should", [])), _clauses(body.get("must_not", []))
    least = int(body.get("minimum_should_match", 0 if every or not some else 1))
    return lambda picture: (
        all(holds(picture) for holds in every)
        and not any(holds(picture) for holds in none)
        and sum(holds(picture) for holds in some) >= least
    )


_KINDS: Final[dict[str, Callable[[Mapping[str, Any]], Filter]]] = {
    "bool": _bool,
    "exists": _exists,
    "prefix": _prefix,
    "range": _range,
    "term": _term,
    "terms": _terms,
}


def _every(filters: Sequence[Filter]) -> Filter:
    return lambda picture: all(holds(picture) for holds in filters)


def _values(picture: Mapping[str, Any], name: str) -> list[Any]:
    """All values at a dotted name; lists are looked into, as Elasticsearch does."""
    found: list[Any] = [picture]
    for key in name.removesuffix(".keyword").split("."):
        inside = [one[key] for one in found if isinstance(one, Mapping) and key in one]
        found = [value for one in inside for value in (one if isinstance(one, list) else [one])]
    return [value for value in found if value is not None]


def _same(found: Any, wanted: Any) -> bool:  # noqa: ANN401
    if isinstance(found, bool) or isinstance(wanted, bool):
        return str(found).lower() == str(wanted).lower()
    return bool(found == wanted) or str(found) == str(wanted)


def _within(found: Any, bounds: Mapping[str, Any]) -> bool:  # noqa: ANN401
    try:
        return all(_COMPARISONS[name](found, bound) for name, bound in bounds.items())
    except TypeError:
        return False
