"""Indices and aliases: made, asked about, changed."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from elastic.client import Client
from elastic.errors import AnswerError, ElasticError, NotFoundError

_EXISTS = "resource_already_exists_exception"


@dataclass(frozen=True)
class IndexState:
    """What an index says of itself.

    Attributes
    ----------
    name : str
        Of the index, never of an alias.
    uuid : str
        Another one if the index was deleted and made again.
    meta : dict
        ``_meta`` of its mapping; empty if it has none.
    settings : dict
        Its flat settings, all of them strings.
    """

    name: str
    uuid: str
    meta: dict[str, Any]
    settings: dict[str, Any]


def find(client: Client, name: str) -> list[IndexState]:
    """Return the index of a name, or those behind the alias of that name.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of an index or alias.

    Returns
    -------
    list of IndexState
        Empty if there is neither.

    Raises
    ------
    ElasticError
        If the server cannot be asked.
    """
    try:
        found = client.get(f"/{quote(name, safe='')}", flat_settings=True)
    except NotFoundError:
        return []
    return [_state(index, content) for index, content in sorted(found.items())]


def find_one(client: Client, name: str) -> IndexState:
    """Return one index.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of an index.

    Returns
    -------
    IndexState
        Of this index.

    Raises
    ------
    ElasticError
        If it is not there, or the name is an alias of several.
    """
    states = find(client, name)
    if len(states) != 1:
        raise ElasticError(f"there is no index {name}" if not states else f"{name} is several")
    return states[0]


def create(client: Client, name: str, body: dict[str, Any]) -> IndexState:
    """Make an index, or find that an earlier try of this call made it.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of the index.
    body : dict
        Of `elastic.mapping.index_body`.

    Returns
    -------
    IndexState
        As it is now.

    Raises
    ------
    ElasticError
        If it cannot be made.
    """
    try:
        client.put(f"/{quote(name, safe='')}", body)
    except AnswerError as error:
        if error.kind != _EXISTS:
            raise
    return find_one(client, name)


def remove(client: Client, name: str) -> None:
    """Delete an index; nothing happens if it is not there.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of the index.
    """
    client.delete(f"/{quote(name, safe='')}", ignore_unavailable=True)


def change(client: Client, name: str, **settings: object) -> None:
    """Change settings of an index.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of the index.
    **settings : object
        Below ``index``, with ``__`` for dots: ``blocks__write=True``; None for the default.
    """
    body = {key.replace("__", "."): value for key, value in settings.items()}
    client.put(f"/{quote(name, safe='')}/_settings", {"index": body})


def describe(client: Client, name: str, meta: dict[str, Any]) -> None:
    """Change what an index says of its documents.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of the index.
    meta : dict
        Its ``_meta`` from now on.
    """
    client.put(f"/{quote(name, safe='')}/_mapping", {"_meta": meta})


def refresh(client: Client, name: str) -> None:
    """Let searches see all that was written into an index.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of the index.
    """
    client.post(f"/{quote(name, safe='')}/_refresh")


def count(client: Client, name: str) -> int:
    """Refresh an index and count its documents.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of the index.

    Returns
    -------
    int
        Documents that a search can find.
    """
    refresh(client, name)
    return int(client.get(f"/{quote(name, safe='')}/_count")["count"])


def sequence_numbers(client: Client, name: str) -> dict[str, int]:
    """Return the highest sequence number of each shard: any write or delete makes it higher.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of the index.

    Returns
    -------
    dict of str to int
        Shard number to its highest number; -1 for an empty one.
    """
    path = f"/{quote(name, safe='')}/_stats"
    shards = client.get(path, level="shards")["indices"][name]["shards"]
    return {
        shard: max(int(copy["seq_no"]["max_seq_no"]) for copy in copies)
        for shard, copies in shards.items()
    }


def indexed(client: Client, name: str) -> int:
    """Return how many documents an index took since its node started.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of the index.

    Returns
    -------
    int
        Repeated ones count again.
    """
    stats = client.get(f"/{quote(name, safe='')}/_stats/indexing")
    return int(stats["_all"]["primaries"]["indexing"]["index_total"])


def aliased(client: Client, alias: str) -> list[str]:
    """Return the indices behind an alias.

    Parameters
    ----------
    client : Client
        The server.
    alias : str
        Its name.

    Returns
    -------
    list of str
        Sorted; empty if there is no such alias.
    """
    try:
        return sorted(client.get(f"/_alias/{quote(alias, safe='')}"))
    except NotFoundError:
        return []


def versions(client: Client, alias: str) -> dict[int, str]:
    """Return the indices ``ALIAS-v<n>`` that there are, by number.

    Parameters
    ----------
    client : Client
        The server.
    alias : str
        Name of the alias.

    Returns
    -------
    dict of int to str
        Number to index.
    """
    found = client.get(f"/_cat/indices/{quote(alias, safe='')}-v*", format="json", h="index")
    numbers = {row["index"].removeprefix(f"{alias}-v"): row["index"] for row in found}
    return {int(number): name for number, name in numbers.items() if number.isdecimal()}


def swap(
    client: Client,
    alias: str,
    index: str,
    remove_old: bool = False,
    namesake: str | None = None,
) -> list[str]:
    """Let an alias mean one index, in a single step for all who ask.

    Parameters
    ----------
    client : Client
        The server.
    alias : str
        Its name.
    index : str
        What it shall mean.
    remove_old : bool
        Whether the indices that it meant are deleted, in the same step.
    namesake : str, optional
        An index with the alias' own name, which must be deleted to make way.

    Returns
    -------
    list of str
        The indices that it meant before.
    """
    old = [name for name in aliased(client, alias) if name != index]
    if namesake is not None:
        old, remove_old = [namesake], True
    kind = "remove_index" if remove_old else "remove"
    actions: list[dict[str, Any]] = [{"add": {"index": index, "alias": alias}}]
    for name in old:
        away = {"index": name} if remove_old else {"index": name, "alias": alias}
        actions.append({kind: away})
    client.post("/_aliases", {"actions": actions})
    return old


def _state(name: str, content: dict[str, Any]) -> IndexState:
    settings = content["settings"]
    meta = content.get("mappings", {}).get("_meta", {})
    return IndexState(name, settings["index.uuid"], meta, settings)
