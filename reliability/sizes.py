"""Where a picture's file states its width and height, so that they can be made to lie."""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from signature.containers import recognise
from signature.errors import SignatureError


@dataclass(frozen=True)
class Number:
    """Where a number stands in a file.

    Attributes
    ----------
    start, length : int
        In bytes.
    form : str
        The order of its bytes, or that it is text.
    """

    start: int
    length: int
    form: Literal["big", "little", "text"]

    def read(self, data: bytes) -> int:
        """Read the number.

        Parameters
        ----------
        data : bytes
            The file.

        Returns
        -------
        int
            Without a sign.
        """
        raw = data[self.start : self.start + self.length]
        return int(raw) if self.form == "text" else int.from_bytes(raw, self.form)

    def written(self, data: bytes, value: int) -> bytes:
        """Put a value in the number's place.

        Parameters
        ----------
        data : bytes
            The file.
        value : int
            Not negative. What does not fit becomes the largest value that does.

        Returns
        -------
        bytes
            The changed file.
        """
        if self.form == "text":
            new = str(value).encode()
        else:
            new = min(value, 256**self.length - 1).to_bytes(self.length, self.form)
        return data[: self.start] + new + data[self.start + self.length :]


Size: TypeAlias = tuple[Number, Number]

#: Before the body of a PNG chunk: its length and its name.
_CHUNK: Final = 8

#: JPEG (ITU-T T.81, table B.1): markers that begin a frame.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

_TIFF_WIDTH: Final = 256
_TIFF_HEIGHT: Final = 257
_TIFF_LONG: Final = 4
_OLD_BITMAP: Final = 12  # bytes of the header that has 16 bits for a side
_GIF_EXTENSION: Final = 0x21
_GIF_FRAME: Final = 0x2C


def stated_sizes(data: bytes) -> tuple[Size, ...]:
    """Every place of a file that states the width and the height.

    Parameters
    ----------
    data : bytes
        A whole file, maybe a damaged one.

    Returns
    -------
    tuple of (Number, Number)
        Width and height; empty if there are none, or none was found.
    """
    try:
        return tuple(_FINDERS[recognise(data)](data))
    except (SignatureError, struct.error, IndexError):
        return ()


def with_size(data: bytes, size: Size, width: int, height: int) -> bytes:
    """Let a file state another size; the check sum of a PNG's header is made right.

    Parameters
    ----------
    data : bytes
        A whole file.
    size : (Number, Number)
        One of `stated_sizes`.
    width, height : int
        In the unit of the format: pixels, or one less.

    Returns
    -------
    bytes
        The changed file.
    """
    both = zip(size, (width, height), strict=True)
    # From the end, because text may change its length.
    for number, value in sorted(both, key=lambda pair: -pair[0].start):
        data = number.written(data, value)
    return sealed(data, 8) if data.startswith(b"\x89PNG") else data


def sealed(data: bytes, chunk: int) -> bytes:
    """Make the check sum of a PNG chunk right.

    Parameters
    ----------
    data : bytes
        A PNG file.
    chunk : int
        Where the chunk begins.

    Returns
    -------
    bytes
        The changed file.
    """
    end = chunk + _CHUNK + int.from_bytes(data[chunk : chunk + 4], "big")
    check = zlib.crc32(data[chunk + 4 : end]).to_bytes(4, "big")
    return data[:end] + check + data[end + 4 :]


def _fixed(
    start: int, length: int, form: Literal["big", "little"]
) -> Callable[[bytes], Iterator[Size]]:
    def find(_: bytes) -> Iterator[Size]:
        yield Number(start, length, form), Number(start + length, length, form)

    return find


def _jpeg(data: bytes) -> Iterator[Size]:
    position = 2
    while data[position] == 0xFF:  # noqa: PLR2004 - what every marker begins with
        if data[position + 1] in _FRAMES:
            yield Number(position + 7, 2, "big"), Number(position + 5, 2, "big")
            return
        position += 2 + int(struct.unpack_from(">H", data, position + 2)[0])


def _gif(data: bytes) -> Iterator[Size]:
    yield Number(6, 2, "little"), Number(8, 2, "little")
    position = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    while data[position] == _GIF_EXTENSION:
        position += 2
        while data[position]:
            position += 1 + data[position]
        position += 1
    if data[position] == _GIF_FRAME:
        yield Number(position + 5, 2, "little"), Number(position + 7, 2, "little")


def _bmp(data: bytes) -> Iterator[Size]:
    side = 2 if data[14] == _OLD_BITMAP else 4
    yield Number(18, side, "little"), Number(18 + side, side, "little")


def _webp(data: bytes) -> Iterator[Size]:
    match data[12:16]:
        case b"VP8X":
            yield Number(24, 3, "little"), Number(27, 3, "little")
        case b"VP8 ":
            yield Number(26, 2, "little"), Number(28, 2, "little")
        case b"VP8L":  # 14 bits each; the height begins in the upper two of the first number
            yield Number(21, 2, "little"), Number(23, 1, "little")


def _tiff(data: bytes) -> Iterator[Size]:
    form: Literal["big", "little"] = "little" if data[:2] == b"II" else "big"
    order = "<" if form == "little" else ">"
    directory = struct.unpack_from(order + "I", data, 4)[0]
    found: dict[int, Number] = {}
    for entry in range(struct.unpack_from(order + "H", data, directory)[0]):
        place = directory + 2 + 12 * entry
        tag, kind = struct.unpack_from(order + "HH", data, place)
        found[tag] = Number(place + 8, 4 if kind == _TIFF_LONG else 2, form)
    if _TIFF_WIDTH in found and _TIFF_HEIGHT in found:
        yield found[_TIFF_WIDTH], found[_TIFF_HEIGHT]


def _jpeg_2000(data: bytes) -> Iterator[Size]:
    box = data.find(b"ihdr")
    if box >= 0:
        yield Number(box + 8, 4, "big"), Number(box + 4, 4, "big")
    codes = data.find(b"\xff\x4f\xff\x51")
    if codes >= 0:
        yield Number(codes + 8, 4, "big"), Number(codes + 12, 4, "big")


def _avif(data: bytes) -> Iterator[Size]:
    box = data.find(b"ispe")
    if box >= 0:
        yield Number(box + 8, 4, "big"), Number(box + 12, 4, "big")


def _ppm(data: bytes) -> Iterator[Size]:
    found = re.match(rb"P\d\s+(?:#[^\n]*\n\s*)*(\d+)\s+(\d+)", data)
    if found:
        width, height = (Number(found.start(i), len(found[i]), "text") for i in (1, 2))
        yield width, height


_FINDERS: Final[dict[str, Callable[[bytes], Iterator[Size]]]] = {
    "AVIF": _avif,
    "BMP": _bmp,
    "GIF": _gif,
    "ICO": _fixed(6, 1, "little"),
    "JPEG": _jpeg,
    "JPEG2000": _jpeg_2000,
    "PCX": _fixed(8, 2, "little"),  # the last column and row
    "PNG": _fixed(16, 4, "big"),
    "PPM": _ppm,
    "QOI": _fixed(4, 4, "big"),
    "TGA": _fixed(12, 2, "little"),
    "TIFF": _tiff,
    "WEBP": _webp,
}
