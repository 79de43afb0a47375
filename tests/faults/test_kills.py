"""kill -9: of the driver, of a Python worker, of an executor."""

from itertools import product
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.faults.killing import DRIVER, EXECUTOR, WORKER, point, run_and_kill
from tests.faults.world import JOBS, World, run_in_session, state_of

pytestmark = [pytest.mark.e2e, pytest.mark.faults]

POINTS = 20


@pytest.mark.parametrize(
    ("kind", "job", "number"),
    list(product((DRIVER, WORKER, EXECUTOR), JOBS, range(POINTS))),
)
def test_readers_see_before_or_after_and_the_next_run_makes_it_whole(
    kind: str,
    job: str,
    number: int,
    world: World,
    spark: SparkSession,
    tmp_path: Path,
    environment: dict[str, str],
) -> None:
    store = world.copy(tmp_path / "store")
    moment = point(kind, job, number, world.stages(job))
    code = run_and_kill(kind, job, moment, (world.source, store), environment)
    seen = state_of(store)
    print(
        f"exit code {code}; readers see the state {'before' if seen == world.before else 'after'}"
    )
    assert seen in (world.before, world.after(job))
    assert code != 0 or seen == world.after(job)
    run_in_session(spark, job, world.source, store)
    assert state_of(store) == world.after(job)
