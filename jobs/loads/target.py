"""The index that a load writes: the one behind the name, or a new one."""

import re
from dataclasses import dataclass

from elastic import Client, Connection, ConnectionSettingError, ElasticError, connection
from elastic.indices import IndexState, create, describe, find, find_one, versions
from elastic.mapping import MODEL_ID, PROFILE, RUN_SEQUENCE, SIGNATURE_VERSION, index_body
from jobs.errors import LoadError, UserError
from jobs.loads.settings import ElasticsearchSettings

_NAME = re.compile(r"^[^A-Z\\/*?\"<>| ,#:_+\-.][^A-Z\\/*?\"<>| ,#:]*$")
_MAX_NAME_BYTES = 240  # of 255, less what is put behind it


@dataclass(frozen=True)
class Meta:
    """What every document of an index has in common.

    Attributes
    ----------
    signature_version : str
        Of the signatures.
    model_id : str
        Of the cells.
    profile : str
        Of the index.
    """

    signature_version: str
    model_id: str
    profile: str

    def fields(self) -> dict[str, str]:
        """Return what goes into ``_meta``.

        Returns
        -------
        dict of str to str
            The two that a lookup compares; the profile comes with the body.
        """
        return {SIGNATURE_VERSION: self.signature_version, MODEL_ID: self.model_id}


@dataclass(frozen=True)
class Target:
    """An index to write.

    Attributes
    ----------
    alias : str
        The name that the user gave.
    index : str
        What is written.
    uuid : str
        Its own; another one later means that it was deleted and made again.
    fresh : bool
        Whether nobody reads it yet.
    """

    alias: str
    index: str
    uuid: str
    fresh: bool


def open_connection(settings: ElasticsearchSettings) -> Connection:
    """Return the connection that the settings describe; nothing is sent.

    Parameters
    ----------
    settings : ElasticsearchSettings
        With an address and a name.

    Returns
    -------
    Connection
        With its secrets read.

    Raises
    ------
    UserError
        If the address, the name or a secret cannot be used.
    """
    if not settings.url or not settings.index:
        raise UserError("--elasticsearch URL and --index NAME go together")
    check_name(settings.index)
    try:
        return connection(
            settings.url,
            settings.user,
            settings.password,
            settings.api_key,
            settings.ca_file,
            settings.wan_only,
        )
    except ConnectionSettingError as error:
        raise UserError(f"--elasticsearch: {error}") from None


def check_name(name: str) -> None:
    """Refuse a name that no index can have.

    Parameters
    ----------
    name : str
        What the user gave.

    Raises
    ------
    UserError
        If Elasticsearch would refuse it, or read it as a pattern or as several.
    """
    if not _NAME.match(name) or len(name.encode()) > _MAX_NAME_BYTES:
        raise UserError(
            f'--index {name}: an index has a name in lower case, without any of \\ / * ? " < > | '
            "space , # : and without - _ + . before it"
        )


def check_index(state: IndexState, wanted: Meta) -> None:
    """Refuse to mix what must not meet.

    Parameters
    ----------
    state : IndexState
        Of an index that is there.
    wanted : Meta
        What is to be written.

    Raises
    ------
    UserError
        If the index holds, or may hold, other signatures or cells.
    """
    for name, value in ((SIGNATURE_VERSION, wanted.signature_version), (MODEL_ID, wanted.model_id)):
        has = state.meta.get(name)
        if has is None:
            raise UserError(
                f"the index {state.name} does not say what {name} its documents have, so it was "
                "not made by this program: name an index that is not there yet"
            )
        if has != value:
            raise UserError(
                f"the index {state.name} has documents of {name} {has}, and this store has "
                f"{value}: load it into a new index with jobs/backfill.py"
            )
    if state.meta.get(PROFILE) != wanted.profile:
        raise UserError(
            f"the index {state.name} has the profile {state.meta.get(PROFILE)}, not "
            f"{wanted.profile}: set elasticsearch.profile, or make a new index with "
            "jobs/backfill.py"
        )


def behind(client: Client, name: str) -> IndexState | None:
    """Return the index that a name means.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of an index or alias.

    Returns
    -------
    IndexState or None
        None if there is neither.

    Raises
    ------
    UserError
        If the alias means several indices.
    """
    states = find(client, name)
    if len(states) > 1:
        names = ", ".join(state.name for state in states)
        raise UserError(f"the alias {name} means {len(states)} indices ({names}): name one")
    return states[0] if states else None


def open_target(
    client: Client, alias: str, wanted: Meta, shards: int, replicas: int, begun: str | None
) -> Target:
    """Return the index behind a name, or make ``NAME-v<n>``, which nobody sees yet.

    Parameters
    ----------
    client : Client
        The server.
    alias : str
        The name that the user gave.
    wanted : Meta
        What is to be written.
    shards : int
        Of a new index.
    replicas : int
        Of a new index.
    begun : str or None
        The index that an earlier try made, if there was one.

    Returns
    -------
    Target
        Checked.

    Raises
    ------
    UserError
        If the index holds other signatures or cells.
    LoadError
        If an index cannot be made.
    """
    state = behind(client, alias)
    if state is not None:
        check_index(state, wanted)
        return Target(alias, state.name, state.uuid, fresh=False)
    index = begun or new_version(client, alias)
    body = index_body(wanted.profile, wanted.fields(), shards, replicas)
    try:
        made = create(client, index, body)
    except ElasticError as error:
        raise LoadError(f"the index {index} cannot be made: {error}") from error
    check_index(made, wanted)
    return Target(alias, index, made.uuid, fresh=True)


def new_version(client: Client, alias: str) -> str:
    """Return the next free name ``ALIAS-v<n>``.

    Parameters
    ----------
    client : Client
        The server.
    alias : str
        The name before it.

    Returns
    -------
    str
        One above the highest.
    """
    return f"{alias}-v{max(versions(client, alias), default=0) + 1}"


def claim(client: Client, index: str, sequence: int) -> None:
    """Note in an index that a run is written into it, or refuse a run that is older than another.

    Versions of documents keep an older run from overwriting a newer one's; this keeps it from
    bringing back the images that the newer one no longer has.

    Parameters
    ----------
    client : Client
        The server.
    index : str
        What is written.
    sequence : int
        The run's place among the runs of its store.

    Raises
    ------
    LoadError
        If the index has documents of a later run; nothing was written.
    """
    meta = find_one(client, index).meta
    newest = int(meta.get(RUN_SEQUENCE, 0))
    if newest > sequence:
        raise LoadError(
            f"the index {index} has documents of a later run, number {newest} of its store, and "
            f"this is number {sequence}: nothing was written"
        )
    if newest < sequence:
        describe(client, index, {**meta, RUN_SEQUENCE: sequence})


def check_same(client: Client, index: str, uuid: str) -> None:
    """Refuse an index that was deleted while it was written, and made again by the server.

    Parameters
    ----------
    client : Client
        The server.
    index : str
        Its name.
    uuid : str
        Its own, as it was when writing began.

    Raises
    ------
    LoadError
        If it is gone, or another one.
    """
    try:
        found = find_one(client, index).uuid
    except ElasticError:
        found = ""
    if found != uuid:
        raise LoadError(
            f"the index {index} was deleted while it was written"
            + (", and the server has made another one of this name" if found else "")
        )
