"""An Elasticsearch index as a database of signatures: image-match's `SignatureES`."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch

from elastic.mapping import MODEL_ID, SIGNATURE_VERSION
from lookup.candidates_query import Query
from lookup.database import SIZE, Added, SignatureDatabaseBase
from lookup.documents import document_of
from lookup.elasticsearch_calls import failures_named, one_reason, patient
from lookup.errors import NoSuchDatabaseError, RequestError
from lookup.index_entries import create_index, delete_entries, entries_of
from lookup.index_facts import Index, IndexFacts
from lookup.index_requests import MOST_HITS, ask, require_all_shards
from lookup.index_search import Wanted, search_index
from lookup.matches import Match
from lookup.published_models import publish_model
from lookup.records import Record, levels_of
from lookup.time_left import TimeLeft, seconds_of
from matching import Model
from signature import compact, signature_version
from signature.errors import ArrayError
from signature.levels import Levels


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
        if not 0 < size <= MOST_HITS:
            raise RequestError(f"size is from 1 to {MOST_HITS}, not {size!r}.")
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
        facts = self._index.facts(left, fresh=True)
        return delete_entries(self.es, entries_of(self.es, facts, path, left)[1:], left)

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
        facts = self._index.facts(left, fresh=True)
        return delete_entries(self.es, entries_of(self.es, facts, path, left), left)

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
        return delete_entries(self.es, [{"_index": facts.names, "_id": image_id}], left) == 1

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
        require_all_shards(answer)
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
        size, cutoff = self.size, self.distance_cutoff
        wanted = Wanted(records, forms, pre_filter, thorough, size, cutoff, self.gis.parameters)
        return search_index(partial(self._ask, facts.names, left), facts, wanted)

    def _ask(
        self,
        names: str,
        left: TimeLeft,
        query: Query,
        size: int,
        **what: Any,  # noqa: ANN401 - handed on
    ) -> Any:  # noqa: ANN401
        return ask(self.es, names, query, size, left, **what)

    def _facts_or_new_index(self, left: TimeLeft) -> IndexFacts:
        with suppress(NoSuchDatabaseError):
            return self._index.facts(left, fresh=True)
        meta = {SIGNATURE_VERSION: self._version}
        if self._model is not None:
            publish_model(self.es, self._model)
            meta[MODEL_ID] = self._model.model_id
        create_index(patient(self.es, left), self.index, meta, self.N)
        return self._index.facts(left, fresh=True)
