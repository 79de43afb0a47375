"""Tasks that fail, and tasks that are run twice at once, change nothing in what a search finds."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import PROJECT, QUICK_JVM

pytestmark = pytest.mark.ship

_JOB = '''
"""Search twice: as it is, and with tasks that fail or dawdle at their first attempt."""

import json
import sys
import time

import numpy as np
from pyspark import TaskContext
from pyspark.sql import SparkSession

from jobs.stages import find_pairs as stage
from jobs.stages.schema import spark_schema
from matching import Model, signature_ids
from matching.fitting import fit_codebook
from store.schemas import SIGNATURES

spark = SparkSession.builder.getOrCreate()
rng = np.random.default_rng(7)
levels = rng.integers(-2, 3, (300, 272)).astype(np.int8)
levels[150:] = levels[:150] * (rng.random((150, 272)) < 0.9)
rows = [(i, x.tobytes(), "v") for i, x in zip(signature_ids(levels, "v"), levels)]
table = spark.createDataFrame(rows, spark_schema(SIGNATURES)).repartition(4).persist()
codebook = fit_codebook(levels, 10, 1)
model = Model("v", 9, True, ("cells",), 0.45, nearest=4, codebook=codebook)


def troubled(function):
    def work(batches):
        task = TaskContext.get()
        if task.attemptNumber() == 0 and task.partitionId() == 1:
            raise RuntimeError("this attempt fails")
        if task.attemptNumber() == 0 and task.partitionId() == 2:
            time.sleep(20)  # until another copy of this task has ended
        yield from function(batches)
    return work


def pairs():
    joined = stage.join_table(stage.find_cells(table, model), model, {}, 6)
    rows = stage.pair_rows(stage.find_pairs(joined, model, {}), model).collect()
    return sorted((r.signature_id_a.hex(), r.signature_id_b.hex(), r.distance) for r in rows)


quiet = pairs()
for name in ("assigner", "exploder", "comparer"):
    made = getattr(stage, name)
    setattr(stage, name, lambda *a, made=made: troubled(made(*a)))
start = time.monotonic()
same = pairs() == quiet
print(json.dumps({"pairs": len(quiet), "same": same, "seconds": time.monotonic() - start}))
'''


@pytest.mark.slow
def test_failures_and_speculation_change_nothing(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    job = tmp_path / "search.py"
    job.write_text(_JOB)
    door = [str(PROJECT / "spark-submit.sh"), "--master", "local-cluster[2,2,1024]"]
    settings = {
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": QUICK_JVM,
        "spark.executor.extraJavaOptions": QUICK_JVM,
        "spark.speculation": "true",
        "spark.speculation.interval": "50ms",
        "spark.speculation.multiplier": "1",
        "spark.speculation.quantile": "0.5",
        "spark.speculation.minTaskRuntime": "1s",
    }
    options = [word for k, v in settings.items() for word in ("--conf", f"{k}={v}")]
    ended = subprocess.run(
        [*door, *options, str(job)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["same"]
    assert told["pairs"] > 100
