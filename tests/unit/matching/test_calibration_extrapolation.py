"""Predictions beside simulated corpora whose pictures have propensities to collide."""

import numpy as np
import numpy.typing as npt
import pytest

from matching.calibration.extrapolation import ENOUGH_DECOYS, Prediction, predict
from matching.calibration.graph import Graph, decoys, known_graph, removed_at
from matching.calibration.matches import FAR, Matches

Values = npt.NDArray[np.float64]

CUTOFF = 0.45


def simulated(
    generator: np.random.Generator, images: int, rate: float, shape: float
) -> tuple[Graph, int]:
    """Pictures that collide in the product of their propensities, half as real ones."""
    propensity = generator.gamma(shape, 1 / shape, images)
    expected = rate * images / 2
    # Pairs drawn by propensity: as many collisions each as the product says.
    share = propensity / propensity.sum()
    ends = generator.choice(images, (generator.poisson(2 * expected), 2), p=share)
    ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    near = generator.uniform(0.3, CUTOFF, len(ends))
    real = generator.random(len(ends)) < 0.5
    found = Matches(
        ends[:, 1],
        ends[:, 0],
        np.where(real, near, FAR),
        np.where(real, FAR, near),
        np.full(len(ends), FAR),
        np.full(len(ends), 3, np.uint8),
    )
    return known_graph(np.arange(images), images, found), int(np.count_nonzero(real))


def told(graph: Graph, times: float, cutoff: float = CUTOFF) -> Prediction:
    return predict(graph, decoys(graph), cutoff, times, seed=1)


@pytest.mark.parametrize("shape", [0.3, 1.0, 20.0])
@pytest.mark.parametrize("times", [1, 10])
def test_a_tenth_foretells_the_whole(shape: float, times: int) -> None:
    generator = np.random.default_rng(int(10 * shape))
    # `rate` is the real matches of an image: 0.1 of the tenth, ten times as many of the whole.
    tenth, _ = simulated(generator, 8_000, 0.1, shape)
    whole, pairs = simulated(generator, 8_000 * times, 0.1 * times, shape)
    removed = np.count_nonzero(removed_at(whole, CUTOFF))
    prediction = told(tenth, times)
    assert prediction.certain
    assert prediction.corpus == 8_000 * times
    assert prediction.false_removals == pytest.approx(removed, rel=0.25)
    assert prediction.false_removals_low < removed < prediction.false_removals_high
    assert prediction.false_pairs == pytest.approx(pairs, rel=0.25)
    assert prediction.false_pairs_low < pairs < prediction.false_pairs_high


def test_removals_do_not_grow_with_the_square() -> None:
    graph, _ = simulated(np.random.default_rng(2), 4_000, 0.2, 0.5)
    once, more = told(graph, 1), told(graph, 100)
    assert more.false_pairs == pytest.approx(100**2 * once.false_pairs)
    assert once.false_removals < more.false_removals < 0.6 * 100**2 * once.false_removals
    assert more.false_removals < 400_000


def chain(decoy_pairs: int, copies: bool) -> Graph:
    """Pairs of images apart from each other, the worse of each a copy of image 0 or not."""
    count = decoy_pairs
    better, worse = np.arange(1, count + 1), np.arange(count + 1, 2 * count + 1)
    columns = [(better, worse, 0.9, 0.4)]
    if copies:
        columns.append((np.zeros(count, np.int64), worse, 0.1, FAR))
    found = Matches(
        np.concatenate([w for _, w, _, _ in columns]),
        np.concatenate([b for b, _, _, _ in columns]),
        np.concatenate([np.full(count, real) for _, _, real, _ in columns]),
        np.concatenate([np.full(count, mirror) for _, _, _, mirror in columns]),
        np.full(count * len(columns), FAR),
        np.full(count * len(columns), 3, np.uint8),
    )
    return known_graph(np.arange(2 * count + 1), 2 * count + 1, found)


def test_below_a_hundred_decoys_it_cannot_be_told() -> None:
    enough = told(chain(ENOUGH_DECOYS, copies=False), 10)
    assert enough.certain
    assert enough.decoy_pairs == ENOUGH_DECOYS
    few = told(chain(ENOUGH_DECOYS - 1, copies=False), 10)
    assert not few.certain
    assert few.decoy_pairs == ENOUGH_DECOYS - 1
    assert np.isnan(few[3:]).all()


def test_decoys_of_copies_tell_nothing_new() -> None:
    prediction = told(chain(ENOUGH_DECOYS + 50, copies=True), 10)
    assert prediction.decoy_pairs == 0
    assert not prediction.certain


def test_decoys_beyond_the_cutoff_do_not_count() -> None:
    assert told(chain(ENOUGH_DECOYS, copies=False), 10, cutoff=0.4).decoy_pairs == 0
