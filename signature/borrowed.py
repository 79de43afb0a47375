"""The memory of a decoded picture as an array, without a copy.

Pillow shows its memory through Arrow's C data interface, a fixed and documented layout of two C
structures in capsules. Reading the one address that is needed takes microseconds; copying the
pixels takes a tenth of what decoding them takes.
"""

import ctypes
from typing import Final, Protocol

import numpy as np

from signature.grey import Pixels


class ArrowArray(ctypes.Structure):
    """Arrow's structure of the same name, see Arrow's C data interface."""


ArrowArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]

_address_in_capsule: Final = ctypes.pythonapi.PyCapsule_GetPointer
_address_in_capsule.restype = ctypes.c_void_p
_address_in_capsule.argtypes = [ctypes.py_object, ctypes.c_char_p]

#: Bytes that Pillow keeps for a pixel: of grey, and of colours (the fourth means nothing).
_BYTES: Final = {"L": 1, "RGB": 4}


class Exporter(Protocol):
    """A picture as `PIL.Image.Image` is one."""

    @property
    def mode(self) -> str:
        """Return the kind of its pixels."""

    @property
    def width(self) -> int:
        """Return the pixels in a row."""

    @property
    def height(self) -> int:
        """Return the rows."""

    def __arrow_c_array__(self) -> tuple[object, object]:
        """Return the capsules of the type and of the values."""


class _Loan:
    """Keeps the picture's memory for as long as an array over it lives."""

    def __init__(self, capsule: object, address: int, shape: tuple[int, ...]) -> None:
        self._capsule = capsule
        self.__array_interface__ = {
            "data": (address, True),  # read-only
            "shape": shape,
            "typestr": "|u1",
            "version": 3,
        }


def borrowed(picture: Exporter) -> Pixels:
    """Pixels of a grey or RGB picture, in its own memory if that is in one piece.

    Parameters
    ----------
    picture : PIL.Image.Image
        Loaded, of mode ``"L"`` or ``"RGB"``.

    Returns
    -------
    (h, w), (h, w, 4) or (h, w, 3) uint8
        Read-only and contiguous. Of four values a pixel, the first three are red, green and blue.
        Pictures of more than 16 MB lie in several pieces and are copied, to three values a pixel.
    """
    depth = _BYTES[picture.mode]
    shape = (picture.height, picture.width, depth)[: 2 if depth == 1 else 3]
    try:
        _, capsule = picture.__arrow_c_array__()
    except ValueError:  # what Pillow raises for several pieces
        return np.asarray(picture)
    values = _values(capsule)
    if values.length != picture.height * picture.width * depth:
        return np.asarray(picture)
    return np.asarray(_Loan(capsule, values.buffers[1] + values.offset, shape))


def _values(capsule: object) -> ArrowArray:
    """Arrow's array of the single bytes."""
    address = _address_in_capsule(capsule, b"arrow_array")
    array = ctypes.cast(address, ctypes.POINTER(ArrowArray)).contents
    values: ArrowArray = array.children[0].contents if array.n_children else array
    return values
