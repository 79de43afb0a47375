import numpy as np

from lookup.scan import near
from signature import distances
from tests.unit.lookup.examples import near_copies, random_levels


def test_distances_are_those_of_signature_and_the_nearest_form_wins() -> None:
    levels = np.concatenate([random_levels(50), np.zeros((1, 272), np.int8)])
    squares = (levels.astype(np.int32) ** 2).sum(axis=1)
    forms = np.concatenate([near_copies(levels[5:6], 40), near_copies(levels[9:10], 60)])
    found = near(levels, squares, forms, None, 0.99)
    expected = distances(levels, forms)
    assert found.rows.tolist() == list(range(50))
    assert found.distances.tolist() == expected[:50].min(axis=1).tolist()
    assert found.forms.tolist() == expected[:50].argmin(axis=1).tolist()


def test_only_the_rows_asked_for_and_only_below_the_cutoff() -> None:
    levels = random_levels(30)
    squares = (levels.astype(np.int32) ** 2).sum(axis=1)
    rows = np.array([20, 4, 7], np.int32)
    found = near(levels, squares, levels[4:5], rows, 0.1)
    assert (found.rows.tolist(), found.distances.tolist()) == ([4], [0.0])
    nothing = np.zeros((1, 272), np.int8)
    assert len(near(levels, squares, nothing, None, 0.99).rows) == 0
