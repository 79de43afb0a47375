"""kill -9: of the driver, of a Python worker, of an executor."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.faults.killing import (
    DRIVER,
    EXECUTOR,
    WORKER,
    Places,
    Standing,
    kill_the_driver,
    point,
)
from tests.faults.world import JOBS, World, run_in_session, state_of

pytestmark = pytest.mark.e2e

POINTS = [
    pytest.param(number, marks=pytest.mark.faults if number else pytest.mark.slow)
    for number in range(20)
]
"""Of each job and kind. The first ones are a sample, for every change; all of them take hours."""


@pytest.fixture(scope="module", params=[WORKER, EXECUTOR])
def standing(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    environment: dict[str, str],
) -> Iterator[Standing]:
    """Return a driver that stays, whose workers or executors are killed."""
    folder = tmp_path_factory.mktemp("standing")
    with closing(Standing(request.param, folder, environment)) as standing:
        yield standing


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("number", POINTS)
def test_the_driver(
    number: int,
    job: str,
    world: World,
    spark: SparkSession,
    tmp_path: Path,
    environment: dict[str, str],
) -> None:
    places = Places(world.source, world.copy(tmp_path / "store"))
    moment = point(DRIVER, job, number, world.stages(job))
    code = kill_the_driver(job, moment, places, environment)
    check(world, job, places, code, spark)


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("number", POINTS)
def test_one_of_its_processes(
    number: int,
    job: str,
    world: World,
    standing: Standing,
    spark: SparkSession,
    tmp_path: Path,
) -> None:
    places = Places(world.source, world.copy(tmp_path / "store"))
    moment = point(standing.kind, job, number, world.stages(job))
    code, killed = standing.run_and_kill(job, moment, places)
    check(world, job, places, code, spark)
    if not killed:
        pytest.skip(f"{job} had no {standing.kind} any more after that moment")


def check(world: World, job: str, places: Places, code: int, spark: SparkSession) -> None:
    """Readers see the state before or after; the next run makes it whole."""
    seen = state_of(places.store)
    print(
        f"exit code {code}; readers see the state {'before' if seen == world.before else 'after'}"
    )
    assert seen in (world.before, world.after(job))
    assert code != 0 or seen == world.after(job)
    run_in_session(spark, job, places.source, places.store)
    assert state_of(places.store) == world.after(job)
