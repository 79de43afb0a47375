"""What an index is: its name behind an alias, its fields, version and model."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from elasticsearch import Elasticsearch

from lookup.elasticsearch_calls import failures_named, patient
from lookup.errors import SearchTimedOutError, VersionError
from lookup.published_models import published_model
from lookup.time_left import TimeLeft
from matching import Model

_LOOK_AGAIN_S: Final = 10.0
"""An alias that is swapped is followed after so many seconds. Until then the old index answers,
which is right as well: a search names the index itself, so that cells and index always agree."""

_PACKED: Final = "sig"
_CELLS: Final = "cells"


@dataclass(frozen=True)
class IndexFacts:
    """What a search or an insertion must know of an index.

    Attributes
    ----------
    names : str
        The indices themselves, with commas between.
    fields : mapping
        Their fields, as the mapping has them.
    model : Model or None
        Which gave the documents their cells; None if they have none.
    without_cells : bool
        Whether some documents have none all the same: image-match's own client added them.
    """

    names: str
    fields: Mapping[str, Mapping[str, Any]]
    model: Model | None
    without_cells: bool = False

    @property
    def packed(self) -> bool:
        """The mapping has packed signatures: it is of this project's making."""
        return _PACKED in self.fields

    @property
    def path_field(self) -> str:
        """The field that holds paths whole, so that they can be compared."""
        path = self.fields.get("path", {})
        return "path.keyword" if "keyword" in path.get("fields", {}) else "path"


class Index:
    """An index or an alias of one, whose facts are kept for a while.

    Parameters
    ----------
    es : Elasticsearch
        The server's client.
    name : str
        Of the index or alias.
    version : str
        Signature version of this side.
    model : Model or None
        A model that is at hand; others are read from the server.
    """

    def __init__(self, es: Elasticsearch, name: str, version: str, model: Model | None) -> None:
        self._es, self._name, self._version = es, name, version
        self._models = {} if model is None else {model.model_id: model}
        self._facts: IndexFacts | None = None
        self._looked_at = 0.0
        self._lock = threading.Lock()

    def facts(self, left: TimeLeft, fresh: bool = False) -> IndexFacts:
        """Return the facts.

        Parameters
        ----------
        left : TimeLeft
            For all requests together.
        fresh : bool
            Whether to look again in any case.

        Returns
        -------
        IndexFacts
            At most 10 seconds old.

        Raises
        ------
        DatabaseError
            If there is no such index, it is of another version, or its model is missing.
        """
        asked_at = time.monotonic()
        facts = self._facts
        if facts is not None and not fresh and asked_at - self._looked_at <= _LOOK_AGAIN_S:
            return facts
        # One thread looks for all that wait, and nobody waits longer than for the server itself.
        if not self._lock.acquire(timeout=left.seconds()):
            raise SearchTimedOutError(f"The search was not done within {left.all:g} s.")
        try:
            if self._facts is None or self._looked_at < asked_at:
                began = time.monotonic()
                self._facts, self._looked_at = self._read(left), began
            return self._facts
        finally:
            self._lock.release()

    def _read(self, left: TimeLeft) -> IndexFacts:
        with failures_named(self._name):
            found = patient(self._es, left).indices.get_mapping(index=self._name)
        mappings = [found[name]["mappings"] for name in sorted(found)]
        metas = [mapping.get("_meta", {}) for mapping in mappings]
        for meta in metas:
            self._require_version(meta.get("signature_version"))
        models = {meta.get("model_id") for meta in metas}
        if len(models) != 1:
            raise VersionError(f"{self._name} stands for indices of different models.")
        fields = mappings[0].get("properties", {})
        model_id = models.pop()
        model = self._model(model_id, left) if model_id and _CELLS in fields else None
        names = ",".join(sorted(found))
        without = model is not None and self._has_documents_without_cells(names, left)
        return IndexFacts(names, fields, model, without)

    def _has_documents_without_cells(self, names: str, left: TimeLeft) -> bool:
        query = {"bool": {"must_not": {"exists": {"field": _CELLS}}}}
        with failures_named(names):
            answer = patient(self._es, left).search(
                index=names, query=query, size=0, terminate_after=1, track_total_hits=1
            )
        return bool(answer["hits"]["total"]["value"])

    def _require_version(self, version: str | None) -> None:
        # image-match's own indices say nothing of it.
        if version is not None and version != self._version:
            raise VersionError(
                f"The signatures in {self._name} are of version {version}, those made here of "
                f"{self._version}: use the parameters, or the code, that the index was made with."
            )

    def _model(self, model_id: str, left: TimeLeft) -> Model:
        if model_id not in self._models:
            self._models[model_id] = published_model(self._es, model_id, left)
        return self._models[model_id]
