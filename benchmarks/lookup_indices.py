"""The two indices that are compared: ours, and the one that image-match makes by itself."""

import base64
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from elasticsearch import Elasticsearch
from elasticsearch.helpers import parallel_bulk

from benchmarks.signature_file import Corpus
from elastic.mapping import MODEL_ID, SIGNATURE_VERSION, index_body
from lookup.published_models import publish_model
from matching import Model, assign_cells
from signature import expand, pack_levels, words_of_compact

_AT_ONCE: Final = 2_000
_CHUNK: Final = 500
_SEGMENTS: Final = 5
"""What an index that is not written any more is merged to, in both cases."""
_WAIT_S: Final = 3600.0
_TIMESTAMP: Final = "2026-01-01T00:00:00"


def load_indices(es: Elasticsearch, corpus: Corpus, model: Model) -> tuple[str, str]:
    """Make both indices where they are not yet there.

    Parameters
    ----------
    es : elasticsearch.Elasticsearch
        The server.
    corpus : Corpus
        What to put in.
    model : Model
        Gives our documents their cells.

    Returns
    -------
    tuple of str
        Ours, and image-match's.
    """
    ours, theirs = f"lookup-{len(corpus)}-ours", f"lookup-{len(corpus)}-image-match"
    patient = es.options(request_timeout=_WAIT_S)
    publish_model(patient, model)
    body = index_body(
        "full", {SIGNATURE_VERSION: model.signature_version, MODEL_ID: model.model_id}
    )
    if _is_missing(patient, ours, len(corpus)):
        patient.indices.create(index=ours, settings=body["settings"], mappings=body["mappings"])
        _load(patient, ours, corpus, model)
    if _is_missing(patient, theirs, len(corpus)):
        # image-match's client makes no mapping: the server guesses one.
        patient.indices.create(
            index=theirs, settings={"number_of_shards": 1, "number_of_replicas": 0}
        )
        _load(patient, theirs, corpus, None)
    return ours, theirs


def _is_missing(es: Elasticsearch, name: str, count: int) -> bool:
    if not es.indices.exists(index=name):
        return True
    if es.count(index=name)["count"] == count:
        return False
    es.indices.delete(index=name)
    return True


def _load(es: Elasticsearch, name: str, corpus: Corpus, model: Model | None) -> None:
    es.indices.put_settings(index=name, settings={"index": {"refresh_interval": "-1"}})
    actions = ({"_index": name, **one} for one in _documents(corpus, model))
    for done, answer in parallel_bulk(es, actions, thread_count=2, chunk_size=_CHUNK):
        if not done:
            raise RuntimeError(str(answer))
    es.indices.refresh(index=name)
    es.indices.forcemerge(index=name, max_num_segments=_SEGMENTS)


def _documents(corpus: Corpus, model: Model | None) -> Iterator[dict[str, Any]]:
    for start in range(0, len(corpus), _AT_ONCE):
        levels = corpus.levels[start : start + _AT_ONCE]
        full, words = expand(levels).tolist(), words_of_compact(levels).tolist()
        packed = pack_levels(levels)
        cells = None
        if model is not None and model.codebook is not None:
            cells = assign_cells(levels, model.codebook, model.nearest, model.probes).cells
        for at in range(len(levels)):
            row = start + at
            source: dict[str, Any] = {"path": corpus.paths[row], "signature": full[at]}
            source |= {f"simple_word_{number}": word for number, word in enumerate(words[at])}
            source["timestamp"] = _TIMESTAMP
            if cells is not None:
                source["image_id"] = f"{row:032x}"
                source["sig"] = base64.b64encode(packed[at].tobytes()).decode()
                source["cells"] = np.unique(cells[at][cells[at] >= 0]).tolist()
            yield {"_id": f"{row:032x}", "_source": source}
