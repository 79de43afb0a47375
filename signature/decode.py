"""Bytes become pixels, by one policy.

The first frame is turned as its EXIF data say, laid on a ground where it is transparent, reduced
to eight bits, and given as grey or as red, green and blue. On ordinary pictures these are the
pixels of image-match, ``Image.open(...).convert("RGB")``, bit for bit (grey once instead of three
times). They differ, on purpose, where image-match's own two routes disagree: transparency, EXIF
orientation, 16 bits.

Memory at the peak, in bytes a pixel, as measured at 100 million: 10 for colours, 3 for grey, 7 for
16 bits, 13 to 16 with transparency or CMYK; 4 more where such a picture is turned as well.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    IcoImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PcxImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    QoiImagePlugin,
    TgaImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from PIL.Image import Transpose

from signature.alpha import over_ground
from signature.borrowed import borrowed
from signature.completeness import is_cut_short
from signature.containers import recognise
from signature.errors import (
    CorruptError,
    DecodeError,
    EmptyFileError,
    OutOfMemoryError,
    TooManyPixelsError,
    TruncatedError,
    UnsupportedError,
)
from signature.grey import COLOURS, GREY_NDIM, Pixels
from signature.parameters import DEFAULT_POLICY, DecodePolicy

#: Registered by being imported; Pillow would otherwise import all its plugins at the first use.
PLUGINS: Final = (
    AvifImagePlugin, BmpImagePlugin, GifImagePlugin, IcoImagePlugin, Jpeg2KImagePlugin,
    JpegImagePlugin, PcxImagePlugin, PngImagePlugin, PpmImagePlugin, QoiImagePlugin,
    TgaImagePlugin, TiffImagePlugin, WebPImagePlugin,
)  # fmt: skip

_ORIENTATION: Final = 0x0112

#: How a picture is turned for each EXIF orientation (EXIF 2.3, tag 274); 1 is upright.
_TURNS: Final = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}

#: Where Pillow keeps what an orientation may be read from.
_EXIF_KEYS: Final = ("exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp")

#: Where a PNG file states its bits per colour, and how many are many.
_PNG_DEPTH: Final = 24
_SIXTEEN: Final = 16

_LIMITS: Final = threading.RLock()


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes
    ----------
    memory : (h, w), (h, w, 3) or (h, w, 4) uint8
        Grey, or red, green and blue, where the decoder left them: contiguous, maybe read-only. A
        fourth value a pixel means nothing.
    width, height : int
        In pixels, after turning.
    format : str
        Pillow's name of the kind of file, such as ``"JPEG"``.
    """

    memory: Pixels
    width: int
    height: int
    format: str

    @property
    def pixels(self) -> Pixels:
        """The grey levels, (h, w), or the colours, (h, w, 3); uint8, a view of the memory."""
        return self.memory if self.memory.ndim == GREY_NDIM else self.memory[..., :COLOURS]


def decode(data: bytes, policy: DecodePolicy = DEFAULT_POLICY) -> Picture:
    """Decode the bytes of a file.

    One picture is decoded at a time in a process: Pillow's limit and Python's warning filters
    belong to the process, are set for the call and put back. Use processes to decode in parallel.

    Parameters
    ----------
    data : bytes
        A whole file.
    policy : DecodePolicy
        Limit, ground and formats.

    Returns
    -------
    Picture
        The first frame.

    Raises
    ------
    DecodeError
        Whatever is wrong with the bytes, as one of its subclasses.
    """
    if not data:
        raise EmptyFileError("The file is empty.")
    kind = recognise(data)
    if kind not in policy.formats:
        raise UnsupportedError(f"The decoding policy does not allow {kind} files.")
    try:
        with _pillow_limits(policy.max_pixels):
            return _picture(data, kind, policy)
    except DecodeError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixelsError(
            f"The picture has more than the {policy.max_pixels} pixels allowed."
        ) from error
    except MemoryError as error:
        raise OutOfMemoryError("Decoding takes more memory than there is.") from error
    except Exception as error:
        # Pillow's plugins raise nearly everything on damaged bytes: OSError, SyntaxError,
        # ValueError, KeyError, struct.error, OverflowError, zlib.error and more.
        raise _diagnosis(data, kind, error) from error


@contextmanager
def _pillow_limits(max_pixels: int) -> Iterator[None]:
    """Let Pillow refuse larger pictures by itself, also those inside others, and keep it quiet.

    AVIF is decoded by one thread instead of one a core: whoever signs many pictures has a process
    a core, and each thread takes memory of its own.
    """
    with _LIMITS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        before = Image.MAX_IMAGE_PIXELS, AvifImagePlugin.DEFAULT_MAX_THREADS
        Image.MAX_IMAGE_PIXELS, AvifImagePlugin.DEFAULT_MAX_THREADS = max_pixels, 1
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, AvifImagePlugin.DEFAULT_MAX_THREADS = before


def _picture(data: bytes, kind: str, policy: DecodePolicy) -> Picture:
    with Image.open(BytesIO(data), formats=[kind]) as image:
        width, height = image.size
        if width * height > policy.max_pixels:
            raise TooManyPixelsError(
                f"The picture has {width} x {height} pixels, more than the "
                f"{policy.max_pixels} allowed."
            )
        image.load()
        _narrow_key(image, data)
        pixels = _pixels(_upright(image), policy)
        name = image.format or kind
    return Picture(pixels, pixels.shape[1], pixels.shape[0], name)


def _upright(image: Image.Image) -> Image.Image:
    # Pillow turns a TIFF by itself when it loads it.
    if image.format == "TIFF" or not any(key in image.info for key in _EXIF_KEYS):
        return image
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a broken EXIF block is ignored, whatever it breaks
        return image
    return image if turn is None else image.transpose(turn)


def _narrow_key(image: Image.Image, data: bytes) -> None:
    """Reduce the transparent colour of 16-bit colours, as Pillow reduced the colours themselves."""
    key = image.info.get("transparency")
    if image.format == "PNG" and data[_PNG_DEPTH] == _SIXTEEN and isinstance(key, tuple):
        image.info["transparency"] = tuple(part >> 8 for part in key)


def _pixels(image: Image.Image, policy: DecodePolicy) -> Pixels:
    # Of these only PPM, which Pillow widens, says that its levels end at 65,535.
    if image.mode in {"I", "F"} and image.format != "PPM":
        raise UnsupportedError(
            f"Pixels of 32 bits (Pillow's mode {image.mode}) have no known range."
        )
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if image.has_transparency_data:
        return over_ground(np.asarray(image.convert("RGBA")), policy.background)
    if image.mode not in {"L", "RGB"}:  # converting to the same mode would copy
        image = image.convert("L" if image.mode == "1" else "RGB")
    return borrowed(image)


def _eight_bits(image: Image.Image) -> Image.Image:
    """The upper half of 16 bits, which is what Pillow keeps of 16-bit colours as well."""
    levels = np.asarray(image)
    grey = Image.fromarray((levels >> 8).astype(np.uint8))
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey.putalpha(Image.fromarray((levels != clear).astype(np.uint8) * np.uint8(255)))
    return grey


def _diagnosis(data: bytes, kind: str, error: Exception) -> DecodeError:
    """The error that says what is wrong with bytes that Pillow refused."""
    said = str(error).lower()
    if is_cut_short(data, kind) or "truncated" in said:
        return TruncatedError(f"The {kind} file ends too early.")
    if isinstance(error, NotImplementedError) or "unsupported" in said or "not supported" in said:
        return UnsupportedError(f"The {kind} file is of a variant that is not decoded here.")
    return CorruptError(f"The {kind} file is damaged.")
