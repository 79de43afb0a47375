"""Where a permuted signature equals that of the transformed pixels, and how far it is elsewhere.

docs/orientations.md derives the condition and holds the measured figures; each bound here is
theirs with head-room. A wrong permutation lies 0.5 to 0.7 from the right one in the median.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from signature.compacting import compact
from signature.crop import crop_window
from signature.distance import normalized_distance
from signature.grey import grey_levels
from signature.grid import grid_points, sample_size
from signature.orientations import Orientation, inverted, oriented
from signature.sign import sign_pixels

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"

#: Which axes of the picture an orientation reverses.
REVERSES_ROWS = {
    Orientation.TURNED_180,
    Orientation.FLIPPED,
    Orientation.TURNED_RIGHT,
    Orientation.TRANSVERSED,
}
REVERSES_COLUMNS = {
    Orientation.MIRRORED,
    Orientation.TURNED_180,
    Orientation.TRANSVERSED,
    Orientation.TURNED_LEFT,
}
#: The last two digits of the lengths, in pixels, of an axis that the grid fits.
LAST_DIGITS = {0, 2, 12, 24, 34, 46, 56, 68, 78, 90}
#: Height and width. The condition holds for both axes of the first, for one or none of the others.
SYMMETRIC = [(34, 34), (78, 90), (156, 178), (200, 256), (400, 400), (400, 534)]
ASYMMETRIC = [(400, 533), (399, 400), (401, 402), (300, 400), (150, 201), (97, 61)]


def _window(length: int) -> tuple[int, int]:
    """The window of an axis along which the picture varies everywhere."""
    start = int(0.05 * (length - 1)) + 1
    return start, length - start


def _coincide(length: int, side: int) -> bool:
    """The condition: whether the grid of an axis is its own mirror image."""
    start, end = _window(length)
    return side % 2 == 0 and (end - start) % 10 == 0


def _exact(shape: tuple[int, ...], way: Orientation) -> bool:
    height, width = shape[:2]
    side = sample_size((height, width))
    rows = way not in REVERSES_ROWS or _coincide(height, side)
    return rows and (way not in REVERSES_COLUMNS or _coincide(width, side))


def _signature(pixels: np.ndarray) -> np.ndarray:
    return compact(sign_pixels(np.ascontiguousarray(pixels)))


def _apart(pixels: np.ndarray, ways: Iterable[Orientation] = Orientation) -> list[float]:
    """Distances of the permuted signature from that of the transformed pixels."""
    upright = _signature(pixels)
    return [
        normalized_distance(oriented(upright, way), _signature(way.of_array(pixels)))
        for way in ways
    ]


def _black_and_white(shape: tuple[int, int]) -> np.ndarray:
    """Spots of black on white: their sums are whole in any order, so that no tie can be decided."""
    height, width = shape
    random = np.random.default_rng(height * 1000 + width)
    spots = np.kron(random.random((-(-height // 5), -(-width // 5))) < 0.5, np.ones((5, 5), bool))
    noise = random.random(shape) < 0.1
    return (spots[:height, :width] ^ noise).astype(np.uint8) * np.uint8(255)


def _photographs(folder: Path, count: int) -> Iterable[np.ndarray]:
    for path in sorted((folder / "photos" / "images").iterdir())[:count]:
        with Image.open(path) as picture:
            yield np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize("shape", SYMMETRIC)
def test_exact_where_the_grid_is_its_own_mirror_image(shape: tuple[int, int]) -> None:
    pixels = _black_and_white(shape)
    assert all(_exact(shape, way) for way in Orientation)
    upright = _signature(pixels)
    assert np.count_nonzero(upright) > 100
    for way in Orientation:
        np.testing.assert_array_equal(
            oriented(upright, way), _signature(way.of_array(pixels)), way.name
        )


@pytest.mark.parametrize("shape", ASYMMETRIC)
def test_the_condition_is_the_right_one(shape: tuple[int, int]) -> None:
    for way, apart in zip(Orientation, _apart(_black_and_white(shape)), strict=True):
        assert (apart == 0) == _exact(shape, way), way


@pytest.mark.parametrize("shape", SYMMETRIC + ASYMMETRIC)
def test_the_negative_is_exact_for_all_sizes(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(sum(shape)).integers(0, 256, (*shape, 3), dtype=np.uint8)
    np.testing.assert_array_equal(inverted(_signature(pixels)), _signature(255 - pixels))


def test_the_window_is_its_own_mirror_image() -> None:
    random = np.random.default_rng(6)
    for length in range(2, 500):
        grey = grey_levels(random.integers(0, 256, (length, 9), dtype=np.uint8))
        assert crop_window(grey)[0] == _window(length), length


def test_a_plain_border_moves_the_window_by_a_pixel() -> None:
    pixels = np.pad(np.random.default_rng(7).integers(0, 256, (100, 100), dtype=np.uint8), 30)
    (top, bottom), (left, right) = crop_window(grey_levels(pixels))
    assert (top, bottom) == (left, right) == (30, 129)


def test_squares_lie_at_most_two_pixels_aside() -> None:
    apart = set()
    for length in range(2, 3000):
        rows, _ = grid_points((_window(length), (0, 10)))
        assert _coincide(length, 2) == (length % 100 in LAST_DIGITS)
        apart |= set((length - rows - rows[::-1]).tolist())
        assert (length - rows - rows[::-1]).any() != _coincide(length, 2), length
    # Of an odd side the left half is a pixel longer, which adds one to these.
    assert apart == {0, 1}


def test_photographs(shared: Path) -> None:
    aside = []
    for number, photograph in enumerate(_photographs(shared, 300)):
        pixels = photograph[number % 2 :, number // 2 % 2 :]  # even and odd heights and widths
        for way, apart in zip(Orientation, _apart(pixels), strict=True):
            if _exact(pixels.shape, way):
                assert apart == 0, (number, way)
            else:
                aside.append(apart)
        np.testing.assert_array_equal(inverted(_signature(pixels)), _signature(255 - pixels))
    assert len(aside) > 1000
    assert np.median(aside) < 0.10
    assert np.percentile(aside, 99) < 0.20
    assert max(aside) < 0.30


@pytest.mark.parametrize(
    ("shorter", "median", "most"), [(300, 0.16, 0.35), (200, 0.15, 0.35), (100, 0.30, 0.55)]
)
def test_smaller_photographs(shared: Path, shorter: int, median: float, most: float) -> None:
    aside = []
    for number, photograph in enumerate(_photographs(shared, 60)):
        scale = shorter / min(photograph.shape[:2])
        width = round(photograph.shape[1] * scale) + number % 2
        height = round(photograph.shape[0] * scale) + number // 2 % 2
        small = np.asarray(
            Image.fromarray(photograph).resize((width, height), Image.Resampling.LANCZOS)
        )
        ways = [way for way in Orientation if not _exact(small.shape, way)]
        aside += _apart(small, ways)
    assert len(aside) > 200
    assert np.median(aside) < median
    assert np.percentile(aside, 99) < most


def test_shipped_photographs(shipped: dict[str, np.ndarray]) -> None:
    with Image.open(FIXTURES / "photo" / "chelsea.jpg") as picture:
        chelsea = np.asarray(picture.convert("RGB"))
    for pixels in (
        chelsea,
        shipped["rgb_photo_00"],
        shipped["rgb_photo_01"],
        shipped["rgb_mona_lisa"],
    ):
        for way, apart in zip(Orientation, _apart(pixels), strict=True):
            assert apart == 0 if _exact(pixels.shape, way) else apart < 0.35, (pixels.shape, way)
        np.testing.assert_array_equal(inverted(_signature(pixels)), _signature(255 - pixels))
