"""Plain pictures of known truth: photographs made faint, and drawings of two greys."""

import importlib.util
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

Mask: TypeAlias = NDArray[np.bool_]
Offsets: TypeAlias = NDArray[np.float64]
Pixels: TypeAlias = NDArray[np.uint8]
Drawing: TypeAlias = Callable[[Offsets, Offsets, np.random.Generator], Mask]

#: The last one is the photograph itself.
CONTRASTS: Final = (0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 1.0)
#: Each leaves all of 20 photographs below 0.40 at full contrast.
TRANSFORMS: Final = (
    "resize_0.5", "jpeg_75", "webp", "brightness_1.3", "blur_3", "crop_2", "noise_5",
)  # fmt: skip
SIZE: Final = (200, 260)
_HALF: Final = 0.5


def faint_photographs(data: Path, limit: int) -> Iterator[tuple[int, float, Image.Image]]:
    """Yield number, contrast and picture of photographs at half their size, made faint."""
    files = sorted((data / "photos" / "images").iterdir())
    for number in range(limit):
        with Image.open(files[number * len(files) // limit]) as opened:
            photograph = opened.convert("RGB").reduce(2)
        for contrast in CONTRASTS:
            yield number, contrast, ImageEnhance.Contrast(photograph).enhance(contrast)


def changed_copies(
    data: Path, pictures: Iterable[tuple[str, Image.Image]]
) -> Iterator[tuple[Image.Image, bytes]]:
    """Yield named pictures and files of changed copies of them, by the generator of pairs."""
    maker = _load(data / "pairs" / "make_pairs.py")
    for label, picture in pictures:
        for name in TRANSFORMS:
            change, (_, kind, options) = maker.TRANSFORMS[name]
            random = maker.generator(0, label, name)
            stream = BytesIO()
            change(picture.copy(), random).save(stream, kind, **options)
            yield picture, stream.getvalue()


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is no Python module.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def drawings(draw: Drawing, count: int) -> Iterator[Pixels]:
    """Yield pictures of two random greys, all of them different, with a fixed seed."""
    random = np.random.default_rng(2)
    for _ in range(count):
        mask = draw(*_somewhere(random), random)
        inside, outside = random.choice(256, 2, replace=False).astype(np.uint8)
        yield np.where(mask, inside, outside)


def _somewhere(random: np.random.Generator) -> tuple[Offsets, Offsets]:
    """Vertical and horizontal offsets of all pixels from a random point well inside."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    y, x = random.uniform(0.2, 0.8, 2) * SIZE
    return rows - y, columns - x


def _halves(y: Offsets, x: Offsets, random: np.random.Generator) -> Mask:
    return (y if random.random() < _HALF else x) < 0


def _slanted(y: Offsets, x: Offsets, random: np.random.Generator) -> Mask:
    angle = random.uniform(0, 2 * np.pi)
    mask: Mask = x * np.cos(angle) + y * np.sin(angle) < 0
    return mask


def _disc(y: Offsets, x: Offsets, random: np.random.Generator) -> Mask:
    mask: Mask = np.hypot(y, x) < random.uniform(15, 80)
    return mask


def _box(y: Offsets, x: Offsets, random: np.random.Generator) -> Mask:
    height, width = random.uniform(15, 80, 2)
    mask: Mask = (np.abs(y) < height) & (np.abs(x) < width)
    return mask


#: Kinds of drawings.
DRAWINGS: Final[dict[str, Drawing]] = {
    "two halves, level border": _halves,
    "two halves, slanted border": _slanted,
    "disc": _disc,
    "box": _box,
}
