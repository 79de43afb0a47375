"""The transforms of the sample corpus, each with the file format it ends in."""

from dataclasses import dataclass
from typing import Literal

from PIL import Image

from jobs.sample.transforms import (
    Transform,
    blurred,
    bordered,
    brightened,
    contrasted,
    converted,
    cropped,
    letterboxed,
    noised,
    resized,
    rotated,
    transposed,
    watermarked,
)

_QUALITY = 90  # of JPEG where the encoding is not the point


@dataclass(frozen=True)
class Recipe:
    """One way to make a copy.

    Attributes
    ----------
    name : str
        As in truth.tsv and in the file's name.
    transform : Transform or None
        What is done to the pixels; None copies the file byte for byte.
    format : {"JPEG", "PNG"}
        How the outcome is written.
    quality : int
        Of JPEG, 1 to 95.
    """

    name: str
    transform: Transform | None
    format: Literal["JPEG", "PNG"] = "JPEG"
    quality: int = _QUALITY


RECIPES: tuple[Recipe, ...] = (
    Recipe("copy", None),
    Recipe("resize_0.5", resized(0.5, 0.5)),
    Recipe("squash_0.7", resized(0.7, 1.0)),
    Recipe("jpeg_75", converted("RGB"), quality=75),
    Recipe("jpeg_30", converted("RGB"), quality=30),
    Recipe("png", converted("RGB"), format="PNG"),
    Recipe("crop_2", cropped(0.02)),
    Recipe("crop_5", cropped(0.05)),
    Recipe("border_5", bordered(0.05, "white")),
    Recipe("letterbox", letterboxed(16 / 9)),
    Recipe("watermark", watermarked),
    Recipe("grey", converted("L")),
    Recipe("brightness_1.3", brightened(1.3)),
    Recipe("contrast_0.7", contrasted(0.7)),
    Recipe("blur_2", blurred(2)),
    Recipe("noise_10", noised(10)),
    Recipe("rotate_2", rotated(2)),
    Recipe("rotate_90", transposed(Image.Transpose.ROTATE_90)),
    Recipe("flip", transposed(Image.Transpose.FLIP_LEFT_RIGHT)),
)
