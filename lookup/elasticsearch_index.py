"""An Elasticsearch index as a database of signatures: image-match's `SignatureES`."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from elasticsearch import Elasticsearch

from elastic.mapping import MODEL_ID, SIGNATURE_VERSION, index_body
from lookup.candidates_query import Query, candidates_query, filtered
from lookup.database import SIZE, Added, SignatureDatabaseBase, labelled
from lookup.documents import document_of
from lookup.elasticsearch_calls import failures_named, one_reason, patient
from lookup.errors import (
    DatabaseError,
    IncompleteError,
    NoSuchDatabaseError,
    RequestError,
    SearchTimedOutError,
)
from lookup.hits import Hit, nearest_forms, packed_levels, source_levels
from lookup.index_facts import Index, IndexFacts
from lookup.matches import Match
from lookup.published_models import publish_model
from lookup.records import Record, levels_of
from lookup.time_left import TimeLeft, seconds_of
from matching import Model
from signature import compact, signature_version
from signature.errors import ArrayError
from signature.levels import Levels

_CANDIDATES: Final = (1000, 3000)
"""How many documents a search compares exactly, and how many a thorough one (docs/lookup.md)."""

_FOREIGN: Final = 100
"""How many of the documents that image-match's own client put into our index are compared."""

_WITHOUT_SOURCE: Final[dict[str, Any]] = {
    "source": False,
    "stored_fields": "_none_",  # even _id costs
    "docvalue_fields": ["sig"],
    "seq_no_primary_term": True,  # by which the few that are near are asked for again
}
_PAGE: Final = 1000
_MOST_HITS: Final = 10_000


class SignatureES(SignatureDatabaseBase):
    """An index of Elasticsearch.

    An index of this project's making is searched by cells and words and by exact distances of
    many candidates; one that image-match made, as image-match does. Searches follow an alias.

    Parameters
    ----------
    es : elasticsearch.Elasticsearch
        The client, version 8.
    index : str
        Name of an index or alias; made with the first picture if it is not there.
    doc_type : str
        Has no meaning any more; it is here for those who pass it.
    timeout : str or float
        For all requests of one search together, such as ``10s``.
    size : int
        How many matches a search returns at most, the nearest.
    *args : any
        Of `SignatureDatabaseBase`.
    model : Model, optional
        Of the index, if it is not on the server; a new index gets it.
    **kwargs : any
        Of `SignatureDatabaseBase`.

    Raises
    ------
    RequestError
        If the timeout or the size make no sense.

    Examples
    --------
    >>> ses = SignatureES(Elasticsearch("http://localhost:9200"))  # doctest: +SKIP
    >>> ses.add_image("photo.jpg")  # doctest: +SKIP
    >>> ses.search_image("photo.jpg")  # doctest: +SKIP
    """

    def __init__(
        self,
        es: Elasticsearch,
        index: str = "images",
        doc_type: str = "image",
        timeout: str | float = "10s",
        size: int = SIZE,
        *args: Any,  # noqa: ANN401
        model: Model | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        if not 0 < size <= _MOST_HITS:
            raise RequestError(f"size is from 1 to {_MOST_HITS}, not {size!r}.")
        self.es, self.index, self.doc_type = es, index, doc_type
        self.timeout, self.size = timeout, size
        self._seconds = seconds_of(timeout)
        self._model = model
        self._version = signature_version(self.gis.parameters, self.gis.policy)
        self._index = Index(es, index, self._version, model)

    def search_single_record(self, rec: Record, pre_filter: Any = None) -> list[Match]:  # noqa: ANN401
        """Search for the pictures near a record.

        Parameters
        ----------
        rec : dict
            What `make_record` returns.
        pre_filter : mapping or list, optional
            A filter of Elasticsearch.

        Returns
        -------
        list of dict
            ``id``, ``score``, ``metadata``, ``path`` and ``dist``, nearest first.
        """
        return self.search_records([rec], pre_filter)

    def search_records(
        self,
        records: Sequence[Record],
        pre_filter: Any = None,  # noqa: ANN401
        thorough: bool = False,
    ) -> list[Match]:
        """Search for the pictures near any of the forms of a picture, in one request.

        A second request brings path and metadata of those that are near.

        Parameters
        ----------
        records : sequence of dict
            One, or all forms.
        pre_filter : mapping or list, optional
            A filter of Elasticsearch.
        thorough : bool
            Whether to compare more candidates.

        Returns
        -------
        list of dict
            The nearest ``size``.

        Raises
        ------
        IncompleteError
            If a shard failed, or the search timed out; it holds what was found.
        DatabaseError
            If the index cannot be searched.
        """
        left = TimeLeft(self._seconds)
        forms = self._compact(records)
        with suppress(NoSuchDatabaseError):  # an alias that was swapped: look again, once
            return self._search(records, forms, pre_filter, thorough, left)
        self._index.facts(left, fresh=True)
        return self._search(records, forms, pre_filter, thorough, left)

    def insert_single_record(self, rec: Record, refresh_after: bool = False) -> str:
        """Add a record; the server chooses its id unless the record has an ``image_id``.

        Parameters
        ----------
        rec : dict
            What `make_record` returns.
        refresh_after : bool
            Whether searches must see it on return.

        Returns
        -------
        str
            Its id.
        """
        (added,) = self.insert_records([rec], refresh_after)
        if added.error is not None:
            raise added.error
        return str(added.image_id)

    def insert_records(self, records: Sequence[Record], refresh_after: bool = False) -> list[Added]:
        """Add many records in one request.

        Parameters
        ----------
        records : sequence of dict
            What `make_record` returns.
        refresh_after : bool
            Whether searches must see them on return.

        Returns
        -------
        list of Added
            One for each record, with the server's reason if it refused it.
        """
        left = TimeLeft(self._seconds)
        facts = self._facts_or_new_index(left)
        operations: list[Any] = []
        now = datetime.now(UTC)
        for record in records:
            image_id = record.get("image_id")
            operations.append({"index": {} if image_id is None else {"_id": image_id}})
            operations.append(document_of(record, facts, self.gis.parameters, now))
        with failures_named(self.index):
            # Not repeated: a repetition could add a picture twice.
            answer = patient(self.es, left).bulk(
                index=self.index, operations=operations, refresh=bool(refresh_after)
            )
        items = [item["index"] for item in answer["items"]]
        return [
            Added(record["path"], None, one_reason(item))
            if "error" in item
            else Added(record["path"], item["_id"])
            for record, item in zip(records, items, strict=True)
        ]

    def delete_duplicates(self, path: str) -> int:
        """Delete all but the oldest of the entries of a path.

        Parameters
        ----------
        path : str
            As it was added.

        Returns
        -------
        int
            How many went.
        """
        left = TimeLeft(self._seconds)
        entries = self._entries(path, left)
        entries.sort(key=lambda hit: (str(hit["_source"].get("timestamp", "")), hit["_id"]))
        return self._delete(entries[1:], left)

    def delete_by_path(self, path: str) -> int:
        """Delete all entries of a path.

        Parameters
        ----------
        path : str
            As it was added.

        Returns
        -------
        int
            How many went.
        """
        left = TimeLeft(self._seconds)
        return self._delete(self._entries(path, left), left)

    def delete_by_id(self, image_id: str) -> bool:
        """Delete an entry.

        Parameters
        ----------
        image_id : str
            The ``id`` of a match.

        Returns
        -------
        bool
            Whether it was there.
        """
        left = TimeLeft(self._seconds)
        facts = self._index.facts(left, fresh=True)
        return self._delete([{"_index": facts.names, "_id": image_id}], left) == 1

    def count(self, pre_filter: Any = None) -> int:  # noqa: ANN401
        """Count the entries that searches see.

        Parameters
        ----------
        pre_filter : mapping or list, optional
            A filter of Elasticsearch.

        Returns
        -------
        int
            How many.
        """
        left = TimeLeft(self._seconds)
        query = {"match_all": {}} if pre_filter is None else {"bool": {"filter": pre_filter}}
        with failures_named(self.index):
            answer = patient(self.es, left).count(index=self.index, query=query)
        _require_all_shards(answer)
        return int(answer["count"])

    def _compact(self, records: Sequence[Record]) -> Levels:
        full = np.stack([levels_of(record) for record in records])
        parameters = self.gis.parameters
        try:
            return compact(full, parameters.n, parameters.diagonal_neighbors)
        except ArrayError as error:
            raise RequestError(f"The record is not of this kind of signature: {error}") from error

    def _search(
        self,
        records: Sequence[Record],
        forms: Levels,
        pre_filter: Any,  # noqa: ANN401
        thorough: bool,
        left: TimeLeft,
    ) -> list[Match]:
        facts = self._index.facts(left)
        query = filtered(candidates_query(records, forms, facts, thorough), pre_filter)
        size = max(self.size, _CANDIDATES[thorough or len(forms) > 1])
        if not facts.packed:
            return self._search_source(facts, query, forms, thorough, left)
        answer = self._ask(facts, query, size, left, **_WITHOUT_SOURCE)
        scores = self._worth_a_look(answer["hits"]["hits"], forms)
        matches = self._named(facts, scores, forms, left) if scores else []
        _require_complete(answer, matches)
        return matches

    def _worth_a_look(self, hits: Sequence[Hit], forms: Levels) -> dict[int, float]:
        """Number and score of the candidates that are near, or cannot be told to be far."""
        packed = [hit for hit in hits if "fields" in hit]
        foreign = [hit for hit in hits if "fields" not in hit][:_FOREIGN]
        levels = packed_levels(packed, self.gis.parameters)
        found = nearest_forms(levels, forms).distances
        order = np.argsort(found, kind="stable")[: self.size]
        near = [packed[at] for at in order.tolist() if found[at] < self.distance_cutoff]
        return {hit["_seq_no"]: hit["_score"] for hit in (*near, *foreign)}

    def _named(
        self, facts: IndexFacts, scores: dict[int, float], forms: Levels, left: TimeLeft
    ) -> list[Match]:
        """Names of candidates. Their numbers are a shard's own: the distance decides again."""
        query = {"bool": {"filter": {"terms": {"_seq_no": list(scores)}}}}
        without = ["simple_word_*", "sig", "cells"]
        answer = self._ask(
            facts,
            query,
            _MOST_HITS,
            left,
            source_excludes=without,
            docvalue_fields=["sig"],
            seq_no_primary_term=True,
        )
        hits = answer["hits"]["hits"]
        packed = [hit for hit in hits if "fields" in hit]
        foreign = [hit for hit in hits if "fields" not in hit]
        levels = [packed_levels(packed, self.gis.parameters)]
        if foreign:
            levels.append(source_levels(foreign, self.gis.parameters))
        for hit in hits:
            hit["_score"] = scores[hit["_seq_no"]]
        matches = self._matches([*packed, *foreign], np.concatenate(levels), forms)
        _require_complete(answer, matches)
        return matches

    def _search_source(
        self, facts: IndexFacts, query: Query, forms: Levels, thorough: bool, left: TimeLeft
    ) -> list[Match]:
        """Search an index of image-match's own making."""
        size = max(self.size, _CANDIDATES[0]) if thorough else self.size
        answer = self._ask(facts, query, size, left, source_excludes=["simple_word_*"])
        hits = answer["hits"]["hits"]
        matches: list[Match] = []
        if hits:
            matches = self._matches(hits, source_levels(hits, self.gis.parameters), forms)
        _require_complete(answer, matches)
        return matches

    def _matches(self, hits: Sequence[Hit], levels: Levels, forms: Levels) -> list[Match]:
        found = nearest_forms(levels, forms)
        order = np.argsort(found.distances, kind="stable")[: self.size].tolist()
        return [
            labelled(_match(hits[at], float(found.distances[at])), int(found.forms[at]), len(forms))
            for at in order
            if found.distances[at] < self.distance_cutoff
        ]

    def _ask(
        self,
        facts: IndexFacts,
        query: Query,
        size: int,
        left: TimeLeft,
        **what: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        with failures_named(facts.names):
            return patient(self.es, left).search(
                index=facts.names,
                query=query,
                size=size,
                timeout=f"{max(1, int(left.seconds() * 1000))}ms",
                track_total_hits=False,
                **what,
            )

    def _facts_or_new_index(self, left: TimeLeft) -> IndexFacts:
        with suppress(NoSuchDatabaseError):
            return self._index.facts(left, fresh=True)
        meta = {SIGNATURE_VERSION: self._version}
        if self._model is not None:
            publish_model(self.es, self._model)
            meta[MODEL_ID] = self._model.model_id
        body = index_body("full", meta)
        word = body["mappings"]["properties"]["simple_word_0"]
        body["mappings"]["properties"] |= {f"simple_word_{i}": word for i in range(self.N)}
        with failures_named(self.index):
            # Somebody else may make it at this moment: 400 says so, and the facts tell the rest.
            patient(self.es, left).options(ignore_status=400).indices.create(
                index=self.index, settings=body["settings"], mappings=body["mappings"]
            )
        return self._index.facts(left, fresh=True)

    def _entries(self, path: str, left: TimeLeft) -> list[Hit]:
        facts = self._index.facts(left, fresh=True)
        query = {"bool": {"filter": {"term": {facts.path_field: path}}}}
        with failures_named(self.index):
            patient(self.es, left).indices.refresh(index=facts.names)
        answer = self._ask(
            facts, query, _MOST_HITS, left, source_includes=["path", "url", "timestamp"]
        )
        _require_complete(answer, [])
        hits: list[Hit] = answer["hits"]["hits"]
        return hits

    def _delete(self, entries: Sequence[Hit], left: TimeLeft) -> int:
        gone = 0
        for start in range(0, len(entries), _PAGE):
            operations = [
                {"delete": {"_index": hit["_index"], "_id": hit["_id"]}}
                for hit in entries[start : start + _PAGE]
            ]
            with failures_named(self.index):
                answer = patient(self.es, left).bulk(operations=operations, refresh=True)
            for item in answer["items"]:
                if "error" in item["delete"]:
                    raise one_reason(item["delete"])
                gone += item["delete"]["result"] == "deleted"
        return gone


def _match(hit: Hit, distance: float) -> Match:
    source = hit["_source"]
    return {
        "id": hit["_id"],
        "score": hit["_score"],
        "metadata": source.get("metadata"),
        "path": source.get("url", source.get("path")),
        "dist": distance,
    }


def _require_complete(answer: Any, matches: list[Match]) -> None:  # noqa: ANN401
    if answer["timed_out"]:
        raise SearchTimedOutError(
            f"The search timed out; {len(matches)} matches were found until then.", matches
        )
    _require_all_shards(answer, matches)


def _require_all_shards(answer: Any, matches: list[Match] | None = None) -> None:  # noqa: ANN401
    shards = answer["_shards"]
    if shards["failed"]:
        failures = shards.get("failures") or [{}]
        reason = failures[0].get("reason", {}).get("reason", "no reason given")
        raise IncompleteError(
            f"{shards['failed']} of {shards['total']} shards could not be searched: {reason}.",
            matches,
        )


__all__ = ["DatabaseError", "SignatureES"]
