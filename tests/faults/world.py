"""One small store, what each job makes of it, and how to tell the one from the other."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from pyspark.sql import SparkSession

from store import Store
from tests.data.stores.make_store import VERSIONS, make_pictures, unpack
from tests.spark.jobs_in_session import build, compact, content, night, refit

JOBS = ("build_index", "dedupe_report", "compact", "refit")

State = Mapping[str, object]
"""Table names to rows, as readers see them; model and cutoff beside them."""

_STATE = ("images", "signatures", "cells", "pairs", "clusters", "tombstones", "decisions")


class World:
    """A store after a build and a night, and a source in which all has changed since.

    Parameters
    ----------
    spark : SparkSession
        Of the tests.
    root : Path
        An empty folder.
    """

    def __init__(self, spark: SparkSession, root: Path) -> None:
        self._spark, self._root = spark, root
        self.store = unpack(max(VERSIONS), root)
        self.source = make_pictures(root / "pictures", "aAbceCf")
        self.before = state_of(self.store)
        self._after: dict[str, State] = {}

    def copy(self, target: Path) -> Path:
        """Copy the store; a job may do to it what it likes."""
        return Path(shutil.copytree(self.store, target))

    def after(self, job: str) -> State:
        """Return the state that a job leaves when nothing goes wrong."""
        if job not in self._after:
            run_in_session(self._spark, job, self.source, self.copy(self.ended(job)))
            self._after[job] = state_of(self.ended(job))
            assert self._after[job] != self.before
        return self._after[job]

    def ended(self, job: str) -> Path:
        """Return the store that `after` told the state of."""
        return self._root / job

    def stages(self, job: str) -> list[tuple[str, float]]:
        """Return the stages of a job in order, with the seconds that they took."""
        self.after(job)
        return list(Store(str(self.ended(job))).run().timings.items())


def run_in_session(spark: SparkSession, job: str, source: Path, store: Path) -> None:
    """Run a job to its end, in the session of the tests."""
    runs: Mapping[str, Callable[[], object]] = {
        "build_index": lambda: build(spark, source, store),
        "dedupe_report": lambda: night(spark, source, store),
        "compact": lambda: compact(spark, store),
        "refit": lambda: refit(spark, store),
    }
    runs[job]()


def state_of(store: Path) -> State:
    """Return what readers see: all rows of all tables."""
    opened = Store(str(store))
    run = opened.run()
    tables: dict[str, object] = {
        name: content(opened.table(name)) for name in _STATE if name in run.versions
    }
    return tables | {"model": run.model_id, "cutoff": run.cutoff}
