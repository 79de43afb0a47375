import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from signature.errors import ArrayError
from signature.grey import WHITE, grey_levels, grey_of_checked

PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3)))


@given(PICTURES)
def test_weights(pixels: np.ndarray) -> None:
    red, green, blue = np.moveaxis(pixels.astype(int), 2, 0)
    np.testing.assert_array_equal(grey_levels(pixels), 2125 * red + 7154 * green + 721 * blue)


@given(PICTURES)
def test_grey_is_three_equal_colours(pixels: np.ndarray) -> None:
    grey = pixels[:, :, 0]
    np.testing.assert_array_equal(grey_levels(grey), grey_levels(np.dstack([grey] * 3)))


@given(PICTURES, st.data())
def test_a_fourth_value_a_pixel_is_not_read(pixels: np.ndarray, data: st.DataObject) -> None:
    fourth = data.draw(arrays.arrays(np.uint8, pixels.shape[:2]))
    padded = np.dstack([pixels, fourth])
    np.testing.assert_array_equal(grey_of_checked(padded), grey_levels(pixels))


def test_white() -> None:
    assert grey_levels(np.full((2, 2, 3), 255, np.uint8)).tolist() == [[WHITE] * 2] * 2


def test_other_layouts(colours: np.ndarray) -> None:
    np.testing.assert_array_equal(
        grey_levels(np.asfortranarray(colours)[::-1, ::2]),
        grey_levels(np.ascontiguousarray(colours[::-1, ::2])),
    )


@pytest.mark.parametrize("values", [3, 4])
def test_other_layouts_of_checked_pixels(colours: np.ndarray, values: int) -> None:
    pixels = np.dstack([colours, colours[:, :, 0]])[:, :, :values]
    expected = grey_levels(np.ascontiguousarray(colours[::-1, ::2]))
    for other in (np.asfortranarray(pixels)[::-1, ::2], pixels[::-1, ::2]):
        np.testing.assert_array_equal(grey_of_checked(other), expected)


def test_leaves_its_input_writable(colours: np.ndarray) -> None:
    pixels = colours.copy()
    grey_levels(pixels)
    assert pixels.flags.writeable


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((2, 2), np.int32),
        np.zeros((2, 2, 4), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((0, 5), np.uint8),
    ],
)
def test_refuses(pixels: np.ndarray) -> None:
    with pytest.raises(ArrayError, match="uint8 array of shape"):
        grey_levels(pixels)
