import struct
import threading
import warnings
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import AvifImagePlugin, Image, PngImagePlugin

from signature.containers import recognise
from signature.decode import Picture, decode
from signature.errors import (
    CorruptError,
    DecodeError,
    EmptyFileError,
    NotAnImageError,
    OutOfMemoryError,
    TooManyPixelsError,
    TruncatedError,
    UnsupportedError,
)
from signature.parameters import FORMATS, DecodePolicy

Encoder = Callable[..., bytes]

MAGIC = [
    b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF....WEBPVP8 ", b"II*\x00",
    b"MM\x00*", b"qoif",
    b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\x00\x00\x00\x1cftypavif", b"P6 3 3 255\n",
    b"\x00\x00\x01\x00\x01\x00", b"\x0a\x05\x01\x08", b"BM", b"\x00\x00\x02" + bytes(9),
]  # fmt: skip


def _answer(data: bytes, policy: DecodePolicy | None = None) -> Picture | DecodeError:
    """A picture or a DecodeError; anything else fails the test."""
    try:
        picture = decode(data, policy or DecodePolicy(max_pixels=100_000))
    except DecodeError as error:
        return error
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape[:2] == (picture.height, picture.width)
    assert picture.pixels.ndim == 2 or picture.pixels.shape[2] == 3
    assert picture.memory.flags.c_contiguous
    return picture


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    _answer(data)


@settings(deadline=None)
@given(st.sampled_from(MAGIC), st.binary(max_size=400))
def test_any_bytes_behind_a_magic_number(magic: bytes, data: bytes) -> None:
    _answer(magic + data)


@pytest.fixture(scope="module")
def files(encode: Encoder, colours: np.ndarray) -> list[bytes]:
    noise = np.random.default_rng(8).integers(0, 256, (24, 30, 3), dtype=np.uint8)
    kinds = [kind for kind in FORMATS if kind != "QOI"]
    return [encode(noise, kind) for kind in kinds]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage(files: list[bytes], data: st.DataObject) -> None:
    file = bytearray(data.draw(st.sampled_from(files)))
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    _answer(bytes(file[: data.draw(st.integers(1, len(file)))]))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "PPM", "TGA", "TIFF", "PCX"])
def test_lossless_kinds_give_the_pixels(encode: Encoder, colours: np.ndarray, kind: str) -> None:
    picture = decode(encode(colours, kind))
    np.testing.assert_array_equal(picture.pixels, colours)
    assert (picture.width, picture.height, picture.format) == (90, 60, kind)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "JPEG2000", "GIF"])
def test_lossy_kinds_give_what_pillow_converts(
    encode: Encoder, colours: np.ndarray, kind: str
) -> None:
    data = encode(colours, kind)
    with Image.open(BytesIO(data)) as image:
        np.testing.assert_array_equal(decode(data).pixels, np.asarray(image.convert("RGB")))


def test_grey_stays_grey(encode: Encoder, colours: np.ndarray) -> None:
    assert decode(encode(colours[:, :, 0], "JPEG")).pixels.ndim == 2
    bits = decode(encode(Image.fromarray(colours).convert("1"), "PNG")).pixels
    assert bits.ndim == 2
    assert set(np.unique(bits)) == {0, 255}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(10))
def test_orientation(encode: Encoder, kind: str, orientation: int) -> None:
    upright = np.zeros((48, 64), np.uint8)
    upright[:24, :32] = 255
    upright[:24, 32:] = 128
    undo = {
        2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: np.transpose, 6: np.rot90,
        7: lambda a: np.rot90(a, 2).T, 8: lambda a: np.rot90(a, -1),
    }.get(orientation, np.asarray)  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(undo(upright))).convert("RGB")
    picture = decode(encode(stored, kind, exif=exif))
    assert (picture.width, picture.height) == (64, 48)
    found = picture.pixels if picture.pixels.ndim == 2 else picture.pixels[:, :, 0]
    assert np.abs(found.astype(int) - upright).mean() < 4


@pytest.mark.parametrize(
    "block",
    [b"", b"Exif\x00\x00", b"Exif\x00\x00II*\x00\xff\xff\xff\xff", b"Exif\x00\x00no TIFF at all"],
)
def test_broken_exif_is_ignored(encode: Encoder, colours: np.ndarray, block: bytes) -> None:
    np.testing.assert_array_equal(decode(encode(colours, "PNG", exif=block)).pixels, colours)


def test_alpha_is_laid_on_the_ground(encode: Encoder, colours: np.ndarray) -> None:
    alpha = np.full(colours.shape[:2], 255, np.uint8)
    alpha[:, :40] = 0
    data = encode(np.dstack([colours, alpha]), "PNG")
    for ground in ((255, 255, 255), (1, 2, 3)):
        pixels = decode(data, DecodePolicy(background=ground)).pixels
        assert (pixels[:, :40] == ground).all()
        np.testing.assert_array_equal(pixels[:, 40:], colours[:, 40:])


def test_transparent_colours(encode: Encoder, colours: np.ndarray) -> None:
    grey = np.tile(np.arange(90, dtype=np.uint8), (20, 1))
    pixels = decode(encode(grey, "PNG", transparency=7)).pixels
    assert (pixels[:, 7] == 255).all()
    assert (pixels[:, 8] == 8).all()
    colour = tuple(int(value) for value in colours[3, 4])
    keyed = decode(encode(colours, "PNG", transparency=colour)).pixels
    assert (keyed[3, 4] == 255).all()
    palette = Image.fromarray(grey).convert("P")
    pixels = decode(encode(palette, "PNG", transparency=bytes([0] * 10 + [255] * 246))).pixels
    assert (pixels[:, :10] == 255).all()


def _sixteen_bit_png(
    levels: np.ndarray, clear: Sequence[int] | None = None, colour: bool = False
) -> bytes:
    height, width = levels.shape[:2]
    rows = b"".join(b"\x00" + row.astype(">u2").tobytes() for row in levels)
    header = struct.pack(">IIBBBBB", width, height, 16, 2 if colour else 0, 0, 0, 0)
    chunks = [(b"IHDR", header)]
    if clear is not None:
        chunks.append((b"tRNS", np.array(clear, ">u2").tobytes()))
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def test_sixteen_bits_keep_the_upper_half(encode: Encoder) -> None:
    levels = np.arange(0, 65536, 97, np.uint16)[:600].reshape(20, 30)
    np.testing.assert_array_equal(decode(_sixteen_bit_png(levels)).pixels, levels >> 8)
    np.testing.assert_array_equal(decode(encode(levels, "TIFF")).pixels, levels >> 8)
    colours = np.dstack([levels, levels[::-1], levels.T.reshape(20, 30)])
    found = decode(_sixteen_bit_png(colours, colour=True)).pixels
    np.testing.assert_array_equal(found, colours >> 8)
    graymap = b"P5 30 20 65535\n" + levels.astype(">u2").tobytes()
    np.testing.assert_array_equal(decode(graymap).pixels, levels >> 8)


def test_sixteen_bits_with_a_transparent_level() -> None:
    levels = np.arange(1000, 61000, 100, np.uint16).reshape(20, 30)
    pixels = decode(_sixteen_bit_png(levels, clear=[1100])).pixels
    assert (pixels[0, 1] == 255).all()
    assert (pixels[0, 0] == 1000 >> 8).all()


def test_sixteen_bit_colours_with_a_transparent_colour() -> None:
    colours = np.full((4, 5, 3), 40000, np.uint16)
    colours[1, 2] = [300, 600, 900]
    pixels = decode(_sixteen_bit_png(colours, clear=[300, 600, 900], colour=True)).pixels
    assert (pixels[1, 2] == 255).all()
    assert (pixels[0, 0] == 40000 >> 8).all()


def test_thirty_two_bits_are_unsupported(encode: Encoder) -> None:
    for kind in (np.int32, np.float32):
        with pytest.raises(UnsupportedError, match="no known range"):
            decode(encode(np.zeros((5, 5), kind), "TIFF"))


def test_first_frame(encode: Encoder, colours: np.ndarray) -> None:
    frames = [Image.fromarray(colours), Image.fromarray(255 - colours)]
    for kind in ("TIFF", "WEBP"):
        data = encode(
            frames[0],
            kind,
            save_all=True,
            append_images=frames[1:],
            **({"lossless": True} if kind == "WEBP" else {}),
        )
        np.testing.assert_array_equal(decode(data).pixels, colours)


@pytest.mark.parametrize("kind", FORMATS)
def test_limit_is_tested_before_decoding(
    encode: Encoder, colours: np.ndarray, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encode(colours, kind) if kind != "QOI" else _qoi(90, 60)
    monkeypatch.setattr(Image.Image, "convert", _never)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", _never)
    pixels = 64 * 64 if kind == "ICO" else 90 * 60
    with pytest.raises(TooManyPixelsError, match=r"pixels"):
        decode(data, DecodePolicy(max_pixels=100 if kind == "ICO" else pixels - 1))


def _never(*_args: object, **_options: object) -> None:
    raise AssertionError("decoded all the same")


def _qoi(width: int, height: int) -> bytes:
    run = bytes([0xC0 | 61]) * (-(-width * height // 62))
    return b"qoif" + struct.pack(">IIBB", width, height, 3, 0) + run + bytes(7) + b"\x01"


def test_limit_is_inclusive(encode: Encoder, colours: np.ndarray) -> None:
    assert decode(encode(colours, "PNG"), DecodePolicy(max_pixels=5400)).width == 90


def test_limit_above_pillows_own() -> None:
    bits = Image.new("1", (19000, 9500), 1)
    stream = BytesIO()
    bits.save(stream, "PNG")
    assert Image.MAX_IMAGE_PIXELS is not None
    assert 2 * Image.MAX_IMAGE_PIXELS < 19000 * 9500
    with pytest.raises(TooManyPixelsError):
        decode(stream.getvalue())
    assert decode(stream.getvalue(), DecodePolicy(max_pixels=181_000_000)).width == 19000


def test_picture_inside_an_icon_is_limited_too(encode: Encoder) -> None:
    inner = encode(Image.new("L", (3000, 3000)), "PNG")
    icon = struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(inner), 22) + inner
    with pytest.raises(TooManyPixelsError):
        decode(icon, DecodePolicy(max_pixels=1_000_000))


def test_text_that_unpacks_too_far_is_refused(encode: Encoder, colours: np.ndarray) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("a", "b" * 20_000_000, zip=True)
    with pytest.raises(CorruptError):
        decode(encode(colours, "PNG", pnginfo=text))


def test_formats_can_be_forbidden(encode: Encoder, colours: np.ndarray) -> None:
    with pytest.raises(UnsupportedError, match="PNG"):
        decode(encode(colours, "PNG"), DecodePolicy(formats=("JPEG",)))


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"", EmptyFileError), (b"hello", NotAnImageError), (b"<svg>", UnsupportedError)],
)
def test_no_picture(data: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        decode(data)


@pytest.mark.parametrize("kind", [k for k in FORMATS if k != "QOI"])
def test_cut_files(encode: Encoder, kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    data = encode(noise, kind)
    with pytest.raises(TruncatedError):
        decode(data[: len(data) * 6 // 10])


@pytest.mark.parametrize("length", range(1, 60))
def test_short_starts(encode: Encoder, colours: np.ndarray, length: int) -> None:
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP"):
        data = encode(colours, kind)[:length]
        try:
            recognise(data)
        except NotAnImageError:
            expected = NotAnImageError
        else:
            expected = TruncatedError
        with pytest.raises(expected):
            decode(data)


def test_memory_error_is_named(
    encode: Encoder, colours: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise MemoryError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", full)
    with pytest.raises(OutOfMemoryError, match="memory") as caught:
        decode(encode(colours, "PNG"))
    assert caught.value.reason == "out_of_memory"


def test_pixels_are_a_view_of_the_memory(encode: Encoder, colours: np.ndarray) -> None:
    plain, clear = encode(colours, "PNG"), encode(colours, "PNG", transparency=(1, 2, 3))
    for data, values in ((plain, 4), (clear, 3)):
        picture = decode(data)
        assert picture.memory.shape == (60, 90, values)
        assert picture.pixels.shape == (60, 90, 3)
        assert picture.pixels.ctypes.data == picture.memory.ctypes.data
    grey = decode(encode(colours[:, :, 0], "PNG"))
    assert grey.pixels is grey.memory


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pixels_outlive_the_picture(encode: Encoder, kind: str) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (30, 120, 160, 3), np.uint8)
    files = [encode(picture, kind) for picture in noise]
    # Each decoder may get the memory that the one before it gave back.
    kept = [decode(data).pixels for data in files]
    kept_grey = [decode(encode(Image.fromarray(p).convert("L"), kind)).pixels for p in noise]
    for data, picture, pixels, grey in zip(files, noise, kept, kept_grey, strict=True):
        with Image.open(BytesIO(data)) as image:
            np.testing.assert_array_equal(pixels, np.asarray(image.convert("RGB")))
        if kind == "PNG":
            np.testing.assert_array_equal(grey, np.asarray(Image.fromarray(picture).convert("L")))


def test_nothing_leaks(encode: Encoder, colours: np.ndarray) -> None:
    limit, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    threads = AvifImagePlugin.DEFAULT_MAX_THREADS
    palette = Image.fromarray(colours).convert("P")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        decode(encode(palette, "PNG", transparency=bytes(256)))
        with pytest.raises(DecodeError):
            decode(encode(colours, "TIFF")[:100])
    assert not caught
    assert limit == Image.MAX_IMAGE_PIXELS
    assert threads == AvifImagePlugin.DEFAULT_MAX_THREADS
    assert warnings.filters == filters


def test_avif_is_decoded_by_one_thread(
    encode: Encoder, colours: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AvifImagePlugin, "DEFAULT_MAX_THREADS", 5)
    made: list[tuple[object, ...]] = []
    real = AvifImagePlugin._avif.AvifDecoder

    def decoder(*arguments: object) -> object:
        made.append(arguments)
        return real(*arguments)

    data = encode(colours, "AVIF")
    monkeypatch.setattr(AvifImagePlugin._avif, "AvifDecoder", decoder)
    decode(data)
    with pytest.raises(DecodeError):
        decode(data[:-100])
    assert {arguments[2] for arguments in made} == {1}
    assert AvifImagePlugin.DEFAULT_MAX_THREADS == 5


def test_threads_do_not_disturb_each_other(encode: Encoder, colours: np.ndarray) -> None:
    data, limit = encode(colours, "PNG"), Image.MAX_IMAGE_PIXELS
    answers: list[object] = []

    def work(pixels: int) -> None:
        policy = DecodePolicy(max_pixels=pixels)
        answers.extend(_answer(data, policy) for _ in range(40))

    threads = [threading.Thread(target=work, args=(pixels,)) for pixels in (10, 10**6, 10, 10**6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(answer, Picture) for answer in answers) == 80
    assert sum(isinstance(answer, TooManyPixelsError) for answer in answers) == 80
    assert limit == Image.MAX_IMAGE_PIXELS
