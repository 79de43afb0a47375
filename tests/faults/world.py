"""One small store, what each job makes of it, and how to tell the one from the other."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from pyspark.sql import SparkSession

from store import Store
from tests.conftest import PROJECT
from tests.spark.jobs_in_session import build, compact, content, night, refit

JOBS = ("build_index", "dedupe_report", "compact", "refit")

State = Mapping[str, object]
"""Table names to rows, as readers see them; the model beside them."""

_PHOTOS = sorted((PROJECT / "sample" / "photos").glob("*.jpg"))
_STATE = ("images", "signatures", "cells", "pairs", "clusters", "tombstones", "decisions")


@dataclass(frozen=True)
class World:
    """A store after a build and a night, and a source that has changed since.

    Attributes
    ----------
    source : Path
        The pictures as they are now.
    store : Path
        The store; to be copied, not used.
    before : State
        Of that store.
    after : mapping
        Of each job to the state that it leaves when nothing goes wrong.
    seconds : mapping
        Of each job to its stages, in order, with the time they took.
    """

    source: Path
    store: Path
    before: State
    after: Mapping[str, State]
    seconds: Mapping[str, list[tuple[str, float]]]

    def copy(self, target: Path) -> Path:
        """Copy the store; a job may do to it what it likes."""
        return Path(shutil.copytree(self.store, target))


def make_world(spark: SparkSession, root: Path) -> World:
    """Build the store, and let each job run on a copy of it."""
    source, store = root / "pictures", root / "store"
    source.mkdir()
    for photo in _PHOTOS[:7]:
        shutil.copy(photo, source)
    build(spark, source, store)
    shutil.copy(_PHOTOS[0], source / "copy.jpg")
    _smaller(_PHOTOS[1], source / "smaller.png")
    (source / _PHOTOS[2].name).unlink()
    night(spark, source, store)
    before = state_of(store)
    shutil.copy(_PHOTOS[9], source)
    _smaller(_PHOTOS[3], source / "another.png")
    shutil.copy(_PHOTOS[10], source / _PHOTOS[4].name)
    (source / "smaller.png").unlink()
    after, seconds = {}, {}
    for job in JOBS:
        copied = Path(shutil.copytree(store, root / job))
        run_in_session(spark, job, source, copied)
        after[job] = state_of(copied)
        order = Store(str(copied)).run().timings
        seconds[job] = list(order.items())
    assert all(after[job] != before for job in JOBS)
    return World(source, store, before, after, seconds)


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


def _smaller(photo: Path, target: Path) -> None:
    with Image.open(photo) as picture:
        picture.resize((picture.width // 2, picture.height // 2)).save(target)
