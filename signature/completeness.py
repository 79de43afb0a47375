"""Telling a file that was cut short from one that is damaged, by its structure.

Pillow gives one error for both, or none that says which. These walks are made only after it has
refused a file, so they need not be fast; each reads lengths that the file itself states and asks
whether they reach past its end.
"""

import struct
from collections.abc import Callable
from typing import Final

#: Bytes of one value of each TIFF field type (TIFF 6.0, section 2; 16 to 18 are BigTIFF's).
_TIFF_SIZES: Final = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
    16: 8, 17: 8, 18: 8,
}  # fmt: skip


#: BigTIFF's number, where a TIFF has 42.
_BIG: Final = 43

#: JPEG (ITU-T T.81, table B.1): first byte of a marker, start of a scan, end of the image, and the
#: markers that stand alone.
_MARK: Final = 0xFF
_SCAN: Final = 0xDA
_END: Final = 0xD9
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})

#: GIF89a, sections 20 and 23 to 26: what a block begins with.
_FRAME: Final = 0x2C
_EXTENSION: Final = 0x21

#: Least length of a box of ISO/IEC 14496-12, in bytes.
_BOX_HEADER: Final = 8


def is_cut_short(data: bytes, kind: str) -> bool:
    """Whether a file ends before its own structure says so.

    Parameters
    ----------
    data : bytes
        A whole file that was recognised as ``kind``.
    kind : str
        Pillow's name of the format.

    Returns
    -------
    bool
        False also where the format states no lengths, or where damage hides them.
    """
    check = _CHECKS.get(kind)
    try:
        return check is not None and check(data)
    except (struct.error, IndexError, OverflowError):
        return True


def _jpeg(data: bytes) -> bool:
    position = 2
    while data[position] == _MARK:
        marker = data[position + 1]
        if marker == _SCAN:
            return data.find(bytes([_MARK, _END]), position) < 0
        if marker == _END:
            return False
        if marker == _MARK:  # a byte of padding
            position += 1
        elif marker in _BARE:
            position += 2
        else:
            position += 2 + int(struct.unpack_from(">H", data, position + 2)[0])
    return False


def _png(data: bytes) -> bool:
    position, name = 8, b""
    while name != b"IEND" and position <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        if not name.isalpha():
            return False
        position += 12 + length
    return position > len(data)


def _gif(data: bytes) -> bool:
    position = 13 + _colour_table(data[10])
    while True:
        introducer = data[position]
        if introducer == _EXTENSION:
            position += 2
        elif introducer == _FRAME:
            position += 11 + _colour_table(data[position + 9])
        else:
            return False
        while data[position]:
            position += 1 + data[position]
        position += 1


def _colour_table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(data: bytes) -> bool:
    return bool(8 + struct.unpack_from("<I", data, 4)[0] > len(data))


def _bmp(data: bytes) -> bool:
    size, _, start, header = struct.unpack_from("<IIII", data, 2)
    return bool(max(size, start, 14 + header) > len(data))


def _boxes(data: bytes) -> bool:
    """Boxes of the ISO base media format: AVIF, and JPEG 2000 in its container."""
    if data.startswith(b"\xff\x4f"):
        return not data.endswith(b"\xff\xd9")
    position = 0
    while position < len(data):
        length = struct.unpack_from(">I", data, position)[0]
        if length == 1:
            length = struct.unpack_from(">Q", data, position + 8)[0]
        if length < _BOX_HEADER:
            return False
        position += length
    return position > len(data)


def _qoi(data: bytes) -> bool:
    return not data.endswith(bytes(7) + b"\x01")


def _ico(data: bytes) -> bool:
    count = struct.unpack_from("<H", data, 4)[0]
    entries = [struct.unpack_from("<II", data, 6 + 16 * i + 8) for i in range(count)]
    return any(size + start > len(data) for size, start in entries)


def _tiff(data: bytes) -> bool:
    order = "<" if data[:2] == b"II" else ">"
    big = _BIG in data[2:4]
    count_format, entry_format, start = (
        (order + "Q", order + "HHQ8s", 8) if big else (order + "H", order + "HHI4s", 4)
    )
    position = struct.unpack_from(order + ("Q" if big else "I"), data, start)[0]
    count = struct.unpack_from(count_format, data, position)[0]
    position += struct.calcsize(count_format)
    fields: dict[int, tuple[int, ...]] = {}
    for _ in range(count):
        tag, kind, values, inline = struct.unpack_from(entry_format, data, position)
        position += struct.calcsize(entry_format)
        size = values * _TIFF_SIZES.get(kind, 0)
        place = struct.unpack(order + ("Q" if big else "I"), inline)[0]
        if size > len(inline) and place + size > len(data):
            return True
        if tag in {273, 279, 324, 325} and kind in {3, 4, 16}:
            raw = inline[:size] if size <= len(inline) else data[place : place + size]
            letter = {3: "H", 4: "I", 16: "Q"}[kind]
            fields[tag] = struct.unpack(f"{order}{values}{letter}", raw)
    parts = [(273, 279), (324, 325)]
    return any(
        start + length > len(data)
        for starts, lengths in parts
        for start, length in zip(fields.get(starts, ()), fields.get(lengths, ()), strict=False)
    )


_CHECKS: Final[dict[str, Callable[[bytes], bool]]] = {
    "AVIF": _boxes,
    "BMP": _bmp,
    "GIF": _gif,
    "ICO": _ico,
    "JPEG": _jpeg,
    "JPEG2000": _boxes,
    "PNG": _png,
    "QOI": _qoi,
    "TIFF": _tiff,
    "WEBP": _webp,
}
