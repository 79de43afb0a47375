"""A backfill: a fresh index, chunk by chunk, and one swap at the end."""

import time
from dataclasses import replace

from pyspark.sql import Row

from elastic import ElasticError
from elastic.indices import aliased, create, remove
from elastic.mapping import index_body
from jobs.errors import LoadError, UserError
from jobs.loads.carry import find_absent
from jobs.loads.chunks import Chunks
from jobs.loads.log import LoadLog
from jobs.loads.plan import Plan, look_at_old, still_there
from jobs.loads.publishing import publish
from jobs.loads.rejects import keep_rejects, rejects_index
from jobs.loads.sizes import shards_for
from jobs.loads.stored import Stored
from jobs.loads.swapping import Swap
from jobs.loads.target import Meta, check_same, claim, new_version
from jobs.loads.verify import verify_count
from jobs.loads.writer import IndexWriter
from jobs.progress import clock
from jobs.run import Run
from jobs.sinks.run_log import RunLog
from jobs.summary import count_line
from store.loads import CHUNK, FAILED, LIVE, PENDING, VERIFIED

JOB = "backfill"


class Backfill:
    """Loads a run of the store into a fresh index and lets the alias mean it.

    Parameters
    ----------
    run : Run
        Brings Spark, the store and the progress line; it is not committed.
    writer : IndexWriter
        Writes.
    """

    def __init__(self, run: Run, writer: IndexWriter) -> None:
        self._run, self._writer = run, writer
        self._client = writer.client
        self._log, self._runs = LoadLog(run.spark, run.layout), RunLog(run.spark, run.layout)
        self._alias = run.settings.elasticsearch.index or ""

    @property
    def unfinished(self) -> Plan | None:
        """The plan of a backfill that was begun and can go on; None if there is none."""
        last = self._log.newest(alias=self._alias, job=JOB)
        if last is None or last.state == LIVE or last.details is None:
            return None
        plan = Plan.parse(last.details)
        if plan.uuid and not still_there(self._client, plan):
            self._run.tell([f"the index {plan.index} of an earlier start is gone: beginning anew"])
            return None
        return plan

    def plan(self) -> Plan:
        """Plan a backfill of the newest run; nothing is written.

        Returns
        -------
        Plan
            Without its index' uuid.

        Raises
        ------
        UserError
            If the store has no run, or the name cannot become an alias.
        """
        stored, settings = self._newest(), self._run.settings
        with self._run.stage("counting documents"):
            documents = self._writer.documents.images(stored).count()
        profile = settings.elasticsearch.profile
        return Plan(
            alias=self._alias,
            index=new_version(self._client, self._alias),
            uuid="",
            run_id=stored.run_id,
            documents=documents,
            chunks=max(1, -(-documents // settings.backfill.chunk_documents)),
            profile=profile,
            shards=settings.elasticsearch.shards or shards_for(documents, profile),
            old=look_at_old(self._client, self._alias, settings.backfill.remove_old),
        )

    def execute(self, plan: Plan) -> list[str]:
        """Do what a plan says, or what is left of it.

        Parameters
        ----------
        plan : Plan
            Of `Backfill.unfinished` or `Backfill.plan`.

        Returns
        -------
        list of str
            What to print.

        Raises
        ------
        LoadError
            If it cannot be done now; the alias means what it meant, and the next start goes on.
        """
        try:
            return self._execute(plan)
        except UserError as error:
            self._record(plan, FAILED, message=str(error))
            raise
        except (LoadError, ElasticError) as error:
            self._record(plan, FAILED, message=str(error))
            raise LoadError(f"{error}. {self._standing}") from error
        except KeyboardInterrupt:
            raise LoadError(f"interrupted. {self._standing}") from None

    @property
    def _standing(self) -> str:
        """What is true after a backfill that failed, and how it goes on."""
        return (
            f"The alias {self._alias} means what it meant, and what was written stays. The same "
            "command, started again, goes on"
        )

    def _execute(self, plan: Plan) -> list[str]:
        stored = self._stored(plan.run_id)
        plan = plan if plan.uuid else self._begin(plan, stored)
        chunks = Chunks(self._run, f"{plan.index}-{plan.uuid}")
        if aliased(self._client, self._alias) != [plan.index]:
            rejected = self._load(plan, stored, chunks)
            check_same(self._client, plan.index, plan.uuid)
            swap = Swap(self._run, self._writer, plan, chunks)
            if not self._rows(plan, VERIFIED):
                swap.settle()
                with self._run.stage("verifying the index"):
                    verify_count(self._client, plan.index, plan.documents - rejected)
                self._record(plan, VERIFIED)
            stored, told = swap.swap(stored)
            claim(self._client, plan.index, stored.sequence)
        else:
            told = []  # only the note was missing
        remove(self._client, rejects_index(plan.index))
        self._record(replace(plan, run_id=stored.run_id), LIVE, documents=plan.documents)
        chunks.remove()
        return [
            f"index {plan.index}, alias {plan.alias}, of run {plan.run_id}",
            count_line("documents", plan.documents, indent=1),
            *told,
        ]

    def _begin(self, plan: Plan, stored: Stored) -> Plan:
        """Make the index, and note that it was made."""
        self._record(plan, PENDING)  # so that a crash after the next line leaves no index behind
        publish(self._client.connection, self._writer.documents.model(stored))
        meta = Meta(stored.signature_version, stored.model_id, plan.profile)
        body = index_body(plan.profile, meta.fields(), plan.shards, replicas=0)
        body["settings"]["index"]["refresh_interval"] = "-1"
        plan = plan.made(create(self._client, plan.index, body).uuid)
        self._record(plan, PENDING)
        claim(self._client, plan.index, stored.sequence)
        return plan

    def _load(self, plan: Plan, stored: Stored, chunks: Chunks) -> int:
        """Load the chunks that are left; return how many documents the server refused."""
        done = {row.chunk: row for row in self._rows(plan, CHUNK)}
        images = self._writer.documents.images(stored)
        rows = self._writer.documents.rows(stored, images)
        with self._run.stage("writing chunks"):
            chunks.write(rows, plan.chunks)
        if plan.old is not None:
            with self._run.stage("comparing with the old index"):
                absent = find_absent(images, self._client, plan.old.index)
                chunks.stash(absent, "absent").count()
        kind = self._writer.documents.task(stored), self._writer.documents.metadata_type(images)
        writing = self._writer.writing(plan.index, stored.sequence)
        start, here = time.monotonic(), 0
        for chunk in sorted(set(range(plan.chunks)) - set(done)):
            part = chunks.read(chunk, rows)
            count, began = part.count(), time.monotonic()
            stage = f"chunk {chunk + 1}/{plan.chunks}"
            rejects = self._writer.write(stage, part, count, writing, kind)
            report = self._run.layout.report(stored.run_id)
            keep_rejects(self._run.spark, self._run.files, report, rejects)
            self._record(plan, CHUNK, chunk=chunk, documents=count, rejected=len(rejects))
            here += count
            left = plan.documents - here - sum(row.documents for row in done.values())
            rate = count / (time.monotonic() - began)
            overall = here / (time.monotonic() - start)
            print(
                f"  {count:,} documents   {rate:,.0f} docs/s   {len(rejects):,} rejected   "
                f"{clock(max(0, left) / overall) if overall else '-'} left",
                flush=True,
            )
        return sum(row.rejected for row in self._rows(plan, CHUNK))

    def _rows(self, plan: Plan, state: str) -> list[Row]:
        """What the log says of this very index, not of an earlier one of its name."""
        rows = self._log.rows(index=plan.index, state=state)
        return [row for row in rows if Plan.parse(row.details).uuid == plan.uuid]

    def _newest(self) -> Stored:
        row = self._runs.newest()
        if row is None:
            raise UserError(
                f"no committed run at {self._run.layout.root}: build it with build_index.py, or "
                "give --source"
            )
        return Stored.of(row)

    def _stored(self, run_id: str) -> Stored:
        (row,) = (row for row in self._runs.rows() if row.run_id == run_id)
        return Stored.of(row)

    def _record(self, plan: Plan, state: str, **values: object) -> None:
        self._log.add(
            state,
            index=plan.index,
            alias=plan.alias,
            run_id=plan.run_id,
            job=JOB,
            details=plan.text(),
            **values,
        )
