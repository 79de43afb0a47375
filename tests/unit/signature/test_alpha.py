import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from signature.alpha import over_ground
from signature.parameters import Colour

PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(4)))
COLOURS = st.tuples(*[st.integers(0, 255)] * 3)


@given(PICTURES, COLOURS)
def test_rounds_to_the_nearest(pixels: np.ndarray, ground: Colour) -> None:
    alpha = pixels[:, :, 3:].astype(float) / 255
    exact = pixels[:, :, :3] * alpha + np.array(ground) * (1 - alpha)
    assert np.abs(over_ground(pixels, ground) - exact).max() <= 0.5 + 1e-9


@given(PICTURES, COLOURS)
def test_is_what_pillow_pastes(pixels: np.ndarray, ground: Colour) -> None:
    image = Image.fromarray(pixels)
    expected = Image.new("RGB", image.size, ground)
    expected.paste(image, mask=image)
    np.testing.assert_array_equal(over_ground(pixels, ground), np.asarray(expected))


@given(PICTURES)
def test_what_is_hidden_does_not_count(pixels: np.ndarray) -> None:
    other = pixels.copy()
    other[:, :, :3] ^= 0xFF
    for picture in (pixels, other):
        picture[:, :, 3] = 0
    np.testing.assert_array_equal(over_ground(pixels, (9, 8, 7)), over_ground(other, (9, 8, 7)))
