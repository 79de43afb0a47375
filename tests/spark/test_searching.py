"""The search as a run makes it: model, plan, cells and pairs, on signatures without pictures."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.errors import UserError
from jobs.explaining import plan_lines
from jobs.fitting import fit_to_store, model_lines
from jobs.model import Distinct, load_model
from jobs.progress import Progress
from jobs.run import Run
from jobs.searching import Search, plan_pairs, search_pairs
from jobs.settings import read_settings
from jobs.stages.schema import spark_schema
from matching import signature_ids
from signature import signature_version
from store.schemas import IMAGES, SIGNATURES
from tests.unit.matching.examples import brute_force, signatures

pytestmark = pytest.mark.spark

LEVELS = signatures(700)[1:]  # the first is featureless, which a run never compares
VERSION = signature_version()
IDS = signature_ids(LEVELS, VERSION)
CUTOFF = 0.45
CELLS = {"matching.rules": "cells", "matching.cells": 40, "matching.nearest": 6}

Pairs = dict[tuple[bytes, bytes], float]
MakeRun = Callable[..., Run]


@pytest.fixture
def make_run(spark: SparkSession, tmp_path: Path) -> Iterator[MakeRun]:
    """Return a function that starts a run on one store, with settings."""
    with Progress(lambda: (0, 0), io.StringIO()) as progress:

        def make(**settings: object) -> Run:
            values = {"cutoff": CUTOFF, **{k.replace("__", "."): v for k, v in settings.items()}}
            run = Run(spark, "test", str(tmp_path / "store"), read_settings(None, values), progress)
            (tmp_path / "store").mkdir(exist_ok=True)
            return run

        yield make


@pytest.fixture
def distinct(spark: SparkSession, tmp_path: Path) -> Distinct:
    """Return the signatures as a table on disk, its rows in a seeded random order."""
    return _table(spark, tmp_path, np.random.default_rng(5).permutation(len(LEVELS)))


def _table(spark: SparkSession, folder: Path, order: np.ndarray) -> Distinct:  # type: ignore[type-arg]
    rows = [(IDS[i], LEVELS[i].tobytes(), VERSION) for i in order]
    path = str(folder / f"signatures-{len(order)}-{order[0]}")
    frame = spark.createDataFrame(rows, spark_schema(SIGNATURES))
    frame.repartition(4).write.parquet(path)
    return Distinct(spark.read.parquet(path), len(order), VERSION)


def found(run: Run, search: Search) -> Pairs:
    rows = search_pairs(run, search).collect()
    pairs = {(bytes(r.signature_id_a), bytes(r.signature_id_b)): r.distance for r in rows}
    assert len(pairs) == len(rows)
    return pairs


def true_pairs() -> Pairs:
    ends = brute_force(LEVELS, CUTOFF).items()
    return {tuple(sorted((IDS[a], IDS[b]))): d for (a, b), d in ends}  # type: ignore[misc]


def test_cells_find_nearly_all_and_write_their_table(make_run: MakeRun, distinct: Distinct) -> None:
    run = make_run(matching__rules="cells", matching__cells=40, matching__nearest=6)
    search = plan_pairs(run, distinct)
    pairs, true = found(run, search), true_pairs()
    assert pairs.items() <= true.items()
    assert len(pairs) > 0.9 * len(true) > 100
    cells = run.spark.read.format("delta").load(run.layout.table("cells")).collect()
    assert {bytes(row.signature_id) for row in cells} == set(IDS)
    assert {row.model_id for row in cells} == {search.model.model_id}
    assert {(len(row.cells), len(row.costs)) for row in cells} == {(6, 6)}
    all_of_them = len(LEVELS) * (len(LEVELS) - 1) // 2
    assert 0 < run.counts["comparisons"] < all_of_them
    assert run.counts["pairs"] == len(pairs)
    # The plan counts what is within reach; blocks at the edge of the reach make a few more.
    assert search.plan.comparisons <= run.counts["comparisons"] <= 2 * search.plan.comparisons


def test_partitions_and_order_change_nothing(
    spark: SparkSession, make_run: MakeRun, distinct: Distinct, tmp_path: Path
) -> None:
    settings = {k.replace(".", "__"): v for k, v in CELLS.items()}
    one = make_run(**settings, partitions=1)
    pairs = found(one, plan_pairs(one, distinct))
    seven = make_run(**settings, partitions=7)
    other = plan_pairs(seven, _table(spark, tmp_path, np.arange(len(LEVELS))))
    assert found(seven, other) == pairs
    assert seven.counts["comparisons"] == one.counts["comparisons"]


def test_splitting_loses_nothing_and_capping_says_what(
    make_run: MakeRun, distinct: Distinct
) -> None:
    settings = {k.replace(".", "__"): v for k, v in CELLS.items()}
    whole, split = make_run(**settings), make_run(**settings, matching__bucket_rows=20)
    pairs = found(whole, plan_pairs(whole, distinct))
    planned = plan_pairs(split, distinct)
    assert max(plan.groups for plan in planned.plan.buckets.values()) > 3
    assert found(split, planned) == pairs
    capped = make_run(**settings, matching__bucket_rows=20, matching__bucket_comparisons_per_row=5)
    fewer = plan_pairs(capped, distinct)
    assert fewer.plan.capped > 0
    assert found(capped, fewer).items() < pairs.items()
    assert capped.counts["capped"] == fewer.plan.capped
    assert capped.counts["comparisons_bounded"] > 0
    text = "\n".join(plan_lines(capped, fewer, _images(capped)))
    assert f"{fewer.plan.capped} capped buckets" in text
    assert f"{capped.counts['comparisons_bounded']:,}" in text


def test_one_cell_for_all_is_split_and_exact(make_run: MakeRun, distinct: Distinct) -> None:
    run = make_run(
        matching__rules="cells",
        matching__cells=1,
        matching__bucket_rows=100,
        matching__bucket_comparisons_per_row=350,
    )
    search = plan_pairs(run, distinct)
    (plan,) = search.plan.buckets.values()
    assert plan.groups == 7
    assert found(run, search) == true_pairs()


def test_bounded_output_keeps_the_nearest_of_either_end(
    make_run: MakeRun, distinct: Distinct
) -> None:
    run = make_run(matching__rules="exhaustive", matching__max_pairs_per_image=2)
    pairs, true = found(run, plan_pairs(run, distinct)), true_pairs()
    near: dict[bytes, list[tuple[float, bytes, tuple[bytes, bytes]]]] = {}
    for (a, b), distance in true.items():
        near.setdefault(a, []).append((distance, b, (a, b)))
        near.setdefault(b, []).append((distance, a, (a, b)))
    kept = {edge for ends in near.values() for _, _, edge in sorted(ends)[:2]}
    assert pairs == {edge: true[edge] for edge in kept}
    assert run.counts["pairs_dropped"] == len(true) - len(kept) > 0


@pytest.mark.slow
def test_a_model_is_used_again_until_it_no_longer_fits(
    spark: SparkSession, make_run: MakeRun, distinct: Distinct, tmp_path: Path
) -> None:
    settings = {k.replace(".", "__"): v for k, v in CELLS.items()}
    first = make_run(**settings)
    with pytest.raises(UserError, match="no committed run"):
        fit_to_store(first)
    model = plan_pairs(first, distinct).model
    first.write("images", _images(first))
    first.write("signatures", distinct.rows)
    first.commit(model.model_id, VERSION)
    assert load_model(model.model_id, first.layout, first.files).model_id == model.model_id
    few = _table(spark, tmp_path, np.arange(len(LEVELS) // 2))
    assert plan_pairs(make_run(**settings), few).model.model_id == model.model_id
    fewer = _table(spark, tmp_path, np.arange(len(LEVELS) // 5))
    assert plan_pairs(make_run(**settings), fewer).model.model_id != model.model_id
    other = plan_pairs(make_run(**{**settings, "matching__nearest": 5}), distinct).model
    assert other.model_id != model.model_id
    with pytest.raises(UserError, match="no model 0123"):
        plan_pairs(make_run(**settings), distinct, "0123")
    with pytest.raises(UserError, match=r"has the cutoff 0\.45, not 0\.3"):
        plan_pairs(make_run(**settings, cutoff=0.3), distinct, model.model_id)
    refitted = fit_to_store(make_run(**{**settings, "matching__seed": 2}))
    assert refitted.model_id != model.model_id
    assert f"--model {refitted.model_id}" in model_lines(refitted, "S")[-1]
    asked = plan_pairs(make_run(**settings), distinct, refitted.model_id)
    assert asked.model.model_id == refitted.model_id


def test_the_plan_names_the_largest_buckets_with_an_example(
    make_run: MakeRun, distinct: Distinct
) -> None:
    run = make_run(**{k.replace(".", "__"): v for k, v in CELLS.items()})
    search = plan_pairs(run, distinct)
    lines = plan_lines(run, search, _images(run))
    assert len(search.plan.largest) == 10
    rows = [bucket.rows for bucket in search.plan.largest]
    assert rows == sorted(rows, reverse=True)
    table = lines[lines.index("") + 1 :]
    assert len(table) == 11
    assert all("/pictures/" in line for line in table[1:])


def test_equal_models_have_equal_content(make_run: MakeRun, distinct: Distinct) -> None:
    settings = {k.replace(".", "__"): v for k, v in CELLS.items()}
    runs = [make_run(**settings), make_run(**settings, partitions=3)]
    models = [plan_pairs(run, distinct).model.model_id for run in runs]
    assert len(set(models)) == 1


def _images(run: Run) -> DataFrame:
    rows = [
        dict.fromkeys(IMAGES.names) | {"image_id": str(i), "path": f"/pictures/{i}.jpg"}
        for i in range(len(LEVELS))
    ]
    values = [tuple({**row, "signature_id": IDS[i]}.values()) for i, row in enumerate(rows)]
    return run.spark.createDataFrame(values, spark_schema(IMAGES))
