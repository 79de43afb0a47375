"""The store's model beside the index: who looks pictures up needs nothing but the server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from elasticsearch import Elasticsearch

from elastic import Connection
from jobs.errors import LoadError
from lookup.errors import DatabaseError
from lookup.published_models import publish_model
from matching import Model


def publish(connection: Connection, model: Model) -> None:
    """Put a model beside the indices of a server; again is the same as once.

    Parameters
    ----------
    connection : Connection
        The server.
    model : Model
        Of the documents that are about to be loaded.

    Raises
    ------
    LoadError
        If the server does not take it.
    """
    try:
        with _official_client(connection) as es:
            publish_model(es, model)
    except DatabaseError as error:
        raise LoadError(f"the model {model.model_id} could not be published: {error}") from error


@contextmanager
def _official_client(connection: Connection) -> Iterator[Elasticsearch]:
    """Elastic's own client, which lookup speaks through, let in as the job is."""
    options: dict[str, Any] = {"headers": connection.headers()}
    if connection.secure:
        options["ssl_context"] = connection.tls
    with Elasticsearch(connection.url, **options) as es:
        yield es
