"""Cells are the nearest centroids, the same on every machine and in every batch."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Codebook, cells
from matching.cells import COST_STEPS, NO_CELL, Cells, assign_cells
from matching.codebook import RADIUS

from .examples import Levels, codebook_of, random_levels, signatures
from .literal import literal_cells

LEVELS = signatures(150)
ONE_LEVEL = codebook_of(LEVELS, (30,))
TWO_LEVELS = codebook_of(LEVELS, (9, 1, 12, 3, 0, 20))
FEW = np.concatenate([LEVELS[:40], random_levels(np.random.default_rng(2), 20, 272)])


def same(a: Cells, b: Cells) -> bool:
    return np.array_equal(a.cells, b.cells) and np.array_equal(a.costs, b.costs)


def on_a_plane(*angles: float) -> Codebook:
    """Centroids of one coarse cell, in directions of the first two levels."""
    turns = np.radians(angles)
    fine = np.rint(RADIUS * np.stack([np.cos(turns), np.sin(turns)], axis=1)).astype(np.float32)
    components = np.eye(272, 2, dtype=np.float32) * 2**14
    return Codebook(components, fine[:1], fine, np.array([0, len(fine)], np.int64))


def pointing(*directions: tuple[int, int]) -> Levels:
    levels = np.zeros((len(directions), 272), np.int8)
    levels[:, :2] = directions
    return levels


@pytest.mark.parametrize("nearest", [1, 5, 30, 33])
def test_one_level_equals_the_literal_form(nearest: int) -> None:
    found = assign_cells(FEW, ONE_LEVEL, nearest, 16)
    assert found.cells.dtype == np.int32
    assert found.costs.dtype == np.uint8
    assert same(found, literal_cells(FEW, ONE_LEVEL, nearest, 16))


@pytest.mark.parametrize("probes", [1, 2, 4, 5])
@pytest.mark.parametrize("nearest", [1, 6, 25])
def test_two_levels_equal_the_literal_form(nearest: int, probes: int) -> None:
    found = assign_cells(FEW, TWO_LEVELS, nearest, probes)
    assert same(found, literal_cells(FEW, TWO_LEVELS, nearest, probes))


def test_with_all_coarse_cells_looked_into_two_levels_are_as_one() -> None:
    one = Codebook(
        TWO_LEVELS.components,
        TWO_LEVELS.fine[:1],
        TWO_LEVELS.fine,
        np.array([0, TWO_LEVELS.cells], np.int64),
    )
    expected = assign_cells(LEVELS, one, 8, 1)
    for probes in (len(TWO_LEVELS.coarse), 99):
        assert same(assign_cells(LEVELS, TWO_LEVELS, 8, probes), expected)
    # One more coarse cell, without cells: now they are found by way of the coarse ones.
    beyond = -TWO_LEVELS.coarse[:1]
    more = Codebook(
        TWO_LEVELS.components,
        np.concatenate([TWO_LEVELS.coarse, beyond]),
        TWO_LEVELS.fine,
        np.append(TWO_LEVELS.offsets, TWO_LEVELS.cells),
    )
    far = (more.project(LEVELS) @ more.coarse.T).argmin(axis=1) == len(more.coarse) - 1
    assert far.any()
    assert same(
        assign_cells(LEVELS[far], more, 8, len(more.coarse) - 1),
        Cells(expected.cells[far], expected.costs[far]),
    )


@settings(deadline=None, max_examples=40)
@given(
    data=st.data(),
    seed=st.integers(0, 999),
    rows=st.sampled_from([1, 2, 7, 2048]),
    columns=st.sampled_from([1, 3, 4096]),
)
def test_neither_order_nor_batches_change_a_bit(
    data: st.DataObject, seed: int, rows: int, columns: int
) -> None:
    codebook, probes = data.draw(st.sampled_from([(ONE_LEVEL, 1), (TWO_LEVELS, 2)]))
    expected = assign_cells(FEW, codebook, 7, probes)
    order = np.random.default_rng(seed).permutation(len(FEW))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(FEW)), max_size=5)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "_ROWS_AT_ONCE", rows)
        patch.setattr(cells, "_COLUMNS_AT_ONCE", columns)
        parts = [assign_cells(part, codebook, 7, probes) for part in np.split(FEW[order], cuts)]
    found = Cells(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    assert same(found, Cells(expected.cells[order], expected.costs[order]))


@pytest.mark.parametrize("codebook", [ONE_LEVEL, TWO_LEVELS])
def test_a_row_alone_has_the_cells_that_it_has_among_others(codebook: Codebook) -> None:
    together = assign_cells(LEVELS, codebook, 9, 3)
    for i in range(0, len(LEVELS), 7):
        alone = assign_cells(LEVELS[i : i + 1], codebook, 9, 3)
        assert same(alone, Cells(together.cells[i : i + 1], together.costs[i : i + 1]))


def test_the_nearest_comes_first_and_the_lower_cell_of_two_that_are_as_near() -> None:
    codebook = on_a_plane(90, 10, 0, 180, 0, -10)
    found = assign_cells(pointing((1, 0), (2, 0), (0, -1)), codebook, 6, 1)
    assert found.cells.tolist() == [[2, 4, 1, 5, 0, 3], [2, 4, 1, 5, 0, 3], [5, 2, 3, 4, 1, 0]]


@pytest.mark.parametrize("columns", [1, 2, 4096])
def test_ties_go_to_the_lower_cell_in_every_cut(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setattr(cells, "_COLUMNS_AT_ONCE", columns)
    featureless = np.zeros((2, 272), np.int8)
    assert assign_cells(featureless, ONE_LEVEL, 4, 1).cells.tolist() == [[0, 1, 2, 3]] * 2
    # All coarse cells are as near: the first two are looked into.
    assert (
        assign_cells(featureless, TWO_LEVELS, 12, 2).cells.tolist()
        == [[*range(10), NO_CELL, NO_CELL]] * 2
    )


def test_where_there_are_fewer_cells_the_row_ends_with_none() -> None:
    found = assign_cells(LEVELS[1:4], on_a_plane(0, 90), 5, 1)
    assert np.sort(found.cells[:, :2]).tolist() == [[0, 1]] * 3
    assert found.cells[:, 2:].tolist() == [[NO_CELL] * 3] * 3
    assert found.costs[:, 2:].tolist() == [[255] * 3] * 3


def test_the_costs_of_a_few() -> None:
    codebook = on_a_plane(0, 60, 75, 180)
    (costs,) = assign_cells(pointing((1, 0)), codebook, 4, 1).costs.tolist()
    # Four fifths of the nearest cosine less the own one, in 256 steps, and rank.
    assert costs == [
        0,  # 52 - 52
        52 + math.floor(256 * (0.8 - 0.5)) + 18,
        52 + math.floor(256 * (0.8 - 0.2588)) + 28,
        255,  # 52 + 460 + 35
    ]
    # Far from every centroid, all are cheap: 0.8 * 0 - 0.
    (lost,) = assign_cells(np.zeros((1, 272), np.int8), codebook, 4, 1).costs.tolist()
    assert lost == [52, 52 + 18, 52 + 28, 52 + 35]


def test_a_codebook_without_cells_gives_none() -> None:
    found = assign_cells(LEVELS[:3], on_a_plane(), 2, 1)
    assert found.cells.tolist() == [[NO_CELL] * 2] * 3
    assert found.costs.tolist() == [[255] * 2] * 3


def test_costs_grow_along_a_row() -> None:
    costs = assign_cells(LEVELS, ONE_LEVEL, 20, 1).costs.astype(int)
    assert np.all(np.diff(costs, axis=1) >= 0)
    assert costs.max() > costs.min()


def test_no_library_of_logarithms_decides_a_cost() -> None:
    # A last bit of log more or less changes no rounding, up to the 64 cells that may be set.
    steps = cells._PER_RANK * COST_STEPS * np.log(np.arange(1, 65))
    assert np.abs(steps - np.floor(steps) - 0.5).min() > 1e-6


def test_no_rows_have_no_cells() -> None:
    found = assign_cells(LEVELS[:0], TWO_LEVELS, 3, 2)
    assert (found.cells.shape, found.costs.shape) == ((0, 3), (0, 3))
