"""Pictures as bytes, made by Pillow."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

Encoder = Callable[..., bytes]

# The first call of a compiled function takes a second: no deadline for one example.
settings.register_profile("compiled", deadline=None)
settings.load_profile("compiled")


@pytest.fixture(scope="session")
def colours() -> np.ndarray:
    """A picture with structure in both directions, (60, 90, 3) uint8."""
    rows, columns = np.mgrid[0:60, 0:90]
    planes = [rows * 4, columns * 2, (rows * columns) % 256]
    return np.stack(planes, axis=-1).astype(np.uint8)


@pytest.fixture(scope="session")
def encode() -> Encoder:
    """Encode an array or an image as a file of some kind."""

    def encoded(picture: np.ndarray | Image.Image, kind: str, **options: object) -> bytes:
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        stream = BytesIO()
        image.save(stream, kind, **options)
        return stream.getvalue()

    return encoded
