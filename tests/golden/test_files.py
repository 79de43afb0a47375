"""Encoded files give the outcome that is expected of them, and image-match's signature."""

import re
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
from PIL import Image

from signature import ImageSignature, decode, expand, normalized_distance, sign_bytes
from signature.distance import distances
from signature.errors import SignatureError
from signature.featureless import is_featureless

Golden = Any  # the dataclass of conftest.py, which cannot be imported

#: image-match clips pixels of 32 bits to 8, and so signs them as flat.
WIDE = {"fixtures/mode/grey_float32.tif", "fixtures/mode/grey_int32.tif"}

#: Below this distance two pictures show the same, by image-match's documentation.
SAME = 0.40


def _outcome(data: bytes) -> str:
    try:
        signed = sign_bytes(data)
    except SignatureError as error:
        return f"rejected:{error.reason.replace('_', '-')}"
    return "signed" if signed.levels.any() else "signed-flat"


def _reference(note: str, pattern: str) -> str | None:
    found = re.search(pattern + r" (\S+?\.\w+)", note)
    return found[1] if found else None


def _levels(golden: Golden, file: str) -> np.ndarray:
    return sign_bytes((golden.folder / file).read_bytes()).levels


def test_outcomes(golden: Golden) -> None:
    found = {row.file: _outcome(row.data) for row in golden.fixtures()}
    assert found == {row.file: row.outcome for row in golden.fixtures()}
    assert len(found) >= 54


def test_only_flat_fixtures_are_featureless(golden: Golden) -> None:
    signed = [row for row in golden.fixtures() if row.outcome.startswith("signed")]
    found = {r.file for r in signed if is_featureless(_levels(golden, r.file))}
    assert found == {row.file for row in signed if row.outcome == "signed-flat"}


def test_near_duplicates_are_near(golden: Golden) -> None:
    compared = 0
    for row in golden.fixtures():
        reference = _reference(row.note, "near-duplicate of")
        # A border, a crop, a flip or a turn is beyond the signature; the note gives its distance.
        if row.outcome != "signed" or reference is None or "image-match 0." in row.note:
            continue
        apart = normalized_distance(_levels(golden, row.file), _levels(golden, reference))
        assert apart < SAME, f"{row.file} is {apart} from {reference}"
        compared += 1
    assert compared >= 15


def test_equal_pixels_are_equal(golden: Golden) -> None:
    compared = 0
    for row in golden.fixtures():
        reference = _reference(row.note, "(?:pixels equal|the very pixels of|bytes equal)")
        if reference is None:
            continue
        pixels = decode((golden.folder / reference).read_bytes()).pixels
        np.testing.assert_array_equal(decode(row.data).pixels, pixels, row.file)
        compared += 1
    assert compared


def test_equal_looks_are_equal(golden: Golden) -> None:
    compared = 0
    for row in golden.fixtures():
        reference = _reference(row.note, "same look on white as")
        if reference is None:
            continue
        np.testing.assert_array_equal(
            _levels(golden, row.file), _levels(golden, reference), row.file
        )
        compared += 1
    assert compared >= 2


def test_three_routes_agree(golden: Golden) -> None:
    maker = ImageSignature()
    for row in golden.fixtures():
        if not row.outcome.startswith("signed") or "bomb" in row.file:
            continue
        by_path = maker.generate_signature(str(golden.folder / row.file))
        by_bytes = maker.generate_signature(row.data, bytestream=True)
        by_array = maker.generate_signature(decode(row.data).pixels)
        np.testing.assert_array_equal(by_path, by_bytes, row.file)
        np.testing.assert_array_equal(by_array, by_bytes, row.file)
        np.testing.assert_array_equal(expand(sign_bytes(row.data).levels), by_bytes, row.file)


def test_arrays_with_alpha_agree_with_their_files(golden: Golden) -> None:
    compared = 0
    for row in golden.fixtures():
        if not row.file.startswith("alpha/") or not row.file.endswith(".png"):
            continue
        with Image.open(golden.folder / row.file) as image:
            array = np.asarray(image.convert("RGBA"))
        np.testing.assert_array_equal(
            ImageSignature().generate_signature(array), expand(_levels(golden, row.file)), row.file
        )
        compared += 1
    assert compared >= 5


def test_documented_distances(shared: Path) -> None:
    def levels(name: str) -> np.ndarray:
        return ImageSignature().generate_signature(shared / "documented" / name)

    wikipedia, pixabay, remix, caravaggio = (
        levels(f"{name}.jpg")
        for name in (
            "MonaLisa_Wikipedia",
            "MonaLisa_WikiImages",
            "MonaLisa_Remix_Flickr",
            "Caravaggio_Wikipedia",
        )
    )
    assert normalized_distance(wikipedia, pixabay) == 0.22095170140933634
    assert normalized_distance(wikipedia, caravaggio) == 0.6844627538150725
    assert normalized_distance(pixabay, remix) == 0.4255719698733665


def _obeys_another_policy(name: str, data: bytes) -> bool:
    """Whether decoding differs from image-match's bytes route on purpose."""
    turned = name.startswith("fixtures/exif/orientation_") and not re.search("_[019]_?", name)
    with warnings.catch_warnings(action="ignore"), Image.open(BytesIO(data)) as image:
        return turned or image.has_transparency_data or image.mode.startswith("I;16")


def test_signatures_of_files(shared: Path) -> None:
    table = pyarrow.parquet.read_table(shared / "golden" / "signatures.parquet")
    exact = tied = other = 0
    for row in table.to_pylist():
        name = row["file"]
        if row["route"] != "bytes" or row["signature"] is None or "/bomb/" in name:
            continue
        data = (shared / name).read_bytes()
        if _obeys_another_policy(name, data):
            other += 1
            continue
        if name in WIDE:
            assert _outcome(data) == "rejected:unsupported"
            other += 1
            continue
        found = expand(sign_bytes(data).levels)
        expected = np.array(row["signature"], np.int8)
        if row["tie_sensitive"]:
            assert normalized_distance(found, expected) < 0.15, name
            tied += 1
        else:
            np.testing.assert_array_equal(found, expected, name)
            exact += 1
    assert (exact, tied, other) == (469, 7, 57)


def test_distances_of_files(shared: Path) -> None:
    signatures = {
        (row["file"], row["route"]): np.array(row["signature"], np.int8)
        for row in pyarrow.parquet.read_table(shared / "golden/signatures.parquet").to_pylist()
        if row["signature"]
    }
    rows = pyarrow.parquet.read_table(shared / "golden/distances.parquet").to_pylist()
    for row in rows:
        a = signatures[row["file_a"], row["route_a"]]
        b = signatures[row["file_b"], row["route_b"]]
        np.testing.assert_equal(normalized_distance(a, b), row["distance"])
        np.testing.assert_equal(distances(a[np.newaxis], b[np.newaxis])[0, 0], row["distance"])
    assert len(rows) == 2000
