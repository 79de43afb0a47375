"""The load of a run: noted before the run is committed, done after it, gone on with if it fails."""

import json
from dataclasses import dataclass, fields
from functools import cached_property

from pyspark.sql import DataFrame, Row

from elastic import Client, ElasticError
from elastic.indices import change, find_one, remove, swap
from elastic.mapping import RUN_SEQUENCE
from jobs.errors import LoadError, UserError
from jobs.loads.difference import difference
from jobs.loads.log import LoadLog
from jobs.loads.publishing import publish
from jobs.loads.rejects import Reject, keep_rejects, rejects_index
from jobs.loads.sizes import replicas_for, shards_for
from jobs.loads.stored import Stored
from jobs.loads.target import (
    Meta,
    Target,
    behind,
    check_index,
    check_same,
    claim,
    open_target,
)
from jobs.loads.verify import verify_absent, verify_count, verify_ids
from jobs.loads.writer import IndexWriter, open_writer
from jobs.request import Request
from jobs.run import Run
from jobs.signing import signing_task
from jobs.sinks.run_log import RunLog, settings_text
from jobs.summary import count_line
from store.loads import FAILED, LIVE, LOADED, PENDING


@dataclass(frozen=True)
class Loaded:
    """What a load did.

    Attributes
    ----------
    target : Target
        The index.
    documents : int
        Written and found.
    unchanged : int
        That the index had before, and that no longer needed to be written.
    deleted : int
        Of images that the run no longer has.
    rejects : list of Reject
        Refused.
    """

    target: Target
    documents: int
    unchanged: int
    deleted: int
    rejects: list[Reject]


def open_load(run: Run, request: Request, changes_only: bool = False) -> "Load":
    """Return the load that was asked for, after a look at the server.

    Parameters
    ----------
    run : Run
        The run at work.
    request : Request
        What the user asked for.
    changes_only : bool
        Whether an index that holds an earlier run gets only what changed since.

    Returns
    -------
    Load
        One that does nothing, without ``--elasticsearch``.

    Raises
    ------
    UserError
        If the server cannot be reached, or what is behind the name must not be written.
    """
    settings = run.settings.elasticsearch
    if settings.url is None and settings.index is None:
        return Load(run, request, None)
    load = Load(run, request, open_writer(run), changes_only)
    if not load.unfinished:
        load.check_signatures()
    return load


class Load:
    """A run's load into the index that the user named.

    Parameters
    ----------
    run : Run
        The run at work.
    request : Request
        What the user asked for.
    writer : IndexWriter or None
        None if nothing is to be loaded.
    changes_only : bool
        See `open_load`.
    """

    def __init__(
        self,
        run: Run,
        request: Request,
        writer: IndexWriter | None,
        changes_only: bool = False,
    ) -> None:
        self._run, self._writer, self._changes_only = run, writer, changes_only
        self._wish = _wish(request)
        self._log = LoadLog(run.spark, run.layout)
        self._runs = RunLog(run.spark, run.layout)
        self._alias = run.settings.elasticsearch.index or ""

    @cached_property
    def unfinished(self) -> bool:
        """The answer whether the newest run was to be loaded here, as now, and is not yet."""
        newest = self._runs.newest() if self._writer else None
        if newest is None:
            return False
        last = self._log.newest(alias=self._alias, run_id=newest.run_id)
        return last is not None and last.state != LOADED and last.wish == self._wish

    def check_signatures(self) -> None:
        """Refuse an index of other signatures before any is made.

        Raises
        ------
        UserError
            If the index behind the name has another signature version, or another profile.
        """
        self._check(signing_task(self._run.settings).version, None)

    def check(self, model_id: str, signature_version: str) -> None:
        """Refuse an index of other cells before the search.

        Parameters
        ----------
        model_id : str
            Of the run.
        signature_version : str
            Of the run.

        Raises
        ------
        UserError
            If the index behind the name has others.
        """
        if self._writer is not None:
            self._check(signature_version, model_id)

    def note(self) -> None:
        """Note that this run is to be loaded; it means nothing until the run is committed."""
        if self._writer is not None:
            self._record(PENDING, self._run.run_id)

    def finish(self, lines: list[str]) -> list[str]:
        """Load the newest committed run.

        Parameters
        ----------
        lines : list of str
            What to print of the run itself.

        Returns
        -------
        list of str
            What is left to print.

        Raises
        ------
        LoadError
            If the index is not complete; nobody sees a new one then, and the next start goes on.
        """
        if self._writer is None:
            return lines
        if lines:
            self._run.tell(lines)
        row = self._runs.newest()
        if row is None:
            raise LoadError("the store has no committed run")
        stored = Stored.of(row)
        try:
            loaded = self._load(self._writer, stored)
        except (LoadError, UserError, ElasticError) as error:
            self._record(FAILED, stored.run_id, message=str(error))
            raise LoadError(f"{error}. {_standing(stored)}") from error
        except KeyboardInterrupt:
            raise LoadError(f"interrupted. {_standing(stored)}") from None
        return _lines(loaded, stored)

    def _load(self, writer: IndexWriter, stored: Stored) -> Loaded:
        run, settings = self._run, writer.settings
        images = writer.documents.images(stored)
        count = images.count()
        meta = Meta(stored.signature_version, stored.model_id, settings.profile)
        index = self._begun(stored)
        publish(writer.client.connection, writer.documents.model(stored))
        shards = settings.shards or shards_for(count, settings.profile)
        target = open_target(writer.client, self._alias, meta, shards, 0, index)
        if target.index != index:
            self._record(PENDING, stored.run_id, index=target.index)
        wanted, gone = self._to_do(target, writer, stored, images)
        claim(writer.client, target.index, stored.sequence)
        writing = writer.writing(target.index, stored.sequence)
        kind = writer.documents.task(stored), writer.documents.metadata_type(images)
        if target.fresh:
            change(writer.client, target.index, refresh_interval="-1")
        number = count if wanted is images else wanted.count()
        rejects = writer.write(
            "loading", writer.documents.rows(stored, wanted), number, writing, kind
        )
        deleted = 0
        with run.stage("verifying the index"):
            if gone is not None and (deleted := gone.count()):
                writer.remove(gone, writing)
            check_same(writer.client, target.index, target.uuid)
            expected = number - len(rejects)
            if target.fresh:
                verify_count(writer.client, target.index, expected)
            else:
                verify_ids(wanted, writer.client, target.index, stored.sequence, expected)
                if gone is not None:
                    verify_absent(gone, writer.client, target.index)
            self._show(writer, target)
        keep_rejects(run.spark, run.files, run.layout.report(stored.run_id), rejects)
        remove(writer.client, rejects_index(target.index))
        loaded = Loaded(target, expected, count - number, deleted, rejects)
        self._record(
            LOADED,
            stored.run_id,
            index=target.index,
            documents=expected,
            deleted=deleted,
            rejected=len(rejects),
        )
        return loaded

    def _to_do(
        self, target: Target, writer: IndexWriter, stored: Stored, images: DataFrame
    ) -> tuple[DataFrame, DataFrame | None]:
        """What is to be written into the index, and what is to be deleted there."""
        if target.fresh:
            return images, None
        held = self._held(writer.client, target, stored)
        if held is None:
            return images, self._gone(target, writer, stored, images)
        found = difference(self._run, writer.documents, held, stored)
        return found.new, found.gone

    def _held(self, client: Client, target: Target, stored: Stored) -> Stored | None:
        """The run that the index holds whole, if only what changed since is to be written."""
        if not self._changes_only:
            return None
        earlier = [Stored.of(row) for row in self._earlier(target, stored)]
        # Two are there if a load between them failed: nobody knows what it wrote.
        if len(earlier) != 1 or earlier[0].model_id != stored.model_id:
            return None
        newest = find_one(client, target.index).meta.get(RUN_SEQUENCE)
        return earlier[0] if newest in (earlier[0].sequence, stored.sequence) else None

    def _begun(self, stored: Stored) -> str | None:
        """The index that an earlier try of this load made."""
        rows = self._log.rows(alias=self._alias, run_id=stored.run_id)
        named = [row["index"] for row in rows if row["index"] and row.state != LOADED]
        return named[-1] if named else None

    def _show(self, writer: IndexWriter, target: Target) -> None:
        """Let others see a fresh index, now that it is complete."""
        if not target.fresh:
            return
        replicas = replicas_for(writer.client, writer.settings)
        change(writer.client, target.index, refresh_interval=None, number_of_replicas=replicas)
        swap(writer.client, target.alias, target.index)

    def _gone(
        self, target: Target, writer: IndexWriter, stored: Stored, images: DataFrame
    ) -> DataFrame | None:
        """Images that earlier runs may have put into the index, and that this run has not."""
        earlier = [Stored.of(row) for row in self._earlier(target, stored)]
        if not earlier:
            return None
        ids = [writer.documents.images(one).select("image_id") for one in earlier]
        known = ids[0]
        for more in ids[1:]:
            known = known.union(more)
        gone = known.distinct().join(images.select("image_id"), on="image_id", how="left_anti")
        return self._run.stash(gone, "gone")

    def _earlier(self, target: Target, stored: Stored) -> list[Row]:
        """Committed runs that were, or may partly be, in the index."""
        loads = self._log.rows(index=target.index)
        done = [place for place, row in enumerate(loads) if row.state in (LOADED, LIVE)]
        since = loads[done[-1] :] if done else loads
        wanted = {row.run_id for row in since} - {stored.run_id}
        return [row for row in self._runs.rows() if row.run_id in wanted]

    def _check(self, signature_version: str, model_id: str | None) -> None:
        if self._writer is None:
            return
        state = behind(self._writer.client, self._alias)
        if state is not None:
            known = model_id or str(state.meta.get("model_id"))
            profile = self._writer.settings.profile
            check_index(state, Meta(signature_version, known, profile))

    def _record(self, state: str, run_id: str, **values: object) -> None:
        self._log.add(
            state, alias=self._alias, run_id=run_id, job=self._run.job, wish=self._wish, **values
        )


def _wish(request: Request) -> str:
    """What was asked for, but for where it is loaded and how."""
    settings = request.settings.model_dump(mode="json", exclude={"elasticsearch"})
    common = {field.name for field in fields(Request)}
    more = [getattr(request, f.name) for f in fields(request) if f.name not in common]
    return json.dumps([request.source, request.source_format, settings_text(settings), *more])


def _standing(stored: Stored) -> str:
    """What is true after a load that failed, and how it goes on."""
    return (
        f"Run {stored.run_id} is committed and stands; only its index is not complete. The same "
        "command, started again, goes on with the load, without signing or searching again"
    )


def _lines(loaded: Loaded, stored: Stored) -> list[str]:
    target = loaded.target
    lines = [
        f"index {target.index}, alias {target.alias}, of run {stored.run_id}",
        count_line("documents", loaded.documents, indent=1),
    ]
    if loaded.unchanged:
        lines.append(count_line("unchanged", loaded.unchanged, "since the run that it held", 1))
    if loaded.deleted:
        lines.append(count_line("deleted", loaded.deleted, "of images that are gone", 1))
    if loaded.rejects:
        named = f"rejects.parquet; one: {loaded.rejects[0].message[:100]}"
        lines.append(count_line("refused by the server", len(loaded.rejects), named, 1))
    return lines
