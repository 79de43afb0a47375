"""Fitting: a codebook of whole numbers from any sample, the same for the same seed."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from matching import Codebook, assign_cells, fitting
from matching.cells import NO_CELL
from matching.codebook import COMPONENT_LENGTH, RADIUS, to_radius
from matching.fitting import COMPONENTS, ONE_LEVEL_UP_TO, fit_codebook

from .examples import Levels, codebook_of, random_levels, signatures

LEVELS = signatures(400)[1:]


def clusters(count: int, each: int, changed: int = 6) -> Levels:
    """Signatures in clusters: the members of one, then those of the next."""
    rng = np.random.default_rng(count)
    levels = np.repeat(random_levels(rng, count, 272), each, axis=0)
    for row in levels:
        row[rng.choice(272, changed, replace=False)] = 0
    return levels


def check_form(codebook: Codebook, cells: int, components: int = COMPONENTS) -> None:
    """What holds of every codebook: whole numbers, lengths, and cells side by side."""
    assert codebook.components.shape == (codebook.components.shape[0], components)
    assert codebook.cells == cells
    for part in (codebook.components, codebook.coarse, codebook.fine):
        assert part.dtype == np.float32
        assert np.array_equal(part, np.rint(part))
    for part in (codebook.coarse, codebook.fine):
        assert part.shape[1:] == (components,)
        lengths = np.linalg.norm(part.astype(np.float64), axis=1)
        # A signature without a projection is no cluster's direction.
        assert np.all((np.abs(lengths - RADIUS) <= np.sqrt(components) / 2) | (lengths == 0))
    lengths = np.linalg.norm(codebook.components.astype(np.float64), axis=0)
    assert np.abs(lengths - COMPONENT_LENGTH).max() <= np.sqrt(len(codebook.components)) / 2
    assert codebook.offsets.dtype == np.int64
    assert codebook.offsets[[0, -1]].tolist() == [0, cells]
    if cells:
        assert len(codebook.offsets) == len(codebook.coarse) + 1
        assert np.diff(codebook.offsets).min() >= 1


def nearness(codebook: Codebook) -> float:
    """The mean cosine of a signature and its cell."""
    vectors = codebook.project(LEVELS).astype(np.float64)
    return float((vectors @ codebook.fine.T).max(axis=1).mean()) / RADIUS**2


@pytest.fixture
def two_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than 8 cells are found by way of coarse ones, of 5 cells each."""
    monkeypatch.setattr(fitting, "ONE_LEVEL_UP_TO", 8)
    monkeypatch.setattr(fitting, "_PER_COARSE", 5)


@pytest.mark.parametrize("cells", [1, 2, 30])
def test_one_level_has_as_many_cells_as_were_asked_for(cells: int) -> None:
    codebook = fit_codebook(LEVELS, cells, 1)
    check_form(codebook, cells)
    assert len(codebook.coarse) == 1


@pytest.mark.usefixtures("two_levels")
@pytest.mark.parametrize("cells", [9, 20, 41])
def test_two_levels_have_about_as_many_cells_as_were_asked_for(cells: int) -> None:
    codebook = fit_codebook(LEVELS, cells, 1)
    coarse = -(-cells // 5)
    assert len(codebook.coarse) == coarse
    # Each coarse cell's share is rounded, and is one at least.
    assert abs(codebook.cells - cells) <= coarse
    check_form(codebook, codebook.cells)


@pytest.mark.usefixtures("two_levels")
def test_cells_begin_as_those_of_a_coarse_one_by_its_share_of_the_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fitting, "_REFINEMENTS", 0)
    levels = np.concatenate([clusters(1, 300, 40), clusters(2, 50, 40)])
    codebook = fit_codebook(levels, 14, 3)
    vectors = codebook.project(levels)
    owners = (vectors @ codebook.coarse.T).argmax(axis=1)
    members = np.bincount(owners, minlength=len(codebook.coarse))
    shares = np.maximum(1, np.rint(14 * members / len(levels)))
    assert np.diff(codebook.offsets).tolist() == shares.tolist()
    for i, (start, end) in enumerate(zip(codebook.offsets[:-1], codebook.offsets[1:], strict=True)):
        nearest = (codebook.fine[start:end] @ codebook.coarse.T).argmax(axis=1)
        assert nearest.tolist() == [i] * (end - start)


@pytest.mark.usefixtures("two_levels")
def test_rounds_over_all_cells_bring_signatures_nearer_to_their_cells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refined = nearness(fit_codebook(LEVELS, 40, 1))
    monkeypatch.setattr(fitting, "_REFINEMENTS", 0)
    assert refined > nearness(fit_codebook(LEVELS, 40, 1)) + 0.003


def test_fitted_cells_are_nearer_than_the_few_signatures_they_began_as(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fitted = nearness(fit_codebook(LEVELS, 30, 1))
    monkeypatch.setattr(fitting, "_ITERATIONS", 0)
    assert fitted > nearness(fit_codebook(LEVELS, 30, 1)) + 0.01


@pytest.mark.parametrize("rows", [1, 50, 2048])
def test_a_round_moves_each_cell_to_the_middle_of_its_members(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(fitting, "_ROWS_AT_ONCE", rows)
    before = codebook_of(LEVELS, (9, 1, 12))
    before.fine[4] = 0  # nobody's direction
    vectors = before.project(LEVELS)
    owners = (vectors @ before.fine.T).argmax(axis=1)
    after = fitting._refined(before, vectors)
    members = np.bincount(owners, minlength=22)
    assert members.max() > 5
    assert members[4] == 0
    for cell in range(22):
        middle = to_radius(vectors[owners == cell].sum(axis=0, keepdims=True, dtype=np.float64))
        assert np.array_equal(after.fine[cell], middle[0] if members[cell] else before.fine[cell])
    assert np.array_equal(after.coarse, before.coarse)
    assert np.array_equal(after.offsets, before.offsets)


def test_components_and_levels_are_as_stated() -> None:
    assert COMPONENTS == 64
    assert ONE_LEVEL_UP_TO == 4096


@pytest.mark.parametrize("levels", ["one", "two"])
def test_a_seed_gives_one_codebook(levels: str, request: pytest.FixtureRequest) -> None:
    if levels == "two":
        request.getfixturevalue("two_levels")
    content = fit_codebook(LEVELS, 25, 7).content()
    assert fit_codebook(LEVELS.copy(order="F"), 25, 7).content() == content
    assert fit_codebook(LEVELS, 25, 8).content() != content


@pytest.mark.parametrize("cells", [1, 5])
def test_no_signature_gives_no_cell(cells: int) -> None:
    codebook = fit_codebook(LEVELS[:0], cells, 1)
    check_form(codebook, 0)
    assert assign_cells(LEVELS[:2], codebook, 2, 1).cells.tolist() == [[NO_CELL] * 2] * 2


@pytest.mark.parametrize("signatures", [1, 2, 5])
def test_as_few_signatures_as_cells_are_cells_themselves(signatures: int) -> None:
    few = LEVELS[:signatures]
    for cells in (signatures, 100):
        codebook = fit_codebook(few, cells, 1)
        check_form(codebook, signatures)
        assert np.array_equal(codebook.fine, codebook.project(few))
        assert assign_cells(few, codebook, 1, 1).cells.ravel().tolist() == [*range(signatures)]


@pytest.mark.usefixtures("two_levels")
def test_few_signatures_fill_two_levels() -> None:
    codebook = fit_codebook(LEVELS[:12], 100, 1)
    assert codebook.cells <= 12
    check_form(codebook, codebook.cells)
    assert len(codebook.coarse) > 1
    # As many as there may be in one level are in one, whatever was asked for.
    assert len(fit_codebook(LEVELS[:8], 100, 1).coarse) == 1


@pytest.mark.usefixtures("two_levels")
@pytest.mark.parametrize("cells", [1, 3, 15, 50])
def test_equal_signatures_can_be_fitted(cells: int) -> None:
    equal = np.repeat(LEVELS[:1], 50, axis=0)
    codebook = fit_codebook(equal, cells, 1)
    check_form(codebook, codebook.cells)
    # A coarse cell without members has one cell.
    assert 1 <= codebook.cells <= min(cells, 50) + len(codebook.coarse)
    found = assign_cells(equal, codebook, 1, 1)
    assert len(np.unique(found.cells)) == 1


@pytest.mark.usefixtures("two_levels")
@pytest.mark.parametrize("cells", [3, 15])
def test_signatures_without_a_projection_can_be_fitted(cells: int) -> None:
    flat: Levels = np.zeros((30, 272), np.int8)
    for levels in (flat, np.concatenate([flat, LEVELS[:30]])):
        codebook = fit_codebook(levels, cells, 1)
        check_form(codebook, codebook.cells)
        assert np.all(assign_cells(levels, codebook, 1, 1).cells >= 0)


@pytest.mark.parametrize("width", [24, 110])
def test_signatures_of_another_size(width: int) -> None:
    levels = random_levels(np.random.default_rng(width), 60, width)
    check_form(fit_codebook(levels, 7, 1), 7, min(width, COMPONENTS))


def test_components_are_orthogonal_and_the_first_hold_most() -> None:
    components = fit_codebook(LEVELS, 1, 1).components.astype(np.float64) / COMPONENT_LENGTH
    assert np.abs(components.T @ components - np.eye(COMPONENTS)).max() < 1e-3
    rows = LEVELS / np.linalg.norm(LEVELS, axis=1, keepdims=True)
    held: npt.NDArray[np.float64] = ((rows @ components) ** 2).sum(axis=0)
    assert np.all(np.diff(held) < 1e-3)
    # No 64 directions hold more of the sample than these.
    spectrum = np.linalg.svd(rows, compute_uv=False) ** 2
    assert held == pytest.approx(spectrum[:COMPONENTS], rel=1e-3)


@pytest.mark.parametrize("way", ["one", "two"])
def test_clusters_do_not_share_cells(way: str, request: pytest.FixtureRequest) -> None:
    if way == "two":
        request.getfixturevalue("two_levels")
    levels = clusters(6, 30)
    codebook = fit_codebook(levels, 24, 1)
    cells = assign_cells(levels, codebook, 1, 3).cells.reshape(6, 30)
    owners = [set(row) for row in cells.tolist()]
    assert sum(len(owner) for owner in owners) == len(set.union(*owners))


def test_fitting_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    # Fewer than 39 points for a centroid are worth a warning to faiss.
    fit_codebook(LEVELS[:60], 30, 1)
    assert capfd.readouterr() == ("", "")


def test_only_the_driver_knows_faiss() -> None:
    project = Path(__file__).parents[3]
    using = [
        str(file.relative_to(project))
        for package in ("signature", "matching", "udfs", "jobs", "store")
        for file in sorted((project / package).rglob("*.py"))
        if "import faiss" in file.read_text() or "from faiss" in file.read_text()
    ]
    assert using == ["matching/fitting.py"]
    shipped = [
        file.name
        for file in sorted((project / "udfs").glob("*.py"))
        if "matching.fitting" in file.read_text()
    ]
    assert shipped == []
