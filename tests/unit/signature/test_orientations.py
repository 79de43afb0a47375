from io import BytesIO
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageOps

from signature.compacting import compact, compact_length
from signature.distance import distances
from signature.errors import ArrayError
from signature.levels import neighbour_differences, quantised
from signature.orientations import Orientation, all_orientations, inverted, oriented

ORIENTATIONS = st.sampled_from(Orientation)
GRIDS = st.tuples(st.integers(2, 12), st.booleans())
PICTURE = np.arange(24).reshape(2, 4, 3)

PILLOW = {
    Orientation.MIRRORED: Image.Transpose.FLIP_LEFT_RIGHT,
    Orientation.TURNED_180: Image.Transpose.ROTATE_180,
    Orientation.FLIPPED: Image.Transpose.FLIP_TOP_BOTTOM,
    Orientation.TRANSPOSED: Image.Transpose.TRANSPOSE,
    Orientation.TURNED_RIGHT: Image.Transpose.ROTATE_270,
    Orientation.TRANSVERSED: Image.Transpose.TRANSVERSE,
    Orientation.TURNED_LEFT: Image.Transpose.ROTATE_90,
}


def _means(n: int) -> st.SearchStrategy[np.ndarray]:
    # Multiples of 1/1024: every difference is exact, so that turning the grid cannot round one.
    return arrays.arrays(np.int64, (n, n), elements=st.integers(0, 1024)).map(lambda m: m / 1024)


def _tables(grid: tuple[int, bool]) -> st.SearchStrategy[np.ndarray]:
    shape = st.tuples(st.integers(1, 4), st.just(compact_length(*grid)))
    return arrays.arrays(np.int8, shape, elements=st.integers(-2, 2))


WITH_MEANS = GRIDS.flatmap(lambda grid: st.tuples(st.just(grid), _means(grid[0])))
WITH_TABLES = GRIDS.flatmap(lambda grid: st.tuples(st.just(grid), _tables(grid)))


def _signature(means: np.ndarray, grid: tuple[int, bool]) -> np.ndarray:
    return compact(quantised(neighbour_differences(means, grid[1])).ravel(), *grid)


@given(WITH_MEANS, ORIENTATIONS)
def test_is_the_signature_of_the_turned_means(
    case: tuple[tuple[int, bool], np.ndarray], way: Orientation
) -> None:
    grid, means = case
    np.testing.assert_array_equal(
        oriented(_signature(means, grid), way, *grid), _signature(way.of_array(means), grid)
    )


@given(WITH_MEANS)
def test_inverted_is_the_signature_of_the_negative_means(
    case: tuple[tuple[int, bool], np.ndarray],
) -> None:
    grid, means = case
    np.testing.assert_array_equal(inverted(_signature(means, grid)), _signature(1 - means, grid))


@given(WITH_TABLES, ORIENTATIONS, ORIENTATIONS)
def test_one_after_the_other_is_the_product(
    case: tuple[tuple[int, bool], np.ndarray], first: Orientation, second: Orientation
) -> None:
    grid, levels = case
    np.testing.assert_array_equal(
        oriented(oriented(levels, first, *grid), second, *grid),
        oriented(levels, first.then(second), *grid),
    )


@given(WITH_TABLES, ORIENTATIONS)
def test_the_inverse_undoes(case: tuple[tuple[int, bool], np.ndarray], way: Orientation) -> None:
    grid, levels = case
    np.testing.assert_array_equal(
        oriented(oriented(levels, way, *grid), way.inverse, *grid), levels
    )
    np.testing.assert_array_equal(oriented(levels, Orientation.UPRIGHT, *grid), levels)


@given(WITH_TABLES, ORIENTATIONS)
def test_inversion_commutes_and_undoes_itself(
    case: tuple[tuple[int, bool], np.ndarray], way: Orientation
) -> None:
    grid, levels = case
    np.testing.assert_array_equal(
        inverted(oriented(levels, way, *grid)), oriented(inverted(levels), way, *grid)
    )
    np.testing.assert_array_equal(inverted(inverted(levels)), levels)
    assert (inverted(levels)[levels != 0] != levels[levels != 0]).all()


@given(_tables((9, True)), _tables((9, True)), ORIENTATIONS)
def test_distances_stay(a: np.ndarray, b: np.ndarray, way: Orientation) -> None:
    expected = distances(a, b)
    np.testing.assert_array_equal(distances(oriented(a, way), oriented(b, way)), expected)
    np.testing.assert_array_equal(distances(inverted(a), inverted(b)), expected)


def test_products_are_those_of_arrays() -> None:
    for first, second in product(Orientation, Orientation):
        np.testing.assert_array_equal(
            first.then(second).of_array(PICTURE), second.of_array(first.of_array(PICTURE))
        )


def test_group_laws() -> None:
    for a, b, c in product(Orientation, repeat=3):
        assert a.then(b).then(c) is a.then(b.then(c))
    for a in Orientation:
        assert a.then(Orientation.UPRIGHT) is a
        assert Orientation.UPRIGHT.then(a) is a
        assert a.then(a.inverse) is Orientation.UPRIGHT
        assert a.inverse.then(a) is Orientation.UPRIGHT
        assert {a.then(b) for b in Orientation} == set(Orientation)


@pytest.mark.parametrize(("way", "pillow"), PILLOW.items(), ids=lambda value: value.name)
def test_names_are_those_of_pillow(way: Orientation, pillow: Image.Transpose) -> None:
    picture = Image.fromarray(PICTURE.astype(np.uint8))
    np.testing.assert_array_equal(
        way.of_array(np.asarray(picture)), np.asarray(picture.transpose(pillow))
    )


@pytest.mark.parametrize("way", Orientation)
def test_values_are_those_of_exif(way: Orientation) -> None:
    exif = Image.Exif()
    exif[0x0112] = way.value
    stream = BytesIO()
    Image.fromarray(PICTURE.astype(np.uint8)).save(stream, "PNG", exif=exif)
    with Image.open(stream) as stored:
        upright = np.asarray(ImageOps.exif_transpose(stored))
    np.testing.assert_array_equal(Orientation(way.value).of_array(PICTURE), upright)


def test_all_orientations() -> None:
    levels = np.random.default_rng(4).integers(-2, 3, (2, 3, 272), dtype=np.int8)
    eight = all_orientations(levels)
    assert eight.shape == (8, 2, 3, 272)
    for found, way in zip(eight, Orientation, strict=True):
        np.testing.assert_array_equal(found, oriented(levels, way))
    assert len({found.tobytes() for found in eight}) == 8
    sixteen = all_orientations(levels, negatives=True)
    np.testing.assert_array_equal(sixteen, np.concatenate([eight, inverted(eight)]))
    assert all_orientations(levels[0, 0, :144], 9, False).shape == (8, 144)


def test_all_axes_and_no_rows() -> None:
    levels = np.random.default_rng(5).integers(-2, 3, (2, 3, 272), dtype=np.int8)
    found = oriented(levels, Orientation.TURNED_LEFT)
    for index in np.ndindex(2, 3):
        np.testing.assert_array_equal(
            found[index], oriented(levels[index], Orientation.TURNED_LEFT)
        )
    assert oriented(levels[:0], Orientation.MIRRORED).shape == (0, 3, 272)
    assert all_orientations(levels[:0]).shape == (8, 0, 3, 272)


@pytest.mark.parametrize("way", Orientation)
def test_the_result_is_a_new_array(way: Orientation) -> None:
    levels = np.ones(272, np.int8)
    levels.flags.writeable = False
    oriented(levels, way)[:] = 0
    inverted(levels)[:] = 0
    all_orientations(levels)[:] = 0
    assert levels.all()
    assert oriented(np.ones(272, np.int8), way).all()


@pytest.mark.parametrize("levels", [np.zeros(272), np.zeros(648, np.int8), np.int8(0)])
def test_refuses_other_arrays(levels: np.ndarray) -> None:
    with pytest.raises(ArrayError, match="272"):
        oriented(levels, Orientation.MIRRORED)
    with pytest.raises(ArrayError, match="272"):
        all_orientations(levels)


@pytest.mark.parametrize("levels", [np.zeros(272), np.int8(0)])
def test_inverting_refuses_other_arrays(levels: np.ndarray) -> None:
    with pytest.raises(ArrayError, match="int8"):
        inverted(levels)


def test_a_line_has_no_orientation() -> None:
    with pytest.raises(ArrayError, match="Rows and columns"):
        Orientation.MIRRORED.of_array(np.zeros(3))
