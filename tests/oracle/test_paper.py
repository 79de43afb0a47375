"""A slow, literal transcription of the paper, and the fast code equals it.

Wong, Bern & Goldberg, *An image signature for any kind of image*, ICIP 2002, section 3, with the
choices of image-match where the paper leaves them open. scikit-image makes the grey and the sizes,
numpy the percentiles; nothing here is taken from the code under test.
"""

from itertools import pairwise

import numpy as np
import pytest
import skimage.color
import skimage.data
import skimage.transform

from signature import WordParameters, normalized_distance, sign_pixels, words

N = 9
PHOTOGRAPHS = ["astronaut", "camera", "cat", "coffee", "rocket", "clock", "hubble_deep_field"]
SIZES = [(512, 512), (200, 300), (97, 61)]


def grey_of(pixels: np.ndarray) -> np.ndarray:
    """Step 1: convert to grey, in [0, 1]."""
    colours = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=-1)
    return skimage.color.rgb2gray(colours)


def crop_of(sums: list[float]) -> tuple[int, int]:
    """Step 2: cut a twentieth of the running sum of differences at either end."""
    running, total = [], 0.0
    for value in sums:
        total += value
        running.append(total)
    low, high = np.percentile(running, 5), np.percentile(running, 95)
    start = sum(value <= low for value in running)
    end = sum(value < high for value in running)
    if start > end:
        return int(0.05 * len(running)), int(0.95 * len(running))
    return start, end


def window_of(grey: np.ndarray) -> tuple[tuple[int, int], tuple[int, int]]:
    """Step 2: rows by the differences within rows, columns by those within columns."""
    rows = [sum(abs(b - a) for a, b in pairwise(row)) for row in grey.tolist()]
    turned = grey.T.tolist()
    columns = [sum(abs(b - a) for a, b in pairwise(row)) for row in turned]
    return crop_of(rows), crop_of(columns)


def points_of(start: int, end: int) -> list[int]:
    """Step 2: nine points between ten equal gaps."""
    return [int(start + i * ((end - start) / (N + 1))) for i in range(1, N + 1)]


def means_of(grey: np.ndarray) -> dict[tuple[int, int], float]:
    """Step 3: mean of the P by P square around each point."""
    height, width = grey.shape
    side = max(2, int(0.5 + min(height, width) / 20))
    (top, bottom), (left, right) = window_of(grey)
    means = {}
    for i, y in enumerate(points_of(top, bottom)):
        for j, x in enumerate(points_of(left, right)):
            first_row, first_column = max(int(y - side / 2), 0), max(int(x - side / 2), 0)
            square = grey[first_row : first_row + side, first_column : first_column + side]
            means[i, j] = square.mean()
    return means


def differences_of(means: dict[tuple[int, int], float]) -> list[float]:
    """Step 4: each point less each of its eight neighbours, in reading order."""
    around = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
    return [
        means[i, j] - means.get((i + down, j + right), means[i, j])
        for i in range(N)
        for j in range(N)
        for down, right in around
    ]


def signature_of(pixels: np.ndarray) -> list[int]:
    """Steps 1 to 5."""
    differences = differences_of(means_of(grey_of(pixels)))
    kept = [0 if abs(value) < 2 / 255 else value for value in differences]
    darker = [value for value in kept if value > 0]
    lighter = [value for value in kept if value < 0]
    if not darker:
        return [0] * len(kept)
    above, below = np.percentile(darker, 50), np.percentile(lighter, 50)
    levels = []
    for value in kept:
        if value > 0:
            levels.append(1 if value <= above else 2)
        elif value < 0:
            levels.append(-1 if value >= below else -2)
        else:
            levels.append(0)
    return levels


def words_of(levels: list[int], k: int, count: int) -> list[int]:
    """image-match's words: runs of k levels as their signs, in base 3."""
    found = []
    for i in range(count):
        start = i * len(levels) // count
        run = [*levels[start : start + k], *[0] * k][:k]
        found.append(sum(((v > 0) - (v < 0) + 1) * 3**place for place, v in enumerate(run)))
    return found


def distance_of(a: list[int], b: list[int]) -> float:
    """|a - b| / (|a| + |b|)."""
    apart = sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5
    return apart / (sum(x * x for x in a) ** 0.5 + sum(y * y for y in b) ** 0.5)


def resized(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The picture at another size, in eight bits."""
    scaled = skimage.transform.resize(pixels, size, anti_aliasing=True)
    return np.round(scaled * 255).astype(np.uint8)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("size", SIZES)
def test_photographs(name: str, size: tuple[int, int]) -> None:
    pixels = resized(getattr(skimage.data, name)(), size)
    expected = signature_of(pixels)
    found = sign_pixels(pixels)
    assert found.tolist() == expected
    assert len(set(expected)) == 5
    assert words(found).tolist() == words_of(expected, 16, 63)
    assert words(found, WordParameters(k=8, N=32)).tolist() == words_of(expected, 8, 32)


@pytest.mark.parametrize("seed", range(8))
def test_random_arrays(seed: int) -> None:
    # In colour: grey noise has few distinct means, and ties among them are decided by the last bit.
    random = np.random.default_rng(seed)
    height, width = random.integers(1, 200, 2)
    pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert sign_pixels(pixels).tolist() == signature_of(pixels), (seed, height, width)


def test_distances() -> None:
    signatures = [signature_of(resized(getattr(skimage.data, n)(), (90, 90))) for n in PHOTOGRAPHS]
    arrays = np.array(signatures, np.int8)
    for i, a in enumerate(signatures):
        for j, b in enumerate(signatures):
            assert normalized_distance(arrays[i], arrays[j]) == pytest.approx(
                distance_of(a, b), rel=1e-15
            )
