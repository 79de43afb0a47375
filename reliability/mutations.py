"""Files with one accident each, drawn by a seed: the same seed gives the same files.

A mutation is known by its kind and its number. It depends on these, the seed and the originals,
and on no other mutation: so that it can be made again alone.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from reliability.sizes import sealed, stated_sizes, with_size
from signature.containers import recognise
from signature.errors import SignatureError

Random: TypeAlias = np.random.Generator

#: Bytes at the start in which half of the flipped bits lie: there decoders decide what to do.
_HEAD: Final = 256
_MOST_FLIPS: Final = 16
_MOST_BYTES: Final = 4096  # of a block that is repeated or removed

_SIGNATURE: Final = 8  # bytes of a PNG before its first chunk
_AROUND: Final = 12  # bytes of a PNG chunk beside its body

#: Sides that are odd: nothing, little, powers of two and their neighbours, the most that fit; of
#: 10,000 by 9,999 pixels, the file is within the limit, and its memory is asked for.
_SIDES: Final = (
    0, 1, 2, 3, 255, 256, 4_095, 9_999, 9_999, 10_000, 10_000, 16_383, 32_767, 32_768, 65_500,
    65_535, 2**20, 2**24 - 1, 2**31 - 1, 2**31, 2**32 - 1,
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of accident.

    Attributes
    ----------
    happen : callable
        From a file, another one and a generator to the changed file.
    suits : callable
        Whether it can happen to a file.
    """

    happen: Callable[[bytes, bytes, Random], bytes]
    suits: Callable[[bytes], bool]


@dataclass(frozen=True)
class Mutation:
    """A file with an accident.

    Attributes
    ----------
    name : str
        Kind and number, such as ``"cut:17"``.
    original : str
        Name of the file that it was made of.
    data : bytes
        What it is now; never what it was.
    """

    name: str
    original: str
    data: bytes


class Mutations:
    """Maker of mutations.

    Parameters
    ----------
    originals : mapping of str to bytes
        Files by their names; empty ones are left out.
    seed : int
        Of all draws, not negative.
    """

    def __init__(self, originals: Mapping[str, bytes], seed: int) -> None:
        self._files = {name: data for name, data in sorted(originals.items()) if data}
        self._seed = seed
        self._suiting = {
            name: [file for file, data in self._files.items() if kind.suits(data)]
            for name, kind in KINDS.items()
        }
        self._alike: dict[str, list[str]] = {}
        for file, data in self._files.items():
            self._alike.setdefault(_format(data), []).append(file)

    def make(self, kind: str, number: int) -> Mutation:
        """Make one mutation; the originals take their turns.

        Parameters
        ----------
        kind : str
            One of `KINDS`.
        number : int
            Not negative.

        Returns
        -------
        Mutation
            Always the same.

        Raises
        ------
        ValueError
            If there is no such kind, or it can happen to none of the originals.
        """
        if not self._suiting.get(kind):
            raise ValueError(f"there is nothing to make a mutation of kind {kind!r} of")
        original = self._suiting[kind][number % len(self._suiting[kind])]
        random = np.random.default_rng([self._seed, zlib.crc32(kind.encode()), number])
        before = after = self._files[original]
        while after == before:
            other = self._files[self._other(original, random)]
            after = KINDS[kind].happen(before, other, random)
        return Mutation(f"{kind}:{number}", original, after)

    def _other(self, original: str, random: Random) -> str:
        """Draw another file; every second time one of the same format."""
        alike = self._alike[_format(self._files[original])]
        files = alike if random.random() < 1 / 2 else list(self._files)
        return files[random.integers(len(files))]


def _format(data: bytes) -> str:
    try:
        return recognise(data)
    except SignatureError:
        return "none"


def _flip(data: bytes, _: bytes, random: Random) -> bytes:
    """Turn some bits over."""
    within = min(_HEAD, len(data)) if random.random() < 1 / 2 else len(data)
    bits = min(int(random.integers(1, _MOST_FLIPS + 1)), 8 * within)
    changed = bytearray(data)
    for bit in random.choice(8 * within, bits, replace=False):
        changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def _cut(data: bytes, _: bytes, random: Random) -> bytes:
    """Leave the end away."""
    return data[: random.integers(len(data))]


def _splice(data: bytes, other: bytes, random: Random) -> bytes:
    """Go on as another file does."""
    return data[: random.integers(1, len(data))] + other[random.integers(len(other)) :]


def _repeat(data: bytes, _: bytes, random: Random) -> bytes:
    """Write a block twice."""
    start, end = _block(data, random)
    return data[:end] + data[start:]


def _remove(data: bytes, _: bytes, random: Random) -> bytes:
    """Leave a block away."""
    start, end = _block(data, random)
    return data[:start] + data[end:]


def _block(data: bytes, random: Random) -> tuple[int, int]:
    length = int(random.integers(1, min(len(data), _MOST_BYTES + 1)))
    start = int(random.integers(len(data) - length + 1))
    return start, start + length


def _inflate(data: bytes, _: bytes, random: Random) -> bytes:
    """State another size: in one place or everywhere, of one side or of both."""
    sizes = stated_sizes(data)
    if random.random() < 1 / 2:
        sizes = (sizes[random.integers(len(sizes))],)
    sides = [_SIDES[i] for i in random.integers(len(_SIDES), size=2)]
    kept = random.integers(3)  # the width, the height, or neither
    for size in sizes:
        width, height = (
            number.read(data) if axis == kept else side
            for axis, (number, side) in enumerate(zip(size, sides, strict=True))
        )
        data = with_size(data, size, width, height)
    return data


def _reseal(data: bytes, _: bytes, random: Random) -> bytes:
    """Turn bits of a PNG chunk over and make its check sum right: the decoder has to look."""
    starts = _chunks(data)
    chunk = starts[random.integers(len(starts))]
    body = chunk + 8
    end = body + int.from_bytes(data[chunk : body - 4], "big")
    return sealed(data[:body] + _flip(data[body:end], b"", random) + data[end:], chunk)


def _chunks(data: bytes) -> list[int]:
    """Where the chunks of a PNG begin that have a body."""
    found, position = [], _SIGNATURE
    while data.startswith(b"\x89PNG") and position + _AROUND < len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        if 0 < length <= len(data) - position - _AROUND:
            found.append(position)
        position += _AROUND + length
    return found


def _is_long(data: bytes) -> bool:
    return len(data) > 1


#: By the names of the groups in the report.
KINDS: Final = {
    "flip": Kind(_flip, _is_long),
    "reseal": Kind(_reseal, lambda data: bool(_chunks(data))),
    "cut": Kind(_cut, _is_long),
    "splice": Kind(_splice, _is_long),
    "repeat": Kind(_repeat, _is_long),
    "remove": Kind(_remove, _is_long),
    "size": Kind(_inflate, lambda data: bool(stated_sizes(data))),
}
