"""Documents into an index, through the connector's DataFrame writer."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from elastic import Connection
from jobs.errors import LoadError, UserError
from jobs.loads.settings import ElasticsearchSettings

_FORMAT = "org.elasticsearch.spark.sql"
_REDACTED = "spark.sql.redaction.options.regex"
_HIDDEN_OPTIONS = r"(?i)url|secret|password|token|auth|pass|\.header\."
_HANDLER = "es.write.rest.error.handler.es"
_MAX_MESSAGE = 400


class BusyError(LoadError):
    """The server took a whole request for one too many; sent again later, it may take it."""


@dataclass(frozen=True)
class Writing:
    """Where and how documents are written.

    Attributes
    ----------
    connection : Connection
        The server.
    settings : ElasticsearchSettings
        Sizes and patience.
    index : str
        That is there.
    version : int
        Of every document: the run's number. An older run never overwrites a newer one's.
    rejects : str
        Index that takes what the server refuses.
    truststore : str or None
        URL of a Java trust store with the authorities, for executors.
    """

    connection: Connection
    settings: ElasticsearchSettings
    index: str
    version: int
    rejects: str
    truststore: str | None = None


def write_documents(documents: DataFrame, writing: Writing) -> None:
    """Write documents; one that is there already is written over.

    Parameters
    ----------
    documents : DataFrame
        A column for each field, ``image_id`` among them: it becomes the document's ``_id``.
    writing : Writing
        Where and how.

    Raises
    ------
    BusyError
        If some were not sent, for the server was too busy.
    LoadError
        If not all were taken or set aside.
    """
    _save(documents, connector_options(writing))


def delete_documents(ids: DataFrame, writing: Writing) -> None:
    """Delete documents; one that is not there is no error.

    Parameters
    ----------
    ids : DataFrame
        With ``image_id``.
    writing : Writing
        Where and how.

    Raises
    ------
    BusyError
        If some were not sent, for the server was too busy.
    LoadError
        If not all are gone.
    """
    options = connector_options(writing) | {"es.write.operation": "delete"}
    _save(ids.select("image_id"), options)


def connector_options(writing: Writing) -> dict[str, str]:
    """Return the connector's options, with the secrets that it needs.

    Parameters
    ----------
    writing : Writing
        Where and how.

    Returns
    -------
    dict of str to str
        For the DataFrame writer only: it is not to be shown.
    """
    settings = writing.settings
    return {
        **_place(writing),
        "es.resource": writing.index,
        # Nothing may come into being by a misspelt name, or after a deletion.
        "es.index.auto.create": "false",
        # A repeated task writes over what it wrote, and an older run never over a newer one.
        "es.write.operation": "index",
        "es.mapping.id": "image_id",
        "es.mapping.version": f"<{writing.version}>",
        "es.mapping.version.type": "external_gte",
        "es.spark.dataframe.write.null": "false",
        # By size only: documents are of one size.
        "es.batch.size.bytes": str(settings.batch_bytes),
        "es.batch.size.entries": "0",
        # Once, at the end, by the job.
        "es.batch.write.refresh": "false",
        # A document refused with 429 or 503 is sent so many times again, and then set aside like
        # one that is refused for good; when all is written it is sent once more, and if it is
        # refused still, the load has failed (`jobs.loads.rejects`). A limit of requests that is
        # smaller is taken for this one, and with -1 here it would be sent for ever.
        "es.batch.write.retry.count": str(settings.retries),
        "es.batch.write.retry.limit": str(settings.retries + 1),
        "es.batch.write.retry.wait": f"{int(settings.retry_wait_s * 1000)}ms",
        # What is refused for good is kept with the server's reason. If it cannot be kept, the
        # task fails.
        "es.write.rest.error.handlers": "es",
        f"{_HANDLER}.client.resource": writing.rejects,
        f"{_HANDLER}.return.default": "HANDLED",
        f"{_HANDLER}.return.error": "ABORT",
    }


def _place(writing: Writing) -> dict[str, str]:
    place = writing.connection
    options = {
        "es.nodes": f"[{place.host}]" if ":" in place.host else place.host,
        "es.port": str(place.port),
        "es.nodes.wan.only": str(place.wan_only).lower(),
        "es.net.ssl": str(place.secure).lower(),
    }
    if place.prefix:
        options["es.nodes.path.prefix"] = place.prefix
    if writing.truststore:
        options["es.net.ssl.truststore.location"] = writing.truststore
    if place.api_key is not None:
        options |= {f"es.net.http.header.{k}": v for k, v in place.headers().items()}
    elif place.user is not None and place.password is not None:
        options["es.net.http.auth.user"] = place.user
        options["es.net.http.auth.pass"] = place.password.reveal()
    return options


def _save(rows: DataFrame, options: dict[str, str]) -> None:
    spark = rows.sparkSession
    refuse_dangers(spark)
    # The interface shows the options of every write, but for those that match.
    spark.conf.set(_REDACTED, _HIDDEN_OPTIONS)
    writer = rows.write.format(_FORMAT).mode("append").options(**options)
    try:
        with _quiet(spark):
            writer.save()
    except (Py4JError, PySparkException) as error:
        raise _failure(str(error), options) from None


def refuse_dangers(spark: SparkSession) -> None:
    """Refuse Spark's settings that would lose or duplicate documents, or show secrets.

    Parameters
    ----------
    spark : SparkSession
        The job's.

    Raises
    ------
    UserError
        If one of them is set.
    """
    settings = dict(spark.sparkContext.getConf().getAll())
    if settings.get("spark.speculation", "false").lower() == "true":
        raise UserError(
            "spark.speculation writes a slow task's documents twice, and its second copy goes on "
            "when the job is done: switch it off"
        )
    for name in sorted(settings):
        if name.startswith(("spark.es.", "es.")):
            raise UserError(
                f"{name} is a setting of the connector, which this job sets itself so that no "
                "document is lost, doubled or shown: leave it out, and see docs/elasticsearch.md "
                "for what may be set"
            )


@contextmanager
def _quiet(spark: SparkSession) -> Iterator[None]:
    """Keep pages of Java's traces away: the reason comes as one sentence."""
    levels: Any = spark._jvm.org.apache.logging.log4j  # type: ignore[union-attr] # noqa: SLF001
    before = str(levels.LogManager.getRootLogger().getLevel())
    spark.sparkContext.setLogLevel("OFF")
    try:
        yield
    finally:
        spark.sparkContext.setLogLevel(before)


_REASONS = (
    ("index_not_found_exception", "the index is gone"),
    ("NoNodesLeft", "no node of Elasticsearch answers any more"),
    ("flood-stage", "the disk of Elasticsearch is full: its index takes no more documents"),
    ("HTTP response code [401]", "Elasticsearch does not know this user or key"),
    ("HTTP response code [403]", "this user or key may not write the index"),
    ("ClassNotFoundException", "the connector's jar is not there: start jobs with the door"),
    ("Failed to find data source", "the connector's jar is not there: start jobs with the door"),
)
"""What the connector's error holds, and what it means."""

_BUSY = re.compile(
    r"es_rejected_execution_exception|circuit_breaking_exception|returned \[(429|503)\|"
)
"""In an answer to a whole request. The connector tries again what the server refuses of one."""


def _failure(trace: str, options: dict[str, str]) -> LoadError:
    """The reason in a connector's trace, in one sentence without secrets."""
    for sign, meaning in _REASONS:
        if sign in trace:
            return LoadError(meaning)
    if _BUSY.search(trace):
        return BusyError("Elasticsearch was too busy for too long")
    causes = re.findall(
        r"^(?:Caused by: |: )?[\w.$]*(?:Exception|Error): (.+)$", trace, re.MULTILINE
    )
    samples = re.findall(r"Error sample[^\n]*\n\t(.+)", trace)
    told = (samples or causes or trace.strip().splitlines())[-1][:_MAX_MESSAGE]
    for name, value in options.items():
        if value and re.search(_HIDDEN_OPTIONS, name):
            told = told.replace(value, "***")
    return LoadError(f"Elasticsearch did not take the documents: {told}")
