"""Recall of a sample: its sums, and intervals that hold the truth where pairs come in clumps."""

import numpy as np
import numpy.typing as npt
import pytest

from matching.audit import EDGES, Recall, audit_recall, counts_by_bin

Counts = npt.NDArray[np.int64]


def column(*values: int) -> Counts:
    return np.array(values, np.int64)[:, np.newaxis]


def interval(recall: Recall) -> tuple[float, float, float]:
    return float(recall.low[0]), float(recall.value[0]), float(recall.high[0])


def test_counts_by_bin() -> None:
    row = np.array([0, 0, 0, 2, 2, 2])
    distance = np.array([0.0, 0.1999, 0.2, 0.3, 0.4499, 0.45])
    expected = [[2, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1]]
    assert counts_by_bin(row, distance, 3).tolist() == expected
    assert counts_by_bin(row[:0], distance[:0], 3).tolist() == [[0] * (len(EDGES) - 1)] * 3


def test_images_count_the_same_or_as_often_as_they_have_neighbours() -> None:
    audit = audit_recall(column(1, 9, 0), column(0, 9, 0), 1_000)
    assert audit.images.tolist() == [2]
    assert audit.neighbours.tolist() == [10]
    assert audit.found.tolist() == [9]
    assert audit.per_image.value.tolist() == [0.5]
    assert audit.by_pairs.value.tolist() == [0.9]


def test_bins_are_apart() -> None:
    audit = audit_recall(np.array([[4, 2], [4, 0]]), np.array([[4, 1], [2, 0]]), 1_000)
    assert audit.by_pairs.value.tolist() == [0.75, 0.5]
    assert audit.images.tolist() == [2, 1]


def test_nothing_to_find_tells_nothing() -> None:
    audit = audit_recall(np.zeros((5, 1), np.int64), np.zeros((5, 1), np.int64), 100)
    assert np.isnan(interval(audit.per_image)).all()
    assert np.isnan(interval(audit.by_pairs)).all()


def test_a_whole_corpus_leaves_nothing_open() -> None:
    audit = audit_recall(column(3, 5), column(2, 5), 2)
    assert interval(audit.by_pairs) == (0.875, 0.875, 0.875)


def test_all_found_in_a_sample_is_not_all_found() -> None:
    low, value, high = interval(
        audit_recall(column(*[2] * 100), column(*[2] * 100), 10_000).per_image
    )
    assert (value, high) == (1, 1)
    assert 0.95 < low < 0.97  # 3.8 / 104, as Wilson has it for 100 of 100


def test_a_spread_known_from_four_images_is_known_badly() -> None:
    audit = audit_recall(column(1, 1, 1, 1), column(1, 1, 1, 1), 10**9)
    # Wilson's 1 / (1 + q**2 / 4), with q = 1.96 + (1.96**3 + 1.96) / 16 in place of 1.96.
    assert audit.per_image.low[0] == pytest.approx(0.3803, abs=1e-3)


def test_one_image_with_most_pairs_tells_less_than_many_images() -> None:
    many = audit_recall(column(*[10] * 100), column(*[10] * 100), 10_000)
    one = audit_recall(column(901, *[1] * 99), column(901, *[1] * 99), 10_000)
    assert many.by_pairs.low[0] > 0.95
    assert one.by_pairs.low[0] < 0.6


def degrees(generator: np.random.Generator, images: int) -> Counts:
    """Numbers of neighbours as in real corpora: 1 % of the images have most pairs."""
    hubs = generator.random(images) < 0.01
    return np.where(
        hubs, generator.integers(200, 2_000, images), generator.geometric(0.3, images) - 1
    )


@pytest.mark.parametrize(
    ("losing", "lost", "each"),
    [
        (0.0, 0.0, 0.0),  # all is found
        (0.0, 0.0, 0.001),  # pairs are missed one by one
        (0.0, 0.0, 0.05),
        (0.02, 0.5, 0.0),  # some images miss half of theirs
        (0.3, 0.5, 0.3),  # a poor model
    ],
)
def test_the_interval_holds_the_truth(losing: float, lost: float, each: float) -> None:
    generator = np.random.default_rng(7)
    neighbours = degrees(generator, 30_000)
    miss = np.where(generator.random(len(neighbours)) < losing, lost, 0) + each
    found = neighbours - generator.binomial(neighbours, miss)
    by_pairs = found.sum() / neighbours.sum()
    per_image = (found / np.maximum(neighbours, 1))[neighbours > 0].mean()
    held = np.zeros(2)
    runs = 300
    for _ in range(runs):
        chosen = generator.choice(len(neighbours), 1_000, replace=False)
        audit = audit_recall(column(*neighbours[chosen]), column(*found[chosen]), len(neighbours))
        for i, (recall, truth) in enumerate(
            [(audit.per_image, per_image), (audit.by_pairs, by_pairs)]
        ):
            low, value, high = interval(recall)
            assert 0 <= low <= value <= high <= 1
            held[i] += low <= truth <= high
    assert (held / runs >= 0.92).all()


def test_the_interval_narrows_with_the_sample() -> None:
    widths = []
    for images in (100, 1_000):
        found = column(*[4, 5] * (images // 2))
        low, _, high = interval(audit_recall(column(*[5] * images), found, 10**6).per_image)
        widths.append(high - low)
    assert widths[1] < 0.4 * widths[0]
    assert widths[1] < 0.06
