"""Writing documents of a store's run into an index: what a load and a backfill both do."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, Row

from elastic import Client, ElasticError
from elastic.client import Patience
from elastic.indices import find_one
from jobs.errors import LoadError, UserError
from jobs.loads.rejects import Reject, open_rejects, read_rejects
from jobs.loads.settings import ElasticsearchSettings
from jobs.loads.target import open_connection
from jobs.loads.watch import Watch
from jobs.model import load_model
from jobs.run import Run
from jobs.sinks.elasticsearch import (
    Writing,
    delete_documents,
    refuse_dangers,
    write_documents,
)
from jobs.sinks.truststore import write_truststore
from jobs.stages.make_documents import (
    document_rows,
    make_documents,
    metadata_shapes,
    signed_images,
)
from udfs.documents import DocumentTask
from udfs.metadata import fields_of, merged, spark_type

_MAX_METADATA_FIELDS = 2_000
"""Spark makes a column of each key; some thousands of them make its plans slow."""

_FEW_REJECTS = 100
"""Nothing is stopped for so few, however small the load."""


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


class IndexWriter:
    """Makes documents of the store's tables and writes them.

    Parameters
    ----------
    run : Run
        Brings Spark, the store and the progress line.
    settings : ElasticsearchSettings
        Where and how.
    """

    def __init__(self, run: Run, settings: ElasticsearchSettings) -> None:
        self._run, self.settings = run, settings
        self.client = Client(open_connection(settings), Patience())
        self._truststore: str | None = None

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
            Some of `IndexWriter.images`.

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
            Of `IndexWriter.images`.

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
        model = load_model(stored.model_id, self._run.layout, self._run.files)
        return DocumentTask(model.n, model.diagonal_neighbors, self.settings.profile == "lean")

    def write(
        self,
        stage: str,
        rows: DataFrame,
        count: int,
        writing: Writing,
        kind: tuple[DocumentTask, str | None],
    ) -> list[Reject]:
        """Write the documents of some rows.

        Parameters
        ----------
        stage : str
            Shown while it runs.
        rows : DataFrame
            Of `IndexWriter.rows`.
        count : int
            How many they are.
        writing : Writing
            Of `IndexWriter.writing`.
        kind : tuple of DocumentTask and str or None
            Of `IndexWriter.task` and `IndexWriter.metadata_type`.

        Returns
        -------
        list of Reject
            What the server refused for good.

        Raises
        ------
        LoadError
            If not all the rest were taken.
        """
        task, metadata = kind
        done = self._run.spark.sparkContext.accumulator(0)
        documents = make_documents(rows, task, metadata, done.add)
        open_rejects(self.client, writing.index)
        with self._watched(stage, count, writing.index):
            write_documents(documents, writing)
        rejects = read_rejects(self.client, writing.index)
        if done.value < count:
            raise LoadError(f"of {count:,} documents only {done.value:,} were made")
        if len(rejects) > self._most_rejects(count):
            raise LoadError(
                f"the server refused {len(rejects):,} of {count:,} documents, more than "
                f"elasticsearch.max_rejected allows; one of them: {rejects[0].message}"
            )
        return rejects

    def remove(self, ids: DataFrame, writing: Writing) -> None:
        """Delete documents; see `jobs.sinks.elasticsearch.delete_documents`."""
        delete_documents(ids, writing)

    def writing(self, index: str, version: int) -> Writing:
        """Return how an index is written.

        Parameters
        ----------
        index : str
            That is there.
        version : int
            Of the documents.

        Returns
        -------
        Writing
            With the secrets.
        """
        connection = self.client.connection
        if connection.ca_file and self._truststore is None:
            self._truststore = write_truststore(
                self._run.spark, connection.ca_file, self._local("authorities.jks")
            )
        rejects = f"{index}-rejects"
        return Writing(connection, self.settings, index, version, rejects, self._truststore)

    @contextmanager
    def _watched(self, stage: str, count: int, index: str) -> Iterator[None]:
        context = self._run.spark.sparkContext
        most = self._most_rejects(count)
        watch = Watch(self.client, index, self._run.tell, most, context.cancelAllJobs)
        try:
            with watch.watching(), self._run.stage(stage, count, lambda: watch.written):
                yield
        except (LoadError, Py4JError):
            if not watch.stopped:
                self._tell_full_disk(index)
                raise
        if watch.stopped:
            (first, *_) = read_rejects(self.client, index) or [None]
            raise LoadError(
                f"the server refused more than {most:,} documents, so the load was stopped"
                + (f"; one of them: {first.message}" if first else "")
            )

    def _tell_full_disk(self, index: str) -> None:
        """Say so, if it was the block that Elasticsearch sets when a disk is nearly full."""
        try:
            settings = find_one(self.client, index).settings
        except ElasticError:
            return
        if settings.get("index.blocks.read_only_allow_delete") == "true":
            raise LoadError(
                f"the disk of Elasticsearch is full (flood stage), and the index {index} takes no "
                "more documents: make room, and start the job again to go on"
            )

    def _most_rejects(self, count: int) -> int:
        return max(_FEW_REJECTS, math.floor(self.settings.max_rejected * count))

    def _local(self, name: str) -> str:
        """Path of a file that Java opens by its path, on all machines of the cluster."""
        root = self._run.layout.root.removeprefix("file://")
        if "://" in root:
            raise UserError(
                "elasticsearch.ca_file needs a store on a path that all machines share: with "
                "another one, add the authorities to Java's own trust store"
            )
        return f"{root}/staging/{self._run.run_id}/{name}"


def open_writer(run: Run) -> IndexWriter:
    """Return what writes the index that the settings name, after a look at the server.

    Parameters
    ----------
    run : Run
        The run at work.

    Returns
    -------
    IndexWriter
        Nothing was written.

    Raises
    ------
    UserError
        If the server cannot be reached, or Spark's settings are dangerous.
    """
    writer = IndexWriter(run, run.settings.elasticsearch)
    refuse_dangers(run.spark)
    reachable(writer.client)
    return writer


def reachable(client: Client) -> None:
    """Refuse to begin a long job with a server that does not answer.

    Parameters
    ----------
    client : Client
        The server.

    Raises
    ------
    UserError
        If it cannot be reached, or does not let us in.
    """
    try:
        # Not GET /, which some builds lack.
        client.get("/_cluster/health", timeout="10s")
    except ElasticError as error:
        raise UserError(f"--elasticsearch: {error}") from None
