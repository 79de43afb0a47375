"""Writing documents into an index, watched: what a load and a backfill both do."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame

from elastic import Client, ElasticError
from elastic.client import Patience
from elastic.indices import find_one, refresh
from jobs.errors import LoadError, UserError
from jobs.loads.rejects import Reject, open_rejects, read_rejects
from jobs.loads.settings import ElasticsearchSettings
from jobs.loads.stored import Documents
from jobs.loads.target import open_connection
from jobs.loads.verify import sift
from jobs.loads.watch import Watch
from jobs.run import Run
from jobs.sinks.elasticsearch import (
    BusyError,
    Writing,
    delete_documents,
    refuse_dangers,
    write_documents,
)
from jobs.sinks.truststore import write_truststore
from jobs.stages.make_documents import make_documents
from udfs.checking import Wanted
from udfs.documents import DocumentTask

_FEW_REJECTS = 100
"""Nothing is stopped for so few, however small the load."""


class IndexWriter:
    """Writes documents, and says what became of them.

    Parameters
    ----------
    run : Run
        Brings Spark, the store and the progress line.
    settings : ElasticsearchSettings
        Where and how.
    """

    def __init__(self, run: Run, settings: ElasticsearchSettings) -> None:
        self._run, self.settings = run, settings
        self.documents = Documents(run, settings.profile == "lean")
        self.client = Client(open_connection(settings), Patience())
        self._truststore: str | None = None

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
            Of `Documents.rows`.
        count : int
            How many they are.
        writing : Writing
            Of `IndexWriter.writing`.
        kind : tuple of DocumentTask and str or None
            Of `Documents.task` and `Documents.metadata_type`.

        Returns
        -------
        list of Reject
            What the server refused for good.

        Raises
        ------
        LoadError
            If not all the rest were taken.
        """
        open_rejects(self.client, writing.index)
        with self._watched(stage, count, writing.index):
            self._patiently(
                lambda some: write_documents(make_documents(some, *kind), writing),
                rows,
                writing,
                lambda version: version is None or version < writing.version,
            )
        rejects = read_rejects(self.client, writing.index)
        if len(rejects) > self._most_rejects(count):
            raise LoadError(
                f"the server refused {len(rejects):,} of {count:,} documents, more than "
                f"elasticsearch.max_rejected allows; one of them: {rejects[0].message}"
            )
        return rejects

    def remove(self, ids: DataFrame, writing: Writing) -> None:
        """Delete documents; one that is not there is no error.

        Parameters
        ----------
        ids : DataFrame
            With ``image_id``.
        writing : Writing
            Of `IndexWriter.writing`.

        Raises
        ------
        LoadError
            If not all are gone.
        """
        open_rejects(self.client, writing.index)
        self._patiently(
            lambda some: delete_documents(some, writing),
            ids,
            writing,
            lambda version: version is not None,
        )
        if rejects := read_rejects(self.client, writing.index):
            raise LoadError(f"the document {rejects[0].image_id} stays: {rejects[0].message}")

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

    def _patiently(
        self, act: Callable[[DataFrame], None], rows: DataFrame, writing: Writing, left: Wanted
    ) -> None:
        """Act on rows; while the server is too busy, wait and act on what is left of them.

        The connector sends again what the server refuses of a request, but not a request that it
        refuses whole.
        """
        some = rows
        for _ in range(self.settings.retries):
            try:
                return act(some)
            except BusyError:
                time.sleep(self.settings.retry_wait_s)
            refresh(self.client, writing.index)
            some = sift(rows, self.client, writing.index, left)
        return act(some)

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
            self._tell_full_disk(index)
            told = "".join(
                f"; one of them: {r.message}" for r in read_rejects(self.client, index)[:1]
            )
            raise LoadError(
                f"the server refused more than {most:,} documents, so the load was stopped{told}"
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
                "more documents: make room first"
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
    run.at_end(writer.client.close)
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
