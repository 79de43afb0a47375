"""Running jobs that load, inside the tests' Spark session."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.backfill import backfill
from jobs.build_index import build_index
from jobs.loads.load import open_load
from jobs.progress import Progress
from jobs.request import Request
from jobs.run import Run
from jobs.settings import read_settings
from store import Store
from tests.conftest import PROJECT


@contextmanager
def quiet() -> Iterator[Progress]:
    """Open a progress line that nobody sees."""
    with Progress(lambda: (0, 0), io.StringIO()) as progress:
        yield progress


def load_newest(run: Run, request: Request) -> list[str]:
    """Do what ``build_index`` does once its run is committed, to the newest run of a store."""
    load = open_load(run, request)
    newest = Store(request.store).run()
    load.check(newest.model_id, newest.signature_version)
    return load.finish([])


@dataclass(frozen=True)
class Loader:
    """Runs jobs with a server and an alias."""

    spark: SparkSession
    url: str
    alias: str

    def build(self, source: Path, store: Path, **settings: object) -> list[str]:
        """Run ``build_index --elasticsearch``; returns what is left to print."""
        return self._run("build_index", build_index, self.request(source, store, **settings))

    def load(self, store: Path, **settings: object) -> list[str]:
        """Run the load of ``build_index`` alone, of what the newest run of a store has."""
        request = self.request(None, store, **settings)
        return self._run("build_index", load_newest, request)

    def backfill(
        self, store: Path, source: Path | None = None, dry_run: bool = False, **settings: object
    ) -> list[str]:
        """Run ``backfill``; returns what is left to print."""
        request = self.request(source, store, dry_run=dry_run, **settings)
        return self._run("backfill", backfill, request)

    def request(
        self, source: Path | None, store: Path, dry_run: bool = False, **settings: object
    ) -> Request:
        """Return the wish; settings are dotted names with ``__`` for the dot."""
        given = {name.replace("__", "."): value for name, value in settings.items()}
        here = {
            "elasticsearch.url": self.url,
            "elasticsearch.index": self.alias,
            "elasticsearch.retry_wait_s": 0.2,
            # No sample is compared with all: it takes as long as all else in a small corpus.
            "sample.calibrated": 0,
            "sample.audited": 0,
        }
        return Request(
            source=str(source) if source else None,
            source_format="auto",
            store=str(store),
            settings=read_settings(None, here | given),
            truth=None,
            export_removable=None,
            project=PROJECT,
            explain_cost=dry_run,
        )

    def _run(
        self, job: str, body: Callable[[Run, Request], list[str]], request: Request
    ) -> list[str]:
        with quiet() as progress:
            run = Run(self.spark, job, request.store, request.settings, progress)
            try:
                return body(run, request)
            finally:
                run.clean_up()
