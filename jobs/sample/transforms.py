"""What happens to pictures on their way through the world, as seeded functions.

Each takes an RGB picture and a random generator and gives a new picture; those that leave
nothing to chance ignore the generator. Shares are of the picture's width and height.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Transform = Callable[[Image.Image, np.random.Generator], Image.Image]

_WATERMARK = "sample \N{COPYRIGHT SIGN}"
_WATERMARK_ALPHA = 140  # of 255: seen, and seen through


def converted(mode: str) -> Transform:
    """Change how pixels are written.

    Parameters
    ----------
    mode : str
        Pillow's; RGB leaves all as it is, L takes the colours away.

    Returns
    -------
    Transform
        A picture of this mode.
    """

    def transform(picture: Image.Image, _rng: np.random.Generator) -> Image.Image:
        return picture.convert(mode)

    return transform


def resized(width: float, height: float) -> Transform:
    """Scale the sides, each by its own factor.

    Parameters
    ----------
    width, height : float
        Factors above 0.

    Returns
    -------
    Transform
        Lanczos resampling to at least 1 x 1.
    """

    def transform(picture: Image.Image, _rng: np.random.Generator) -> Image.Image:
        size = (
            max(1, round(picture.width * width)),
            max(1, round(picture.height * height)),
        )
        return picture.resize(size, Image.Resampling.LANCZOS)

    return transform


def cropped(share: float) -> Transform:
    """Cut a margin off all four sides.

    Parameters
    ----------
    share : float
        Of each side's length, 0 to below 0.5.

    Returns
    -------
    Transform
        The middle of the picture.
    """

    def transform(picture: Image.Image, _rng: np.random.Generator) -> Image.Image:
        x, y = round(picture.width * share), round(picture.height * share)
        return picture.crop((x, y, picture.width - x, picture.height - y))

    return transform


def bordered(share: float, colour: str) -> Transform:
    """Add a frame of one colour.

    Parameters
    ----------
    share : float
        Thickness, of each side's length.
    colour : str
        A name that Pillow knows.

    Returns
    -------
    Transform
        A larger picture.
    """

    def transform(picture: Image.Image, _rng: np.random.Generator) -> Image.Image:
        margins = (round(picture.width * share), round(picture.height * share))
        return ImageOps.expand(picture, margins, colour)

    return transform


def letterboxed(ratio: float) -> Transform:
    """Put the picture on a black screen, with bars where it does not fill it.

    Parameters
    ----------
    ratio : float
        The screen's width through its height.

    Returns
    -------
    Transform
        A picture no smaller in either direction.
    """

    def transform(picture: Image.Image, _rng: np.random.Generator) -> Image.Image:
        width = max(picture.width, round(picture.height * ratio))
        height = max(picture.height, round(picture.width / ratio))
        return ImageOps.pad(picture, (width, height), Image.Resampling.LANCZOS, color="black")

    return transform


def watermarked(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Write half-transparent white text somewhere.

    Parameters
    ----------
    picture : Image
        RGB.
    rng : Generator
        Chooses the place.

    Returns
    -------
    Image
        Same size.
    """
    font = ImageFont.load_default(max(10, picture.width // 10))
    layer = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(layer)
    _, _, width, height = draw.textbbox((0, 0), _WATERMARK, font=font)
    place = (
        int(rng.integers(0, max(1, picture.width - int(width)))),
        int(rng.integers(0, max(1, picture.height - int(height)))),
    )
    draw.text(place, _WATERMARK, font=font, fill=(255, 255, 255, _WATERMARK_ALPHA))
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def brightened(factor: float) -> Transform:
    """Scale all values.

    Parameters
    ----------
    factor : float
        Below 1 is darker.

    Returns
    -------
    Transform
        Clipped to 0..255.
    """

    def transform(picture: Image.Image, _rng: np.random.Generator) -> Image.Image:
        return ImageEnhance.Brightness(picture).enhance(factor)

    return transform


def contrasted(factor: float) -> Transform:
    """Scale all values' differences to the mean grey.

    Parameters
    ----------
    factor : float
        Below 1 is duller.

    Returns
    -------
    Transform
        Clipped to 0..255.
    """

    def transform(picture: Image.Image, _rng: np.random.Generator) -> Image.Image:
        return ImageEnhance.Contrast(picture).enhance(factor)

    return transform


def blurred(radius: float) -> Transform:
    """Blur with a Gaussian.

    Parameters
    ----------
    radius : float
        Standard deviation in pixels.

    Returns
    -------
    Transform
        Same size.
    """

    def transform(picture: Image.Image, _rng: np.random.Generator) -> Image.Image:
        return picture.filter(ImageFilter.GaussianBlur(radius))

    return transform


def noised(sigma: float) -> Transform:
    """Add normal noise to each channel of each pixel.

    Parameters
    ----------
    sigma : float
        Standard deviation, in steps of 0..255.

    Returns
    -------
    Transform
        Rounded and clipped to 0..255.
    """

    def transform(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
        values = np.asarray(picture, dtype=np.float32)
        noise = rng.standard_normal(values.shape, dtype=np.float32) * np.float32(sigma)
        return Image.fromarray(np.clip(np.rint(values + noise), 0, 255).astype(np.uint8))

    return transform


def rotated(degrees: float) -> Transform:
    """Turn within the same frame; white comes in at the corners.

    Parameters
    ----------
    degrees : float
        Counter-clockwise.

    Returns
    -------
    Transform
        Same size.
    """

    def transform(picture: Image.Image, _rng: np.random.Generator) -> Image.Image:
        return picture.rotate(degrees, Image.Resampling.BICUBIC, fillcolor="white")

    return transform


def transposed(how: Image.Transpose) -> Transform:
    """Mirror, or turn by right angles: no pixel changes its value.

    Parameters
    ----------
    how : Image.Transpose
        Which of Pillow's.

    Returns
    -------
    Transform
        Width and height may change places.
    """

    def transform(picture: Image.Image, _rng: np.random.Generator) -> Image.Image:
        return picture.transpose(how)

    return transform
