"""Telling what kind of file some bytes are, by their first bytes alone."""

import re
from collections.abc import Callable
from typing import Final

from signature.errors import NotAnImageError, UnsupportedError

#: First bytes of the kinds that are decoded, and Pillow's names of them.
_MAGIC: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"qoif", "QOI"),
)

#: First bytes of kinds that are pictures all the same.
_FOREIGN: Final = (
    (b"8BPS", "Photoshop"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"\xd7\xcd\xc6\x9a", "Windows metafile"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"II\xbc\x01", "JPEG XR"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance"),
    (b"DDS ", "DirectDraw surface"),
    (b"icns", "Apple icon"),
    (b"\x00\x00\x02\x00\x01\x00", "Windows cursor"),
    (b"gimp xcf ", "GIMP"),
    (b"FLIF", "FLIF"),
    (b"AT&TFORM", "DjVu"),
    (b"PF\n", "floating-point PPM"),
    (b"Pf\n", "floating-point PPM"),
)

_HEIF_BRANDS: Final = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}
_BMP_HEADERS: Final = {12, 16, 40, 52, 56, 64, 108, 124}
_PPM: Final = re.compile(rb"P[1-6](?:\s|#[^\n]*\n)+\d")
_UP_TO_256: Final = range(1, 257)
_PCX_VERSIONS: Final = {b"\x00", b"\x02", b"\x03", b"\x04", b"\x05"}
_PCX_CODINGS: Final = {b"\x00", b"\x01"}
_PCX_DEPTHS: Final = {b"\x01", b"\x02", b"\x04", b"\x08"}
_PCX_PLANES: Final = {b"\x01", b"\x02", b"\x03", b"\x04"}

#: Targa: bytes of the header; kinds (palette, colour, grey; 8 more when run-length coded); bits a
#: pixel of each.
_TGA_HEADER: Final = 18
_TGA_KINDS: Final = {1, 2, 3, 9, 10, 11}
_TGA_DEPTHS: Final = {1: {8}, 2: {15, 16, 24, 32}, 3: {1, 8, 16}}

#: How far a vector drawing's prolog is read, in bytes.
_PROLOG: Final = 65536


def recognise(data: bytes) -> str:
    """Kind of file that some bytes begin as.

    Parameters
    ----------
    data : bytes
        A whole file.

    Returns
    -------
    str
        Pillow's name, one of `signature.parameters.FORMATS`.

    Raises
    ------
    NotAnImageError
        If no picture begins so.
    UnsupportedError
        If it is a kind of picture that is not decoded here.

    Examples
    --------
    >>> recognise(b"GIF89a...")
    'GIF'
    """
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    believed = _by_header(data)
    if believed is not None:
        return believed
    foreign = _foreign(data)
    if foreign is not None:
        raise UnsupportedError(f"The file is a picture of a kind not decoded here ({foreign}).")
    raise NotAnImageError("The bytes do not begin as any known kind of picture does.")


def _by_header(data: bytes) -> str | None:
    """Kinds whose first bytes are too common to be believed alone."""
    for name, fits in _HEADERS:
        if fits(data):
            return name
    return None


def _is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _is_bmp(data: bytes) -> bool:
    return data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS


def _is_icon(data: bytes) -> bool:
    return data[:4] == b"\x00\x00\x01\x00" and int.from_bytes(data[4:6], "little") in _UP_TO_256


def _is_avif(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and not {b"avif", b"avis"}.isdisjoint(_brands(data))


def _is_ppm(data: bytes) -> bool:
    return _PPM.match(data[:1024]) is not None


def _is_pcx(data: bytes) -> bool:
    # Mark, version, run-length coding, bits in a plane; and further on the number of planes.
    begins = data[:1] == b"\x0a" and data[1:2] in _PCX_VERSIONS and data[2:3] in _PCX_CODINGS
    return begins and data[3:4] in _PCX_DEPTHS and data[65:66] in _PCX_PLANES


def _brands(data: bytes) -> set[bytes]:
    end = min(int.from_bytes(data[:4], "big"), 256)
    return {data[8:12]} | {data[start : start + 4] for start in range(16, end, 4)}


def _foreign(data: bytes) -> str | None:
    for magic, name in _FOREIGN:
        if data.startswith(magic):
            return name
    if data[4:8] == b"ftyp" and _brands(data) & _HEIF_BRANDS:
        return "HEIF"
    return "SVG" if _is_vector_drawing(data) else None


def _is_vector_drawing(data: bytes) -> bool:
    """Whether the first element is <svg>; a web page with a drawing inside is none."""
    text = data[:_PROLOG].removeprefix(b"\xef\xbb\xbf").lstrip()
    while text.startswith((b"<?", b"<!")):
        close = b"-->" if text.startswith(b"<!--") else b">"
        if text.startswith(b"<!DOCTYPE") and b"[" in text[: text.find(b">") + 1]:
            close = b"]>"
        _, found, text = text.partition(close)
        if not found:
            return False
        text = text.lstrip()
    return re.match(rb"<(?:\w+:)?svg[\s>]", text) is not None


def _is_targa(data: bytes) -> bool:
    """Whether the header's parts agree with each other: a Targa file begins with no mark."""
    if len(data) < _TGA_HEADER or data[2] not in _TGA_KINDS:
        return False
    mapped, kind, depth, flags = data[1], data[2] & 7, data[16], data[17]
    width, height = int.from_bytes(data[12:14], "little"), int.from_bytes(data[14:16], "little")
    if not width or not height or flags & 0xC0 or depth not in _TGA_DEPTHS[kind]:
        return False
    if mapped:
        colours = int.from_bytes(data[5:7], "little")
        return kind == 1 and mapped == 1 and colours in _UP_TO_256 and data[7] in _TGA_DEPTHS[2]
    return kind != 1 and data[3:8] == bytes(5)


#: By the order of their first bytes' worth: Targa, which has none, last.
_HEADERS: Final[tuple[tuple[str, Callable[[bytes], bool]], ...]] = (
    ("WEBP", _is_webp),
    ("BMP", _is_bmp),
    ("ICO", _is_icon),
    ("AVIF", _is_avif),
    ("PPM", _is_ppm),
    ("PCX", _is_pcx),
    ("TGA", _is_targa),
)
