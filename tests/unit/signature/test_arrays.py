import numpy as np
import pytest

from signature.arrays import pixels_of_array
from signature.errors import ArrayError


def test_eight_bits_pass(colours: np.ndarray) -> None:
    assert pixels_of_array(colours) is colours
    np.testing.assert_array_equal(pixels_of_array(colours[:, :, :1]), colours[:, :, 0])


def test_alpha_is_laid_on_the_ground(colours: np.ndarray) -> None:
    clear = np.dstack([colours, np.zeros(colours.shape[:2], np.uint8)])
    assert (pixels_of_array(clear, (1, 2, 3)) == (1, 2, 3)).all()


def test_other_types_are_reduced(colours: np.ndarray) -> None:
    wide = colours.astype(np.uint16) * 256
    np.testing.assert_array_equal(pixels_of_array(wide), colours)
    np.testing.assert_array_equal(pixels_of_array(wide + 255), colours)
    np.testing.assert_array_equal(pixels_of_array(colours / 255), colours)
    np.testing.assert_array_equal(pixels_of_array((colours / 255).astype(np.float32)), colours)
    assert pixels_of_array(np.array([[0.0019, 0.0020, 0.5]])).tolist() == [[0, 1, 128]]
    assert pixels_of_array(np.array([[True, False]])).tolist() == [[255, 0]]


@pytest.mark.parametrize(
    ("array", "match"),
    [
        (np.zeros((2, 2, 2), np.uint8), "shape"),
        (np.zeros(4, np.uint8), "shape"),
        (np.zeros((0, 3), np.uint8), "empty"),
        (np.zeros((2, 2), np.int64), "int64"),
        (np.full((2, 2), 1.5), r"\[0, 1\]"),
        (np.full((2, 2), -0.1), r"\[0, 1\]"),
        (np.full((2, 2), np.nan), r"\[0, 1\]"),
        (np.array([["a"]]), "uint8"),
    ],
)
def test_refuses(array: np.ndarray, match: str) -> None:
    with pytest.raises(ArrayError, match=match):
        pixels_of_array(array)
