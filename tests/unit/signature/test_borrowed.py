"""Arrays over the memory of pictures."""

import gc
import resource
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from signature.borrowed import borrowed

Array = np.ndarray


def _noise(mode: str, width: int, height: int, seed: int = 1) -> Array:
    shape = (height, width) if mode == "L" else (height, width, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def _picture(pixels: Array) -> Image.Image:
    """A picture in memory of Pillow's own; without the copy, grey stays in the array's."""
    return Image.fromarray(pixels).copy()


def _colours(array: Array) -> Array:
    return array if array.ndim == 2 else array[..., :3]


@given(st.sampled_from(["L", "RGB"]), st.integers(1, 70), st.integers(1, 70))
def test_holds_the_pixels_whatever_the_size(mode: str, width: int, height: int) -> None:
    pixels = _noise(mode, width, height)
    array = borrowed(_picture(pixels))
    assert array.shape == ((height, width) if mode == "L" else (height, width, 4))
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(_colours(array), pixels)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_is_the_pictures_own_memory(mode: str) -> None:
    picture = Image.new(mode, (40, 30))
    array = borrowed(picture)
    assert not array.any(where=array != 255)  # black; the fourth byte of a pixel may be 255
    picture.putpixel((39, 29), 7 if mode == "L" else (7, 8, 9))
    assert array[29, 39, ...].ravel()[:3].tolist() == ([7] if mode == "L" else [7, 8, 9])


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("size", [(40, 30), (2100, 8100)])
def test_cannot_be_written_and_has_no_gaps(mode: str, size: tuple[int, int]) -> None:
    array = borrowed(Image.new(mode, size))
    assert array.flags.c_contiguous
    assert not array.flags.writeable
    with pytest.raises(ValueError, match="WRITEABLE"):
        array.flags.writeable = True


@pytest.mark.parametrize(("mode", "values"), [("L", None), ("RGB", 3)])
def test_a_picture_in_several_pieces_is_copied(mode: str, values: int | None) -> None:
    pixels = _noise(mode, 2100, 8100)  # 17 million pixels
    array = borrowed(_picture(pixels))
    assert array.shape[2:] == (() if values is None else (values,))
    assert np.array_equal(array, pixels)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_outlives_its_picture(mode: str) -> None:
    arrays = [borrowed(_picture(_noise(mode, 300, 200, seed))) for seed in range(20)]
    gc.collect()
    # What Pillow freed it gives out again, to these.
    others = [Image.new(mode, (300, 200), "white") for _ in range(40)]
    for seed, array in enumerate(arrays):
        np.testing.assert_array_equal(_colours(array), _noise(mode, 300, 200, seed))
    assert all(other.getpixel((0, 0)) in {255, (255, 255, 255)} for other in others)


def test_memory_is_given_back() -> None:
    """2.4 GB in all: kept, it would show in the process's memory."""

    def resident() -> int:
        pages = Path("/proc/self/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()

    before = resident()
    for _ in range(200):
        borrowed(Image.new("RGB", (2000, 1500), "red"))
    assert resident() - before < 200e6
