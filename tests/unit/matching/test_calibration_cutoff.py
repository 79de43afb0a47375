"""The cutoff that a bound of the false share allows, and what is chosen where none does."""

import numpy as np
import pytest

from matching.calibration.cutoff import NOTHING, Choice, Verdict, choose_cutoff
from matching.calibration.false_removals import FalseRemovals

CUTOFFS = np.array([0.1, 0.2, 0.3, 0.35, 0.4, 0.45])


def estimate(
    removed: list[int], false: list[int], undecided: list[int] | None = None
) -> FalseRemovals:
    """Estimates with the bound that the formula gives."""
    counts = np.array(false)
    high = counts + 1 + 1.64 * np.sqrt(2 * counts + 1)
    of_them = np.array(undecided or [0] * len(false))
    return FalseRemovals(CUTOFFS, np.array(removed), counts, counts * 0.0, high, of_them)


def test_the_largest_bounded_cutoff_is_certified() -> None:
    choice = choose_cutoff(estimate([300, 400, 500, 500, 600, 900], [0, 0, 0, 1, 4, 60]), 0.01)
    assert choice == Choice(0.35, Verdict.CERTIFIED, 500, 1, pytest.approx(4.84 / 500, rel=1e-3))


def test_a_larger_share_allows_a_larger_cutoff() -> None:
    some = estimate([300, 400, 500, 500, 600, 900], [0, 0, 0, 1, 4, 60])
    assert choose_cutoff(some, 0.05).cutoff == 0.4
    assert choose_cutoff(some, 0.15).cutoff == 0.45


@pytest.mark.parametrize(("removed", "verdict"), [(264, True), (263, False)])
def test_one_per_cent_takes_264_removals(removed: int, verdict: bool) -> None:
    choice = choose_cutoff(estimate([removed] * 6, [0] * 6), 0.01)
    assert (choice.verdict is Verdict.CERTIFIED) == verdict


def test_a_bound_that_comes_down_again_does_not_count() -> None:
    choice = choose_cutoff(estimate([100, 300, 310, 710, 720, 730], [0, 0, 1, 2, 20, 60]), 0.01)
    assert choice.cutoff == 0.2
    assert choice.removed == 300


def test_without_certainty_the_cutoff_stays_below_the_first_decoy() -> None:
    few = [40, 50, 60, 60, 70, 90]
    choice = choose_cutoff(estimate(few, [0, 0, 0, 0, 1, 5]), 0.01)
    assert choice.verdict is Verdict.TOO_FEW_REMOVALS
    assert choice.cutoff == 0.3
    assert choice.share_high == pytest.approx(2.64 / 60)
    assert choose_cutoff(estimate(few, [0, 0, 0, 1, 2, 5]), 0.01).cutoff == 0.2
    assert choose_cutoff(estimate(few, [0] * 6), 0.01).cutoff == 0.35


def test_without_certainty_there_are_no_undecided_removals() -> None:
    few = [40, 50, 60, 60, 70, 90]
    choice = choose_cutoff(estimate(few, [0, 0, 2, 2, 2, 2], [0, 0, 2, 2, 2, 2]), 0.01)
    assert choice.cutoff == 0.2
    assert choose_cutoff(estimate(few, [1] * 6, [1] * 6), 0.01).cutoff == NOTHING


@pytest.mark.parametrize(
    ("removed", "false"),
    [
        ([0] * 6, [0] * 6),  # no duplicates, no decoys
        ([0, 0, 1, 5, 44, 387], [0, 0, 1, 7, 49, 462]),  # photographs without duplicates
        ([2, 4, 5, 5, 5, 5], [0] * 6),  # as many may be false as are right
        ([300, 300, 300, 300, 300, 300], [60] * 6),  # decoys everywhere
    ],
)
def test_where_nothing_is_certain_nothing_is_removed(removed: list[int], false: list[int]) -> None:
    choice = choose_cutoff(estimate(removed, false), 0.05)
    assert choice == Choice(NOTHING, Verdict.NOTHING_CERTAIN, 0, 0, 0.0)
