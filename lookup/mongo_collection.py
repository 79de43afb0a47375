"""A MongoDB collection as a database of signatures: image-match's `SignatureMongo`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from bson import Binary
from pymongo import ASCENDING, InsertOne, ReplaceOne
from pymongo import timeout as time_limit
from pymongo.collection import Collection
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
)

from lookup.database import SIZE, Added, SignatureDatabaseBase
from lookup.errors import (
    RejectedError,
    RequestError,
    SearchTimedOutError,
    UnreachableError,
)
from lookup.forms import labelled
from lookup.hits import nearest_forms
from lookup.matches import Match, nearest_of_each
from lookup.records import WORD, Record, levels_of
from lookup.time_left import seconds_of
from matching import Model
from matching.cells import assign_cells
from signature import compact, pack_levels, unpack_levels
from signature.compacting import compact_length
from signature.errors import ArrayError
from signature.levels import Levels

_AT_ONCE: Final = 5_000
"""Documents that are compared at a time: 3 MB."""

_NEAREST: Final = (2, 4)
"""A picture is looked for in so many times the cells that the model gives to a document."""

_SHOWN: Final = {"path": True, "metadata": True, "signature": True, "sig": True}

Document = Mapping[str, Any]


class SignatureMongo(SignatureDatabaseBase):
    """A collection of MongoDB.

    Every document that shares a word with a picture is compared exactly, or with a model every
    document that shares a cell. There is an index for each word, or one for the cells.

    Parameters
    ----------
    collection : pymongo.collection.Collection
        The client's.
    *args : any
        Of `SignatureDatabaseBase`.
    timeout : str or float
        For one search, or one insertion.
    size : int
        How many matches a search returns at most, the nearest.
    model : Model, optional
        Gives cells: always the same one for a collection.
    **kwargs : any
        Of `SignatureDatabaseBase`.

    Examples
    --------
    >>> ses = SignatureMongo(MongoClient().images.images)  # doctest: +SKIP
    >>> ses.add_image("photo.jpg")  # doctest: +SKIP
    """

    def __init__(
        self,
        collection: Collection[dict[str, Any]],
        *args: Any,  # noqa: ANN401
        timeout: str | float = "10s",
        size: int = SIZE,
        model: Model | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.collection, self.size = collection, size
        self._seconds = seconds_of(timeout)
        self._model = model if model is not None and model.codebook is not None else None
        self._indexed = False

    def search_single_record(self, rec: Record, pre_filter: Any = None) -> list[Match]:  # noqa: ANN401
        """Search for the pictures near a record.

        Parameters
        ----------
        rec : dict
            What `make_record` returns.
        pre_filter : mapping, optional
            A query of MongoDB.

        Returns
        -------
        list of dict
            ``id``, ``path``, ``metadata`` and ``dist``, nearest first.
        """
        return self.search_records([rec], pre_filter)

    def search_records(
        self,
        records: Sequence[Record],
        pre_filter: Any = None,  # noqa: ANN401
        thorough: bool = False,
    ) -> list[Match]:
        """Search for the pictures near any of the forms of a picture, in one request.

        Parameters
        ----------
        records : sequence of dict
            One, or all forms.
        pre_filter : mapping, optional
            A query of MongoDB.
        thorough : bool
            Whether to look into more cells.

        Returns
        -------
        list of dict
            The nearest ``size``.

        Raises
        ------
        SearchTimedOutError
            If it was not done in time.
        DatabaseError
            If the collection cannot be searched.
        """
        forms = self._compact(records)
        query = self._query(records, forms, thorough)
        if pre_filter is not None:
            query = {"$and": [query, pre_filter]}
        matches: list[Match] = []
        with self._failures_named():
            for documents in _batches(self.collection.find(query, _SHOWN)):
                matches = self._nearer(matches, documents, forms)
        return matches

    def insert_single_record(self, rec: Record, refresh_after: bool = False) -> Any:  # noqa: ANN401
        """Add a record; the server's client chooses its id unless the record has an ``image_id``.

        Parameters
        ----------
        rec : dict
            What `make_record` returns.
        refresh_after : bool
            Has no meaning: searches see it at once.

        Returns
        -------
        any
            Its id.
        """
        (added,) = self.insert_records([rec], refresh_after)
        if added.error is not None:
            raise added.error
        return added.image_id

    def insert_records(self, records: Sequence[Record], refresh_after: bool = False) -> list[Added]:  # noqa: ARG002
        """Add many records in one request.

        Parameters
        ----------
        records : sequence of dict
            What `make_record` returns.
        refresh_after : bool
            Has no meaning: searches see them at once.

        Returns
        -------
        list of Added
            One for each record, with the server's reason if it refused it.
        """
        self.index_collection()
        documents = [self._document(record) for record in records]
        # pymongo puts an _id into each document that has none.
        operations = [
            ReplaceOne({"_id": one["_id"]}, one, upsert=True) if "_id" in one else InsertOne(one)
            for one in documents
        ]
        refused: dict[int, str] = {}
        with self._failures_named():
            try:
                self.collection.bulk_write(operations, ordered=False)
            except BulkWriteError as error:
                details = (error.details or {}).get("writeErrors", [])
                refused = {one["index"]: str(one["errmsg"]) for one in details}
        return [
            Added(record["path"], None, RejectedError(f"MongoDB refuses it: {refused[number]}."))
            if number in refused
            else Added(record["path"], document["_id"])
            for number, (record, document) in enumerate(zip(records, documents, strict=True))
        ]

    def index_collection(self) -> None:
        """Make the indexes that searches need; those that are there stay."""
        if self._indexed:
            return
        names = ["cells"] if self._model else [f"{WORD}{number}" for number in range(self.N)]
        with self._failures_named():
            for name in names:
                self.collection.create_index([(name, ASCENDING)])
        self._indexed = True

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
        with self._failures_named():
            found = list(self.collection.find({"path": path}, {"timestamp": True}))
            found.sort(key=lambda one: (str(one.get("timestamp", "")), str(one["_id"])))
            rest = [one["_id"] for one in found[1:]]
            return self.collection.delete_many({"_id": {"$in": rest}}).deleted_count

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
        with self._failures_named():
            return self.collection.delete_many({"path": path}).deleted_count

    def delete_by_id(self, image_id: Any) -> bool:  # noqa: ANN401
        """Delete an entry.

        Parameters
        ----------
        image_id : any
            The ``id`` of a match.

        Returns
        -------
        bool
            Whether it was there.
        """
        with self._failures_named():
            return self.collection.delete_one({"_id": image_id}).deleted_count == 1

    def count(self, pre_filter: Any = None) -> int:  # noqa: ANN401
        """Count the entries.

        Parameters
        ----------
        pre_filter : mapping, optional
            A query of MongoDB.

        Returns
        -------
        int
            How many.
        """
        with self._failures_named():
            return self.collection.count_documents(pre_filter or {})

    def _query(self, records: Sequence[Record], forms: Levels, thorough: bool) -> dict[str, Any]:
        model = self._model
        if model is None or model.codebook is None:
            names = [name for name in records[0] if name.startswith(WORD)]
            return {"$or": [{n: {"$in": sorted({r[n] for r in records})}} for n in names]}
        nearest = min(model.nearest * _NEAREST[thorough], model.codebook.cells)
        found = assign_cells(forms, model.codebook, nearest, max(model.probes, nearest))
        return {"cells": {"$in": sorted({int(cell) for cell in found.cells.ravel() if cell >= 0})}}

    def _document(self, record: Record) -> dict[str, Any]:
        document = {**record, "timestamp": datetime.now(UTC)}
        image_id = document.pop("image_id", None)
        if image_id is not None:
            document["_id"] = image_id
        levels = self._compact([record])
        document["sig"] = Binary(pack_levels(levels[0]).tobytes())
        model = self._model
        if model is not None and model.codebook is not None:
            cells = assign_cells(levels, model.codebook, model.nearest, model.probes).cells[0]
            document["cells"] = [int(cell) for cell in cells if cell >= 0]
        return document

    def _compact(self, records: Sequence[Record]) -> Levels:
        full = np.stack([levels_of(record) for record in records])
        return self._compact_of(full)

    def _compact_of(self, full: Levels) -> Levels:
        parameters = self.gis.parameters
        try:
            return compact(full, parameters.n, parameters.diagonal_neighbors)
        except ArrayError as error:
            raise RequestError(f"A record is not of this kind of signature: {error}") from error

    def _nearer(
        self, before: list[Match], documents: Sequence[Document], forms: Levels
    ) -> list[Match]:
        found = nearest_forms(self._levels(documents), forms)
        near = np.flatnonzero(found.distances < self.distance_cutoff).tolist()
        fresh = [
            labelled(
                {
                    "id": documents[at]["_id"],
                    "path": documents[at].get("path"),
                    "metadata": documents[at].get("metadata"),
                    "dist": float(found.distances[at]),
                },
                int(found.forms[at]),
                len(forms),
            )
            for at in near
        ]
        return nearest_of_each([*before, *fresh], self.size)

    def _levels(self, documents: Sequence[Document]) -> Levels:
        """From the packed form, or from what image-match wrote."""
        parameters = self.gis.parameters
        width = compact_length(parameters.n, parameters.diagonal_neighbors)
        levels = np.empty((len(documents), width), np.int8)
        for row, document in enumerate(documents):
            if "sig" in document:
                levels[row] = unpack_levels(np.frombuffer(document["sig"], np.uint8), width)
            else:
                full = np.asarray(document["signature"], np.int8)
                levels[row] = self._compact_of(full[np.newaxis])[0]
        return levels

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        name = self.collection.full_name
        try:
            with time_limit(self._seconds):
                yield
        except ExecutionTimeout as error:
            raise SearchTimedOutError(f"{name}: not done within {self._seconds:g} s.") from error
        except ConnectionFailure as error:
            if error.timeout:
                raise SearchTimedOutError(
                    f"{name}: MongoDB did not answer within {self._seconds:g} s."
                ) from error
            raise UnreachableError(f"{name}: MongoDB cannot be reached.") from error
        except OperationFailure as error:
            reason = (error.details or {}).get("errmsg", error)
            raise RejectedError(f"{name}: MongoDB answers: {reason}.") from error
        except PyMongoError as error:
            if error.timeout:
                raise SearchTimedOutError(
                    f"{name}: not done within {self._seconds:g} s."
                ) from error
            raise UnreachableError(f"{name}: {error}") from error


def _batches(documents: Any) -> Iterator[list[Document]]:  # noqa: ANN401 - a cursor
    batch: list[Document] = []
    for document in documents:
        batch.append(document)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
