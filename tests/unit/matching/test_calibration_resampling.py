"""Weights are of groups, and bounds are the wider of two."""

import numpy as np

from matching.calibration.resampling import bound, group_weights


def test_members_of_a_group_share_their_weight() -> None:
    group = np.array([7, 3, 7, 9, 3])
    drawn = np.concatenate([*group_weights(group, 45, seed=1)])
    assert drawn.shape == (45, 5)
    np.testing.assert_array_equal(drawn[:, 0], drawn[:, 2])
    np.testing.assert_array_equal(drawn[:, 1], drawn[:, 4])
    assert (drawn[:, 0] != drawn[:, 1]).any()


def test_weights_have_mean_and_variance_one() -> None:
    drawn = np.concatenate([*group_weights(np.arange(500), 400, seed=2)])
    assert abs(drawn.mean() - 1) < 0.01
    assert abs(drawn.var() - 1) < 0.02


def test_a_seed_gives_the_same_weights() -> None:
    first, again, other = (
        np.concatenate([*group_weights(np.arange(20), 30, seed)]) for seed in (4, 4, 5)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_wider_bound_holds() -> None:
    drawn = np.stack([np.full(100, 50.0), np.arange(100.0)], axis=1)
    low, high = bound(np.array([50.0, 50.0]), drawn)
    spread = 1.64 * np.sqrt(101)
    np.testing.assert_allclose(low, [50 - spread, np.percentile(drawn[:, 1], 5)])
    np.testing.assert_allclose(high, [51 + spread, np.percentile(drawn[:, 1], 95)])


def test_nothing_counted_leaves_room() -> None:
    low, high = bound(np.zeros(1), np.zeros((10, 1)))
    np.testing.assert_allclose((low, high), [[0], [2.64]])
