"""Which buckets are capped: decided with the model, and again only where one overflows."""

import numpy as np
import pytest

from matching import Model
from matching.buckets import OVERFLOW, OVERFLOW_STEP, comparisons_within
from matching.caps import planned, reaches_of, rows_that_may_overflow, with_caps
from matching.model import Caps

MODEL = Model("v1", 9, True, ("cells",), 0.4, reach=100)
KEY, CROWDED = 3, 8


def members(rows: int, seed: int = 1) -> np.ndarray:  # type: ignore[type-arg]
    costs = np.random.default_rng(seed).integers(0, 90, rows)
    return np.bincount(costs, minlength=256).astype(np.int64)


def capped(per_row: int = 10) -> Model:
    return with_caps(MODEL, [(KEY, members(12)), (CROWDED, members(400))], per_row)


def reach_under(model: Model, rows: int, key: int = CROWDED, seed: int = 1) -> int:
    return dict(planned(model, [(key, members(rows, seed))], 10**9))[key].reach


def test_a_bucket_that_costs_too_much_is_capped_at_the_highest_reach_that_does_not() -> None:
    model = capped()
    assert model.caps.comparisons_per_row == 10
    assert model.caps.keys == (CROWDED,)
    (reach,) = model.caps.reaches
    assert comparisons_within(members(400), reach) <= 4000
    assert comparisons_within(members(400), reach + 1) > 4000
    assert model.model_id != MODEL.model_id


def test_caps_outlive_their_reason() -> None:
    model = capped()
    (reach,) = model.caps.reaches
    for rows in (1, 50, 399, 401, 900):
        assert reach_under(model, rows) == reach
    for rows in (2, 12, 60):
        assert reach_under(model, rows, KEY) == 100


@pytest.mark.parametrize("key", [KEY, CROWDED])
def test_a_bucket_that_overflows_is_capped_in_steps(key: int) -> None:
    model = capped()
    first = {KEY: 100, CROWDED: model.caps.reaches[0]}[key]
    reaches = [reach_under(model, rows, key) for rows in range(100, 6000, 100)]
    assert reaches == sorted(reaches, reverse=True)
    assert len(set(reaches)) > 2
    assert all((first - reach) % OVERFLOW_STEP == 0 for reach in reaches if reach >= 0)
    for rows, reach in zip(range(100, 6000, 100), reaches, strict=True):
        assert comparisons_within(members(rows), reach) <= OVERFLOW * 10 * rows


def test_small_buckets_cannot_overflow() -> None:
    model = capped()
    everyone_meets = np.zeros(256, np.int64)
    everyone_meets[0] = rows_that_may_overflow(model)
    (plan,) = (p for _, p in planned(model, [(KEY, everyone_meets)], 10**9))
    assert plan.reach == 100
    everyone_meets[0] += 2
    (plan,) = (p for _, p in planned(model, [(KEY, everyone_meets)], 10**9))
    assert plan.reach < 100


def test_a_reach_that_was_looked_at_goes_before_the_models() -> None:
    caps = Caps(10, (3, 8), (50, 60))
    model = Model(**{**vars(MODEL), "caps": caps})
    assert reaches_of(model, {}) == {3: 50, 8: 60}
    assert reaches_of(model, {8: 44, 9: 84}) == {3: 50, 8: 44, 9: 84}
