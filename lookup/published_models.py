"""A model beside the index that was made with it, so that a client needs nothing but the server.

One small index holds the files of all models in pieces. They never change: a model's id is a hash
of its content.
"""

import base64
from collections.abc import Iterator
from typing import Any, Final

from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from lookup.elasticsearch_calls import failures_named, patient
from lookup.errors import NoSuchDatabaseError, VersionError
from lookup.time_left import TimeLeft
from matching import Model
from matching.errors import ModelError

MODELS_INDEX: Final = "spark-image-match-models"

_TRIES: Final = 8
"""Of a piece that a busy server refuses, with up to 30 seconds between two."""

_PIECE: Final = 4 * 2**20
_PIECES: Final = 1000
_MAPPINGS: Final[dict[str, Any]] = {
    "dynamic": "strict",
    "properties": {
        "model_id": {"type": "keyword"},
        "file": {"type": "keyword", "index": False},
        "piece": {"type": "integer", "index": False},
        "pieces": {"type": "integer", "index": False},
        "content": {"type": "binary"},
    },
}
_WRITING_S: Final = 60.0


def publish_model(es: Elasticsearch, model: Model) -> None:
    """Put a model beside the indices of a server; again is the same as once.

    Parameters
    ----------
    es : Elasticsearch
        The server's client.
    model : Model
        With its codebook.

    Raises
    ------
    DatabaseError
        If the server does not take it.
    """
    client = es.options(request_timeout=_WRITING_S)
    with failures_named(MODELS_INDEX):
        if not client.indices.exists(index=MODELS_INDEX):
            # Somebody else may make it at this moment: 400 says so.
            client.options(ignore_status=400).indices.create(
                index=MODELS_INDEX, mappings=_MAPPINGS, settings={"number_of_shards": 1}
            )
        _, refused = bulk(
            client,
            _pieces_of(model),
            index=MODELS_INDEX,
            raise_on_error=False,
            refresh=True,
            max_retries=_TRIES,
            initial_backoff=0.5,
            max_backoff=30,
        )
    if refused:
        raise VersionError(f"The server did not take the model {model.model_id}.")


def _pieces_of(model: Model) -> Iterator[dict[str, Any]]:
    for name, content in model.files().items():
        starts = range(0, max(len(content), 1), _PIECE)
        for piece, start in enumerate(starts):
            yield {
                "_id": f"{model.model_id}/{name}/{piece}",
                "model_id": model.model_id,
                "file": name,
                "piece": piece,
                "pieces": len(starts),
                "content": base64.b64encode(content[start : start + _PIECE]).decode(),
            }


def published_model(es: Elasticsearch, model_id: str, left: TimeLeft) -> Model:
    """Read a model that was published.

    Parameters
    ----------
    es : Elasticsearch
        The server's client.
    model_id : str
        Its id.
    left : TimeLeft
        For all requests together.

    Returns
    -------
    Model
        Of this id.

    Raises
    ------
    VersionError
        If it is not there, or not whole.
    """
    pieces = _pieces(es, model_id, left)
    files: dict[str, bytes] = {}
    for one in sorted(pieces, key=lambda piece: (piece["file"], piece["piece"])):
        files[one["file"]] = files.get(one["file"], b"") + base64.b64decode(one["content"])
    try:
        model = Model.from_files(files)
    except ModelError as error:
        raise _missing(model_id) from error
    if model.model_id != model_id:
        raise _missing(model_id)
    return model


def _pieces(es: Elasticsearch, model_id: str, left: TimeLeft) -> list[dict[str, Any]]:
    try:
        with failures_named(MODELS_INDEX):
            answer = patient(es, left).search(
                index=MODELS_INDEX, query={"term": {"model_id": model_id}}, size=_PIECES
            )
    except NoSuchDatabaseError:
        return []
    return [hit["_source"] for hit in answer["hits"]["hits"]]


def _missing(model_id: str) -> VersionError:
    return VersionError(
        f"The index was made with the model {model_id}, which is not on the server: pass it "
        "(model=), or publish it once (python -m lookup publish)."
    )
