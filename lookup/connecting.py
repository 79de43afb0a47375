"""From options of the command line to a database."""

import argparse
from typing import Any

from elasticsearch import Elasticsearch

from elastic.secret import read_secret
from lookup.database import SIZE, SignatureDatabaseBase
from lookup.elasticsearch_index import SignatureES
from lookup.errors import NoSuchDatabaseError, RequestError
from lookup.pictures import Reading
from lookup.signature_store import SignatureStore
from matching import Model
from matching.errors import ModelError
from store import Store, StoreError


def database_of(given: argparse.Namespace, reading: Reading) -> SignatureDatabaseBase:
    """Return the database that was asked for.

    Parameters
    ----------
    given : argparse.Namespace
        With ``store`` or ``elasticsearch``.
    reading : Reading
        Limits of files and URLs.

    Returns
    -------
    SignatureDatabaseBase
        Not yet asked anything.

    Raises
    ------
    RequestError
        If both or none were asked for.
    """
    size = getattr(given, "size", SIZE)
    if (given.store is None) == (given.elasticsearch is None):
        raise RequestError("Name one database: --store DIR or --elasticsearch URL.")
    if given.store is not None:
        return SignatureStore(given.store, size, reading=reading)
    model = None if given.model is None else model_of(given.model)
    return SignatureES(
        client_of(given), given.index, timeout=given.timeout, size=size, model=model,
        reading=reading,
    )  # fmt: skip


def client_of(given: argparse.Namespace) -> Elasticsearch:
    """Return a client of the server that was asked for.

    Parameters
    ----------
    given : argparse.Namespace
        Its address, and what it wants to see.

    Returns
    -------
    elasticsearch.Elasticsearch
        Not yet connected.

    Raises
    ------
    RequestError
        If the address makes no sense.
    ConnectionSettingError
        If a secret is not at its place.
    """
    if given.elasticsearch is None:
        raise RequestError("Name the server: --elasticsearch URL.")
    options: dict[str, Any] = {}
    if given.ca_file is not None:
        options["ca_certs"] = str(given.ca_file)
    if given.api_key is not None:
        options["api_key"] = read_secret(given.api_key, "--api-key").reveal()
    elif given.user is not None:
        if given.password is None:
            raise RequestError("--user needs --password.")
        secret = read_secret(given.password, "--password")
        options["basic_auth"] = (given.user, secret.reveal())
    try:
        return Elasticsearch(given.elasticsearch, **options)
    except (ValueError, OSError) as error:
        raise RequestError(f"--elasticsearch {given.elasticsearch}: {error}") from None


def model_of(path: str) -> Model:
    """Read the model of a store's newest run.

    Parameters
    ----------
    path : str
        The store.

    Returns
    -------
    Model
        With its codebook.

    Raises
    ------
    NoSuchDatabaseError
        If it cannot be read.
    """
    store = Store(path)
    try:
        return Model.from_files(store.model_files(store.run().model_id))
    except (StoreError, ModelError) as error:
        raise NoSuchDatabaseError(f"{path}: {error}") from error
