"""Signatures of altered copies of photographs, whose originals are known."""

import importlib.util
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from signature import sign_bytes

#: Transforms that turn a picture round: their results are no copies, but what a decoy stands for.
TURNS: Final = ("rotate_90", "rotate_180", "flip_horizontal", "flip_vertical")
ORIGINAL: Final = "original"


class Copies(NamedTuple):
    """Signed copies, the originals among them.

    Attributes
    ----------
    levels : (n, 272) int8
        Their signatures.
    origin : (n,) int64
        Number of the photograph.
    transform : (n,) str
        What was done to it.
    """

    levels: NDArray[np.int8]
    origin: NDArray[np.int64]
    transform: NDArray[np.str_]


def photographs(data: Path, limit: int) -> list[Path]:
    """Return so many photographs, spread evenly over their sorted names."""
    files = sorted((data / "photos" / "images").iterdir())
    limit = min(limit, len(files))
    return [files[number * len(files) // limit] for number in range(limit)]


def sign_copies(data: Path, limit: int) -> Copies:
    """Sign photographs and every transform of make_pairs.py of them, about 0.2 s each."""
    maker = _load(data / "pairs" / "make_pairs.py")
    levels: list[NDArray[np.int8]] = []
    origin: list[int] = []
    names: list[str] = []
    for number, path in enumerate(photographs(data, limit)):
        content = path.read_bytes()
        with Image.open(BytesIO(content)) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
        contents = {ORIGINAL: content}
        for name, (change, (_, kind, options)) in maker.TRANSFORMS.items():
            stream = BytesIO()
            changed = change(picture.copy(), maker.generator(0, path.name, name))
            changed.save(stream, kind, **options)
            contents[name] = stream.getvalue()
        levels.extend(sign_bytes(each).levels for each in contents.values())
        origin.extend([number] * len(contents))
        names.extend(contents)
    return Copies(np.array(levels), np.array(origin, np.int64), np.array(names))


def copies_from(file: Path, data: Path, limit: int) -> Copies:
    """Read copies from a file that an earlier call wrote, or sign them and write it."""
    if file.is_file():
        with np.load(file) as stored:
            return Copies(stored["levels"], stored["origin"], stored["transform"])
    copies = sign_copies(data, limit)
    np.savez_compressed(file, **copies._asdict())
    return copies


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is no Python module.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
