"""The end of a backfill: the index as readers want it, what came meanwhile, and the swap."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from elastic import AnswerError, ElasticError, NotFoundError
from elastic.client import Client, Patience
from elastic.indices import change, count, sequence_numbers, swap
from jobs.errors import LoadError, UserError
from jobs.loads.carry import carry_deletions, carry_documents, find_absent
from jobs.loads.chunks import Chunks
from jobs.loads.difference import difference
from jobs.loads.plan import Old, Plan
from jobs.loads.sizes import replicas_for
from jobs.loads.stored import Stored
from jobs.loads.verify import verify_absent, verify_ids
from jobs.loads.writer import IndexWriter
from jobs.model import load_model
from jobs.run import Run
from jobs.sinks.run_log import RunLog
from jobs.summary import count_line


class Swap:
    """Makes a loaded index what its alias means.

    Parameters
    ----------
    run : Run
        Brings Spark and the store.
    writer : IndexWriter
        Writes.
    plan : Plan
        Of the backfill.
    chunks : Chunks
        Holds what was absent from the old index at the start.
    """

    def __init__(self, run: Run, writer: IndexWriter, plan: Plan, chunks: Chunks) -> None:
        self._run, self._writer, self._plan, self._chunks = run, writer, plan, chunks
        self._client = writer.client
        self._runs = RunLog(run.spark, run.layout)

    def settle(self) -> None:
        """Restore what loading switched off: refresh, replicas; merge if asked; wait for green.

        Raises
        ------
        LoadError
            If the copies of the shards are not there in time.
        """
        settings, index = self._run.settings.backfill, self._plan.index
        change(self._client, index, refresh_interval=None)
        if settings.merge_segments:
            with self._run.stage("merging segments"):
                # One request, for as long as it takes.
                patient = Client(self._client.connection, Patience(tries=3, timeout_s=86_400))
                patient.post(f"/{index}/_forcemerge", max_num_segments=settings.merge_segments)
                patient.close()
        replicas = replicas_for(self._client, self._run.settings.elasticsearch)
        change(self._client, index, number_of_replicas=replicas)
        with self._run.stage("waiting for green"):
            self._wait_for_green(settings.green_timeout_s, replicas)

    def swap(self, stored: Stored) -> tuple[Stored, list[str]]:
        """Carry over what came since the backfill began, and swap.

        Parameters
        ----------
        stored : Stored
            The run that was loaded.

        Returns
        -------
        stored : Stored
            The run that the index is of now.
        lines : list of str
            What to print.

        Raises
        ------
        UserError
            If the store has moved on to signatures or cells that must not meet these.
        """
        stored, changed = self._from_store(stored)
        copied = deleted = 0
        if self._plan.old is not None:
            self._check_old(self._plan.old)
        with self._opened_on_failure():
            if self._plan.old is not None:
                copied, deleted = self._from_old(self._plan.old, stored)
                stored, more = self._from_store(stored)
                changed += more
            with self._run.stage("swapping the alias"):
                before = self._swap()
        counts = {
            "carried over from later runs": changed,
            "carried over from the old index": copied,
            "deleted as in the old index": deleted,
        }
        gone = self._run.settings.backfill.remove_old or self._namesake
        fate = "deleted" if gone else "kept, closed to writes"
        return stored, [
            *(count_line(name, number, indent=1) for name, number in counts.items() if number),
            *(f"  the index {name}: {fate}" for name in before),
        ]

    def _swap(self) -> list[str]:
        remove_old = self._run.settings.backfill.remove_old
        plan = self._plan
        return swap(self._client, plan.alias, plan.index, remove_old, self._namesake)

    @contextmanager
    def _opened_on_failure(self) -> Iterator[None]:
        """Open the old index to writes again, if the swap does not come."""
        try:
            yield
        except BaseException:
            if self._plan.old is not None:
                with suppress(ElasticError):
                    change(self._client, self._plan.old.index, blocks__write=None)
            raise

    @property
    def _namesake(self) -> str | None:
        old = self._plan.old
        return old.index if old is not None and not old.is_alias else None

    def _wait_for_green(self, seconds: float, replicas: int) -> None:
        index = self._plan.index
        patient = Client(self._client.connection, Patience(timeout_s=seconds + 30))
        try:
            health = patient.get(
                f"/_cluster/health/{index}", wait_for_status="green", timeout=f"{int(seconds)}s"
            )
        except AnswerError as error:  # 408 when the time is over
            health = {"status": "not green", "unassigned_shards": str(error)}
        finally:
            patient.close()
        if health["status"] != "green":
            raise LoadError(
                f"the index {index} has not become green within {seconds:g} s: "
                f"{health['unassigned_shards']} copies of shards are not there (each of its "
                f"shards shall have {replicas}: elasticsearch.replicas)"
            )

    def _from_store(self, stored: Stored) -> tuple[Stored, int]:
        """Load what later runs of the store changed, until there is no later one."""
        changed = 0
        while True:
            row = self._runs.newest()
            if row is None:
                raise LoadError("the store has no committed run any more")
            newest = Stored.of(row)
            if newest.run_id == stored.run_id:
                return stored, changed
            self._check_same_kind(stored, newest)
            changed += self._load_difference(stored, newest)
            stored = newest

    def _load_difference(self, stored: Stored, newest: Stored) -> int:
        writer = self._writer
        found = difference(self._run, writer.documents, stored, newest)
        new, gone = found.new, found.gone
        number, deleted = new.count(), gone.count()
        writing = writer.writing(self._plan.index, newest.sequence)
        if number:
            after = writer.documents.images(newest)
            kind = writer.documents.task(newest), writer.documents.metadata_type(after)
            rejects = writer.write(
                "carrying over", writer.documents.rows(newest, new), number, writing, kind
            )
            verify_ids(new, self._client, self._plan.index, newest.sequence, number - len(rejects))
        if deleted:
            writer.remove(gone, writing)
            count(self._client, self._plan.index)
            verify_absent(gone, self._client, self._plan.index)
        return number + deleted

    def _check_same_kind(self, stored: Stored, newest: Stored) -> None:
        for name in ("signature_version", "model_id"):
            was, now = getattr(stored, name), getattr(newest, name)
            if was != now:
                raise UserError(
                    f"since this backfill began, run {newest.run_id} has given the store another "
                    f"{name} ({now} for {was}), so the alias stays: delete the index "
                    f"{self._plan.index} and start again"
                )

    def _check_old(self, old: Old) -> None:
        try:
            numbers = self._client.get(f"/{old.index}", flat_settings=True)
        except NotFoundError:
            numbers = {}
        uuid = numbers.get(old.index, {}).get("settings", {}).get("index.uuid")
        if uuid != old.uuid:
            raise UserError(
                f"the index {old.index}, which the alias meant when this backfill began, was "
                f"deleted since, so it cannot be told what is missing: delete {self._plan.index} "
                "and start again"
            )

    def _from_old(self, old: Old, stored: Stored) -> tuple[int, int]:
        """Two rounds: the long one while others write, a short one when they no longer can."""
        client, new = self._client, self._plan.index
        model = load_model(stored.model_id, self._run.layout, self._run.files)
        task = self._writer.documents.task(stored)
        with self._run.stage("carrying over"):
            count(client, old.index)  # refreshes
            numbers = sequence_numbers(client, old.index)
            copied = carry_documents(client, old.index, new, old.sequence_numbers, model, task)
            change(client, old.index, blocks__write=True)
            count(client, old.index)
            copied += carry_documents(client, old.index, new, numbers, model, task)
            deleted = self._deletions(old)
            count(client, new)
        return copied, deleted

    def _deletions(self, old: Old) -> int:
        """What the old index had at the start, of the store's images, and has no longer."""
        if sequence_numbers(self._client, old.index) == old.sequence_numbers:
            return 0
        ids = self._writer.documents.images(self._first()).select("image_id")
        absent = find_absent(ids, self._client, old.index)
        at_start = self._run.spark.read.parquet(f"{self._chunks.path}/absent")
        gone = absent.join(at_start, on="image_id", how="left_anti")
        return carry_deletions(self._client, self._plan.index, gone)

    def _first(self) -> Stored:
        (row,) = (row for row in self._runs.rows() if row.run_id == self._plan.run_id)
        return Stored.of(row)
