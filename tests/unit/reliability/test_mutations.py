"""Mutations are repeatable, and each kind does to a file what it says."""

import io
import zlib
from pathlib import Path

import pytest
from PIL import Image

from reliability.mutations import KINDS, Mutations
from reliability.sizes import stated_sizes, with_size
from reliability.subjects import fixtures

FIXTURES = fixtures(Path(__file__).resolve().parents[2] / "fixtures")
NUMBERS = range(60)
ENCODED = ("AVIF", "BMP", "GIF", "ICO", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "QOI", "TGA",
           "TIFF", "WEBP")  # fmt: skip


@pytest.fixture(scope="module")
def mutations() -> Mutations:
    return Mutations(FIXTURES, seed=5)


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((48, 32), 50).convert("RGB").save(
        file, kind, **({"sizes": [(48, 32)]} if kind == "ICO" else {})
    )
    return file.getvalue()


def shared(a: bytes, b: bytes) -> int:
    """Length of what two files begin with alike."""
    return next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_file_whatever_was_made_before(
    kind: str, mutations: Mutations
) -> None:
    again = Mutations(FIXTURES, seed=5)
    backwards = [again.make(kind, number) for number in reversed(NUMBERS)]
    assert [mutations.make(kind, number) for number in NUMBERS] == backwards[::-1]


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_gives_other_files(kind: str, mutations: Mutations) -> None:
    other = Mutations(FIXTURES, seed=6)
    same = [mutations.make(kind, n).data == other.make(kind, n).data for n in NUMBERS]
    assert sum(same) < len(same) / 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutation_is_never_its_original(kind: str, mutations: Mutations) -> None:
    for number in NUMBERS:
        mutation = mutations.make(kind, number)
        assert mutation.data != FIXTURES[mutation.original], mutation.name


def test_a_flip_turns_a_few_bits(mutations: Mutations) -> None:
    for number in NUMBERS:
        mutation = mutations.make("flip", number)
        before = FIXTURES[mutation.original]
        assert len(mutation.data) == len(before)
        turned = sum((a ^ b).bit_count() for a, b in zip(mutation.data, before, strict=True))
        assert 1 <= turned <= 16


def test_a_cut_is_the_beginning(mutations: Mutations) -> None:
    for number in NUMBERS:
        mutation = mutations.make("cut", number)
        assert FIXTURES[mutation.original].startswith(mutation.data)


def test_a_splice_begins_as_its_original_and_ends_as_another_file(mutations: Mutations) -> None:
    for number in NUMBERS:
        mutation = mutations.make("splice", number)
        alike = shared(mutation.data, FIXTURES[mutation.original])
        assert alike >= 1
        assert any(data.endswith(mutation.data[alike:]) for data in FIXTURES.values())


def test_a_block_is_repeated(mutations: Mutations) -> None:
    for number in NUMBERS:
        mutation = mutations.make("repeat", number)
        before, after = FIXTURES[mutation.original], mutation.data
        more, alike = len(after) - len(before), shared(after, before)
        assert 1 <= more <= 4096
        assert after[alike : alike + more] == after[alike - more : alike]
        assert after[:alike] + after[alike + more :] == before


def test_a_block_is_removed(mutations: Mutations) -> None:
    for number in NUMBERS:
        mutation = mutations.make("remove", number)
        before, after = FIXTURES[mutation.original], mutation.data
        less, alike = len(before) - len(after), shared(after, before)
        assert 1 <= less <= 4096
        assert before[:alike] + before[alike + less :] == after


def test_a_resealed_chunk_has_the_right_check_sum(mutations: Mutations) -> None:
    for number in NUMBERS:
        mutation = mutations.make("reseal", number)
        before = FIXTURES[mutation.original]
        first = shared(mutation.data, before)
        position = 8
        while position + 12 + (length := int.from_bytes(before[position : position + 4])) <= first:
            position += 12 + length
        body_end = position + 8 + length
        check = zlib.crc32(mutation.data[position + 4 : body_end])
        assert int.from_bytes(mutation.data[body_end : body_end + 4]) == check
        assert mutation.data[body_end + 4 :] == before[body_end + 4 :]


@pytest.mark.parametrize("kind", ENCODED)
def test_every_format_states_a_size_that_can_be_changed(kind: str) -> None:
    data = encoded(kind)
    sizes = stated_sizes(data)
    assert sizes, kind
    for size in sizes:
        read = [number.read(data) for number in size]
        changed = with_size(data, size, 77, 55)
        assert [number.read(changed) for number in stated_sizes(changed)[sizes.index(size)]] == [
            77, 55,
        ]  # fmt: skip
        # PCX and lossless WebP state one less.
        assert all(abs(value - side) <= 1 for value, side in zip(read, (48, 32), strict=True))


@pytest.mark.parametrize("kind", ["BMP", "JPEG", "PCX", "PNG", "PPM", "QOI", "TGA", "TIFF", "WEBP"])
def test_pillow_believes_the_changed_size(kind: str) -> None:
    changed = encoded(kind)
    for size in stated_sizes(changed):
        changed = with_size(changed, size, 77, 55)
    with Image.open(io.BytesIO(changed)) as image:
        assert all(abs(a - b) <= 1 for a, b in zip(image.size, (77, 55), strict=True))


def test_what_cannot_be_made_is_said(mutations: Mutations) -> None:
    with pytest.raises(ValueError, match="'size'"):
        Mutations({"note": b"no picture"}, 0).make("size", 0)
    with pytest.raises(ValueError, match="'burn'"):
        mutations.make("burn", 0)
