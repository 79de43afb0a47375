"""A backfill's plan: which index, of which run, in how many chunks, and what was there before."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from elastic import Client
from elastic.indices import find, find_one, sequence_numbers
from jobs.errors import UserError
from jobs.loads.target import behind


@dataclass(frozen=True)
class Old:
    """The index that the alias meant when the backfill began.

    Attributes
    ----------
    index : str
        Its name.
    uuid : str
        Its own.
    is_alias : bool
        False if the name that the user gave is the index' own.
    sequence_numbers : dict of str to int
        Of each shard: what is above came later.
    """

    index: str
    uuid: str
    is_alias: bool
    sequence_numbers: dict[str, int]


@dataclass(frozen=True)
class Plan:
    """What a backfill does, and does again after a crash.

    Attributes
    ----------
    alias : str
        The name that the user gave.
    index : str
        The new index.
    uuid : str
        Its own; empty until it is made.
    run_id : str
        The store's run that is loaded.
    documents : int
        Of that run.
    chunks : int
        Parts that are loaded one by one.
    profile : str
        Of the index.
    shards : int
        Of the index.
    old : Old or None
        What the alias meant.
    """

    alias: str
    index: str
    uuid: str
    run_id: str
    documents: int
    chunks: int
    profile: str
    shards: int
    old: Old | None

    def text(self) -> str:
        """Return the plan as the log holds it.

        Returns
        -------
        str
            JSON.
        """
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def parse(cls, text: str) -> "Plan":
        """Read a plan from the log.

        Parameters
        ----------
        text : str
            Of `Plan.text`.

        Returns
        -------
        Plan
            The same.
        """
        values: dict[str, Any] = json.loads(text)
        old = values.pop("old")
        return cls(**values, old=Old(**old) if old else None)

    def made(self, uuid: str) -> "Plan":
        """Return the plan with its index made.

        Parameters
        ----------
        uuid : str
            Of the index.

        Returns
        -------
        Plan
            Otherwise the same.
        """
        return replace(self, uuid=uuid)


def look_at_old(client: Client, alias: str, remove_old: bool) -> Old | None:
    """Return what the alias means now.

    Parameters
    ----------
    client : Client
        The server.
    alias : str
        The name that the user gave.
    remove_old : bool
        Whether the old index may be deleted.

    Returns
    -------
    Old or None
        None if there is nothing of this name.

    Raises
    ------
    UserError
        If it is several indices, or an index of that very name which may not be deleted.
    """
    state = behind(client, alias)
    if state is None:
        return None
    if state.name == alias and not remove_old:
        raise UserError(
            f"{alias} is an index, not an alias: an alias of this name can only take its place. "
            "Name another alias, or let it go with the swap (--remove-old)"
        )
    numbers = sequence_numbers(client, state.name)
    return Old(state.name, state.uuid, state.name != alias, numbers)


def still_there(client: Client, plan: Plan) -> bool:
    """Tell whether a plan's index is the one that it made.

    Parameters
    ----------
    client : Client
        The server.
    plan : Plan
        Of an earlier start.

    Returns
    -------
    bool
        False if it was deleted since, made again or not.
    """
    return bool(find(client, plan.index)) and find_one(client, plan.index).uuid == plan.uuid
