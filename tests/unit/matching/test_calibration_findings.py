"""Aligned pictures and mirrored copies are noticed, chance is not."""

import numpy as np
import pytest

from matching.calibration.findings import Findings, find, turned_copies
from matching.calibration.graph import decoys, known_graph
from matching.calibration.matches import FAR
from matching.decoys import FLIP, MIRROR

from .matching_graphs import matches_of

Pair = tuple[int, int, float, float, float, int]


def found(pairs: list[Pair]) -> Findings:
    graph = known_graph(np.arange(1_000), 1_000, matches_of(*pairs))
    return find(graph, decoys(graph))


def apart(count: int, real: float, mirror: float, start: int = 0) -> list[Pair]:
    """Pairs of images that are in no other pair."""
    return [(2 * i + 1, 2 * i, real, mirror, FAR, 3) for i in range(start, start + count)]


def test_twice_as_many_real_pairs_as_decoys_are_aligned() -> None:
    pairs = apart(41, 0.42, 0.9) + apart(20, 0.9, 0.42, start=41)
    assert found(pairs)[:3] == (41, 20, True)
    assert found(pairs[1:])[:3] == (40, 20, False)


def test_a_few_pairs_are_not_enough_to_tell() -> None:
    assert not found(apart(29, 0.42, 0.9)).aligned
    assert found(apart(30, 0.42, 0.9)).aligned


def test_only_pairs_between_keepers_near_the_ceiling_count() -> None:
    pairs = apart(40, 0.42, 0.9) + apart(50, 0.39, 0.9, start=40)
    assert found(pairs)[:2] == (40, 0)
    assert found(pairs + apart(30, 0.9, 0.39, start=90)).decoy == 0
    # The images of these pairs are removed by image 999 - 2i, which is no rank below.
    removed = [(2 * i + 1, 2 * i, 0.42, 0.9, FAR, 3) for i in range(100, 140)]
    removed += [(2 * i + 1, 0, 0.1, 0.9, FAR, 3) for i in range(100, 140)]
    assert found(pairs + removed).real == 40


def test_turned_copies_are_named_by_their_ranks() -> None:
    pairs: list[Pair] = [(70, 30, 0.7, 0.1, 0.7, 3), (90, 30, 0.7, 0.7, 0.1, 3)]
    graph = known_graph(np.array([30]), 1_000, matches_of(*pairs))
    assert turned_copies(graph, MIRROR).tolist() == [[30, 70]]
    assert turned_copies(graph, FLIP).tolist() == [[30, 90]]


def test_mirrored_copies_are_pairs_of_pictures_that_are_not_symmetric() -> None:
    pairs: list[Pair] = [
        (1, 0, 0.7, 0.19, 0.7, 3),
        (3, 2, 0.7, 0.19, 0.7, FLIP),  # symmetric: near its mirror anyway
        (5, 4, 0.7, 0.7, 0.19, 3),
        (7, 6, 0.7, 0.7, 0.19, MIRROR),
        (9, 8, 0.7, 0.2, 0.2, 3),  # not near enough
    ]
    findings = found(pairs)
    assert (findings.mirrored_copies, findings.flipped_copies) == (1, 1)


@pytest.mark.parametrize(
    ("mirrored", "flipped", "expected"),
    [(6, 0, FLIP), (0, 6, MIRROR), (5, 0, None), (0, 5, None), (6, 6, None), (0, 0, None)],
)
def test_decoys_that_copies_spoil_are_not_preferred(
    mirrored: int, flipped: int, expected: int | None
) -> None:
    findings = Findings(0, 0, False, mirrored, flipped)
    assert findings.preferred == expected
    assert findings.spoilt == (mirrored == flipped == 6)


def test_pairs_of_rivals_tell_nothing() -> None:
    graph = known_graph(np.array([999]), 1_000, matches_of(*apart(50, 0.42, FAR)))
    assert find(graph, decoys(graph)) == (0, 0, False, 0, 0)
