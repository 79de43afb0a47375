"""From signatures to a cutoff: a small corpus whose truth is known."""

import numpy as np
import pytest

from matching.calibration import (
    Matches,
    Ranked,
    Verdict,
    calibrate,
    choose_cutoff,
    concatenated,
    known_graph,
    matches_in_block,
    rivals_in_block,
    rivals_to_ask,
)
from matching.calibration.graph import decoys
from matching.calibration.matches import FAR
from matching.decoys import FLIP, MIRROR, mirrored

from .examples import Levels, random_levels
from .matching_graphs import matches_of

IMAGES = 900


def pictures(generator: np.random.Generator, copies: int, mirrors: int = 0) -> Levels:
    """Random signatures, noisy copies of some of them, and mirrored ones."""
    plain = random_levels(generator, IMAGES - copies - mirrors, 272)
    noisy = plain[:copies].copy()
    for copy in noisy:
        places = generator.choice(272, 20, replace=False)
        copy[places] = np.clip(copy[places] + 1, -2, 2)
    return np.concatenate([plain, noisy, mirrored(plain[:mirrors])])


def corpus(copies: int, mirrors: int = 0) -> Ranked:
    generator = np.random.default_rng(copies + mirrors)
    return Ranked(pictures(generator, copies, mirrors), generator.permutation(IMAGES))


def scanned(asked: Ranked, every: Ranked) -> Matches:
    blocks = [
        Ranked(every.levels[i : i + 250], every.rank[i : i + 250]) for i in range(0, 900, 250)
    ]
    return concatenated(matches_in_block(asked, block) for block in blocks)


def test_enough_clear_copies_certify_every_cutoff() -> None:
    every = corpus(copies=300)
    estimate = calibrate(known_graph(every.rank, IMAGES, scanned(every, every)), seed=1)
    choice = choose_cutoff(estimate.removals, 0.01)
    assert (choice.cutoff, choice.verdict, choice.removed) == (0.45, Verdict.CERTIFIED, 300)
    assert estimate.pairs.real_below[-1] == 300
    assert estimate.pairs.false_below[-1] == 0
    assert not estimate.findings.aligned


def test_no_copies_remove_nothing() -> None:
    every = corpus(copies=0)
    estimate = calibrate(known_graph(every.rank, IMAGES, scanned(every, every)), seed=1)
    assert choose_cutoff(estimate.removals, 0.05).verdict is Verdict.NOTHING_CERTAIN


def test_a_sample_in_two_passes() -> None:
    every = corpus(copies=300)
    chosen = np.random.default_rng(1).choice(IMAGES, 400, replace=False)
    sample = Ranked(every.levels[chosen], every.rank[chosen])
    own = scanned(sample, every)
    named = np.isin(every.rank, rivals_to_ask(sample.rank, own, 0.45))
    rivals = rivals_in_block(Ranked(every.levels[named], every.rank[named]), every)
    graph = known_graph(sample.rank, IMAGES, concatenated([own, rivals]))
    estimate = calibrate(graph, seed=1)
    assert estimate.pairs.real_below[-1] == pytest.approx(300, rel=0.15)
    assert graph.scale * estimate.removals.removed[-1] == pytest.approx(300, rel=0.25)


def test_mirrored_copies_are_found_and_flips_taken() -> None:
    every = corpus(copies=300, mirrors=100)
    graph = known_graph(every.rank, IMAGES, scanned(every, every))
    estimate = calibrate(graph, seed=1)
    # Of each mirrored picture there are two: itself and its noisy copy.
    assert estimate.findings.mirrored_copies >= 100
    assert estimate.findings.preferred == FLIP
    assert estimate.removals.false[-1] == 0
    np.testing.assert_array_equal(estimate.decoys.distance, decoys(graph, FLIP).distance)


def test_flipped_copies_leave_the_mirrors() -> None:
    pairs = [(2 * i + 1, 2 * i, FAR, FAR, 0.1, 3) for i in range(50)]
    graph = known_graph(np.arange(100), 100, matches_of(*pairs))
    estimate = calibrate(graph, seed=1)
    assert estimate.findings.preferred == MIRROR
    assert estimate.removals.false[-1] == 0


def test_flips_count_where_they_are_clearly_more() -> None:
    """Pages of text: mirrored ones are like no others, flipped ones are."""
    pairs = [(2 * i + 1, 2 * i, FAR, FAR, 0.4, 3) for i in range(50)]
    graph = known_graph(np.arange(100), 100, matches_of(*pairs))
    estimate = calibrate(graph, seed=1)
    assert estimate.findings.preferred is None
    assert estimate.removals.false[-1] == 50


def test_a_lower_ceiling_ends_the_tables() -> None:
    pairs = [(2 * i + 1, 2 * i, FAR, 0.3, FAR, 3) for i in range(50)]
    graph = known_graph(np.arange(100), 100, matches_of(*pairs))
    estimate = calibrate(graph, seed=1, ceiling=0.35)
    assert estimate.removals.cutoffs[-1] == 0.35
    assert estimate.pairs.edges[-1] == 0.35
