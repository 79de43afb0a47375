"""What a bucket costs is counted as by a slow loop, and caps lose as little as they can."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.buckets import BucketLimits, comparisons_within, members_within, plan_bucket

Members = npt.NDArray[np.int64]

MEMBERS = st.lists(st.integers(0, 4), min_size=1, max_size=12).map(
    lambda counts: np.array(counts, np.int64)
)
REACHES = st.integers(-1, 30)


def costs_of(members: Members) -> list[int]:
    """One cost for each row."""
    return [cost for cost, count in enumerate(members.tolist()) for _ in range(count)]


def meetings(members: Members, reach: int) -> int:
    costs = costs_of(members)
    return sum(a + b <= reach for i, a in enumerate(costs) for b in costs[i + 1 :])


@settings(deadline=None)
@given(MEMBERS, REACHES)
def test_comparisons_are_those_of_a_slow_loop(members: Members, reach: int) -> None:
    assert comparisons_within(members, reach) == meetings(members, reach)


@settings(deadline=None)
@given(MEMBERS, REACHES)
def test_members_are_those_that_the_cheapest_row_reaches(members: Members, reach: int) -> None:
    costs = costs_of(members)
    found = members_within(members, reach)
    assert found == sum(cost + min(costs) <= reach for cost in costs)
    # That is: those who meet another, and no more than one who is alone.
    meeting = sum(
        any(cost + other <= reach for j, other in enumerate(costs) if i != j)
        for i, cost in enumerate(costs)
    )
    assert found == meeting or (found, meeting) == (1, 0)


@settings(deadline=None)
@given(MEMBERS, REACHES, st.integers(0, 80), st.integers(1, 9))
def test_a_plan_keeps_the_largest_reach_that_the_limit_allows(
    members: Members, reach: int, comparisons: int, rows: int
) -> None:
    plan = plan_bucket(members, reach, BucketLimits(rows, comparisons))
    allowed = [r for r in range(-1, reach + 1) if meetings(members, r) <= comparisons]
    assert plan.reach == max(allowed)
    assert plan.comparisons == meetings(members, plan.reach)
    assert plan.comparisons + plan.comparisons_bounded == meetings(members, reach)


@settings(deadline=None)
@given(MEMBERS, REACHES, st.integers(0, 80), st.integers(1, 9))
def test_groups_have_about_as_many_rows_as_the_limit(
    members: Members, reach: int, comparisons: int, rows: int
) -> None:
    plan = plan_bucket(members, reach, BucketLimits(rows, comparisons))
    there = members_within(members, plan.reach)
    assert plan.groups >= 1
    assert there <= plan.groups * rows
    assert plan.groups == 1 or there > (plan.groups - 1) * rows


@pytest.mark.parametrize(
    ("count", "rows", "groups"), [(0, 10, 1), (1, 10, 1), (10, 10, 1), (11, 10, 2), (95, 10, 10)]
)
def test_a_bucket_without_costs_is_split(count: int, rows: int, groups: int) -> None:
    pairs = count * (count - 1) // 2
    plan = plan_bucket(np.array([count]), 0, BucketLimits(rows, pairs))
    assert plan == (0, groups, pairs, 0)


def test_a_bucket_without_costs_is_capped_as_a_whole() -> None:
    plan = plan_bucket(np.array([100]), 0, BucketLimits(10, 4949))
    assert plan == (-1, 1, 0, 4950)


def test_a_capped_bucket_keeps_its_cheapest_rows_together() -> None:
    members = np.zeros(256, np.int64)
    members[[10, 60, 120]] = [3, 100, 1000]
    plan = plan_bucket(members, 184, BucketLimits(50, 5253))
    # 3 + 300 + 4,950 pairs within 120; from 130 on, 3 x 1,000 more.
    assert plan == (129, 3, 5253, 3_000 + 100_000)


def test_numbers_of_a_large_corpus() -> None:
    members = np.full(256, 10_000_000, np.int64)
    total = 256 * 10_000_000
    assert comparisons_within(members, 510) == total * (total - 1) // 2
    assert plan_bucket(members, 254, BucketLimits(8192, 10**14)).comparisons <= 10**14
