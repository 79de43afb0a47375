"""What documents are made of: the tables that a committed run pins."""

import json
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, Row

from jobs.errors import UserError
from jobs.model import load_model
from jobs.run import Run
from jobs.stages.make_documents import document_rows, metadata_shapes, signed_images
from matching import Model
from udfs.documents import DocumentTask
from udfs.metadata import fields_of, merged, spark_type

_MAX_METADATA_FIELDS = 2_000
"""Spark makes a column of each key; some thousands of them make its plans slow."""


@dataclass(frozen=True)
class Stored:
    """A committed run of the store: what documents are made of.

    Attributes
    ----------
    run_id : str
        Of the run.
    sequence : int
        Its number: the version of its documents.
    signature_version : str
        Of its signatures.
    model_id : str
        Of its cells.
    versions : dict of str to int
        The tables that it pins.
    """

    run_id: str
    sequence: int
    signature_version: str
    model_id: str
    versions: dict[str, int]

    @classmethod
    def of(cls, row: Row) -> "Stored":
        """Read a row of the run log.

        Parameters
        ----------
        row : Row
            Of `store.schemas.RUNS`.

        Returns
        -------
        Stored
            The same run.
        """
        return cls(
            row.run_id, row.sequence, row.signature_version, row.model_id, dict(row.versions)
        )


class Documents:
    """Reads what documents are made of.

    Parameters
    ----------
    run : Run
        Brings Spark, the store and what tells the user.
    lean : bool
        Whether documents leave out what only image-match's clients need.
    """

    def __init__(self, run: Run, lean: bool) -> None:
        self._run, self._lean = run, lean

    def table(self, stored: Stored, name: str) -> DataFrame:
        """Read a table as a run pins it.

        Parameters
        ----------
        stored : Stored
            The run.
        name : str
            The table's.

        Returns
        -------
        DataFrame
            Its rows.

        Raises
        ------
        UserError
            If the run has no such table.
        """
        if name not in stored.versions:
            raise UserError(f"run {stored.run_id} has no table {name}")
        reader = self._run.spark.read.format("delta").option("versionAsOf", stored.versions[name])
        return reader.load(self._run.layout.table(name))

    def images(self, stored: Stored) -> DataFrame:
        """Return the images that have documents; see `jobs.stages.make_documents.signed_images`."""
        return signed_images(self.table(stored, "images"))

    def rows(self, stored: Stored, images: DataFrame) -> DataFrame:
        """Return what documents are made of.

        Parameters
        ----------
        stored : Stored
            The run.
        images : DataFrame
            Some of `Documents.images`.

        Returns
        -------
        DataFrame
            See `jobs.stages.make_documents.document_rows`.
        """
        signatures, cells = self.table(stored, "signatures"), self.table(stored, "cells")
        return document_rows(images, signatures, cells)

    def metadata_type(self, images: DataFrame) -> str | None:
        """Look at all metadata and return Spark's type for them.

        Parameters
        ----------
        images : DataFrame
            Of `Documents.images`.

        Returns
        -------
        str or None
            None if there are none.

        Raises
        ------
        UserError
            If they have too many different keys.
        """
        shape: Any = {}
        others = 0
        for row in metadata_shapes(images).collect():
            shape = merged(shape, json.loads(row.shape))
            others += row.others
        if others:
            self._run.tell([f"metadata of {others:,} images are no JSON object: left out"])
        if fields_of(shape) > _MAX_METADATA_FIELDS:
            raise UserError(
                f"the metadata have {fields_of(shape):,} different keys, and a load takes "
                f"{_MAX_METADATA_FIELDS:,}: put what varies into values"
            )
        return spark_type(shape) if shape else None

    def task(self, stored: Stored) -> DocumentTask:
        """Return what executors must know to make documents.

        Parameters
        ----------
        stored : Stored
            The run.

        Returns
        -------
        DocumentTask
            By its model and the profile of the index.
        """
        model = self.model(stored)
        return DocumentTask(model.n, model.diagonal_neighbors, self._lean)

    def model(self, stored: Stored) -> Model:
        """Return the model that a run searched with.

        Parameters
        ----------
        stored : Stored
            The run.

        Returns
        -------
        Model
            With its codebook.
        """
        return load_model(stored.model_id, self._run.layout, self._run.files)
