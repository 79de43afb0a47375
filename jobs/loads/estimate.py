"""``--dry-run``: what a backfill would do, with figures from a trial of a sample."""

import time
from dataclasses import dataclass, replace
from secrets import token_hex

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from elastic.indices import count, create, remove
from elastic.mapping import index_body
from elastic.sizes import bytes_of, merge_whole
from jobs.counting import count_manifest
from jobs.errors import UserError
from jobs.loads.plan import Plan, look_at_old
from jobs.loads.rejects import rejects_index
from jobs.loads.sizes import (
    BYTES_PER_DOCUMENT,
    DOCUMENTS_PER_SECOND,
    replicas_for,
    shards_for,
)
from jobs.loads.stored import Stored
from jobs.loads.target import Meta, new_version
from jobs.loads.writer import IndexWriter
from jobs.progress import clock
from jobs.request import Request, read_corpus
from jobs.run import Run
from jobs.session import cores
from jobs.signing import signing_task
from jobs.sinks.run_log import RunLog
from jobs.stages.admit_images import admit_images
from jobs.stages.sign_images import sign_images
from jobs.summary import count_line, human_bytes


@dataclass(frozen=True)
class Trial:
    """What loading a sample took.

    Attributes
    ----------
    documents : int
        Of the sample.
    seconds : float
        For loading them.
    bytes_on_disk : int
        After merging, without replicas.
    """

    documents: int
    seconds: float
    bytes_on_disk: int

    @property
    def rate(self) -> float:
        """The documents loaded in a second."""
        return self.documents / self.seconds

    @property
    def bytes_each(self) -> float:
        """The bytes of a document."""
        return self.bytes_on_disk / self.documents


def plan_lines(
    run: Run, writer: IndexWriter, request: Request, plan: Plan | None = None
) -> list[str]:
    """Say what a backfill would do, after a trial with a sample. Nothing of it stays.

    Parameters
    ----------
    run : Run
        The run at work; it is not committed.
    writer : IndexWriter
        Writes the sample.
    request : Request
        What the user asked for.
    plan : Plan, optional
        Of a store; without one a sample of the source is signed, and its rate told.

    Returns
    -------
    list of str
        What to print.

    Raises
    ------
    UserError
        If there is nothing to try.
    """
    if plan is None:
        return _manifest_lines(run, writer, request)
    (row,) = (r for r in RunLog(run.spark, run.layout).rows() if r.run_id == plan.run_id)
    stored = Stored.of(row)
    if not plan.documents:
        raise UserError("the store has no signed image: there is nothing to load")
    sample = writer.documents.images(stored).limit(run.settings.backfill.sample_documents)
    rows = run.stash(writer.documents.rows(stored, sample), "sample")
    trial = try_load(run, writer, stored, rows, plan.profile)
    return _lines(run, writer, plan, trial)


def try_load(run: Run, writer: IndexWriter, stored: Stored, rows: DataFrame, profile: str) -> Trial:
    """Load some rows into an index of their own, measure, and delete it.

    Parameters
    ----------
    run : Run
        The run at work.
    writer : IndexWriter
        Writes.
    stored : Stored
        Where the rows are from.
    rows : DataFrame
        Of `Documents.rows`.
    profile : str
        Of the index.

    Returns
    -------
    Trial
        With one shard and no replicas.
    """
    client = writer.client
    index = f"{run.settings.elasticsearch.index}-sample-{token_hex(4)}"
    meta = Meta(stored.signature_version, stored.model_id, profile)
    create(client, index, index_body(profile, meta.fields()))
    try:
        number = rows.count()
        kind = writer.documents.task(stored), writer.documents.metadata_type(rows)
        begun = time.monotonic()
        writer.write("trying a sample", rows, number, writer.writing(index, 1), kind)
        seconds = time.monotonic() - begun
        merge_whole(client, index)
        count(client, index)
        return Trial(number, seconds, bytes_of(client, index))
    finally:
        remove(client, index)
        remove(client, rejects_index(index))


def _lines(run: Run, writer: IndexWriter, plan: Plan, trial: Trial) -> list[str]:
    settings = run.settings.elasticsearch
    shards = settings.shards or shards_for(plan.documents, plan.profile, trial.bytes_each)
    size = int(plan.documents * trial.bytes_each)
    replicas = replicas_for(writer.client, settings)
    means = plan.old.index if plan.old else "nothing yet"
    return [
        f"plan of the backfill: index {plan.index} (profile {plan.profile}) of run {plan.run_id}",
        count_line("documents", plan.documents, indent=1),
        count_line("chunks", plan.chunks, f"of {run.settings.backfill.chunk_documents:,}", 1),
        count_line("shards", shards, f"{human_bytes(size // shards)} each", 1),
        count_line("replicas", replicas, "of each shard, at the end", 1),
        count_line("bytes on disk", size * (1 + replicas), human_bytes(size * (1 + replicas)), 1),
        f"  about {clock(plan.documents / trial.rate)} at {trial.rate:,.0f} documents a second",
        f"  estimated from {trial.documents:,} documents of {trial.bytes_each:,.0f} bytes each",
        f"  the alias {plan.alias} means {means}",
        "nothing was written (--dry-run)",
    ]


def _manifest_lines(run: Run, writer: IndexWriter, request: Request) -> list[str]:
    """The same before anything is signed: documents are sized by the profile's measured value."""
    with run.stage("listing images"):
        admitted = run.stash(admit_images(read_corpus(run, request)), "admitted")
        counted = count_manifest(admitted)
    wanted = run.settings.backfill.sample_documents
    sample = admitted.where("admitted and reason is null").orderBy(F.xxhash64("image_id"))
    sample = run.stash(sample.limit(wanted), "sample")
    begun = time.monotonic()
    with run.stage("signing a sample"):
        tasks = cores(run.spark)
        signed = sign_images(sample, signing_task(run.settings), tasks, lambda _: None)
        states = {row.status: row["count"] for row in signed.groupBy("status").count().collect()}
    tried = sum(states.values())
    if not tried:
        raise UserError(f"--source {request.source}: there is nothing to sign")
    rate = tried / (time.monotonic() - begun)
    documents = round(counted.to_sign * states.get("signed", 0) / tried)
    settings = run.settings.elasticsearch
    plan = Plan(
        alias=settings.index or "",
        index=new_version(writer.client, settings.index or ""),
        uuid="",
        run_id="to be signed",
        documents=documents,
        chunks=max(1, -(-counted.to_sign // run.settings.backfill.chunk_documents)),
        profile=settings.profile,
        shards=0,
        old=look_at_old(writer.client, settings.index or "", run.settings.backfill.remove_old),
    )
    seconds = documents / DOCUMENTS_PER_SECOND
    guess = Trial(1, 1 / DOCUMENTS_PER_SECOND, BYTES_PER_DOCUMENT[settings.profile])
    lines = _lines(run, writer, replace(plan, documents=documents), guess)
    signing = (
        f"  signing takes about {clock(counted.to_sign / rate)} at {rate:,.0f} images a second"
    )
    return [*lines[:-4], signing, f"  loading about {clock(seconds)} more", *lines[-2:]]
