"""The plan of a search of all with all. Other plans count keys, which needs Spark."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from jobs.planning import Bucket, Plan, plan_search
from jobs.run import Run
from jobs.settings import read_settings
from matching import Model
from matching.buckets import BucketPlan

MODEL = Model("v1", 9, True, ("exhaustive",), 0.4)


def plan_of(count: int, **matching: object) -> Plan:
    overrides = {f"matching.{name}": value for name, value in matching.items()}
    run = SimpleNamespace(settings=read_settings(None, overrides))
    model, plan = plan_search(cast("Run", run), cast("Any", None), MODEL, count)
    assert model is MODEL
    return plan


@pytest.mark.parametrize(("count", "groups"), [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2), (95, 10)])
def test_all_with_all_is_one_bucket_in_groups(count: int, groups: int) -> None:
    plan = plan_of(count, bucket_rows=10)
    comparisons = count * (count - 1) // 2
    assert plan == Plan(
        keys=1,
        rows=count * groups,
        comparisons=comparisons,
        comparisons_bounded=0,
        hot_words=0,
        capped=0,
        signatures_without_key=0,
        buckets={0: BucketPlan(0, groups, comparisons, 0)},
        largest=(Bucket(0, count, comparisons),),
    )


def test_all_with_all_is_never_capped() -> None:
    plan = plan_of(10**6, bucket_comparisons_per_row=1)
    assert plan.comparisons == 10**6 * (10**6 - 1) // 2
    assert (plan.capped, plan.comparisons_bounded) == (0, 0)
