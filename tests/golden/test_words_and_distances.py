"""Words and distances of image-match's own signatures are image-match's."""

from pathlib import Path

import numpy as np

from signature import (
    ImageSignature,
    WordParameters,
    compact,
    distances,
    normalized_distance,
    words,
    words_of_compact,
)

SHORT = WordParameters(k=8, N=32)


def _check_words(
    signatures: np.ndarray,
    long_words: np.ndarray,
    short_signatures: np.ndarray,
    short_words: np.ndarray,
) -> None:
    np.testing.assert_array_equal(words(signatures), long_words)
    np.testing.assert_array_equal(words_of_compact(compact(signatures)), long_words)
    np.testing.assert_array_equal(words(short_signatures, SHORT), short_words)
    np.testing.assert_array_equal(words_of_compact(compact(short_signatures), SHORT), short_words)


def test_shipped_words(shipped: dict[str, np.ndarray]) -> None:
    signatures = shipped["words_signature"]
    _check_words(signatures, shipped["words_k16_n63"], signatures, shipped["words_k8_n32"])


def test_shared_words(shared: Path) -> None:
    with np.load(shared / "golden" / "words.npz") as table:
        rows = [list(table["file_k16"]).index(name) for name in table["file_k8"]]
        signatures = table["signature_k16"]
        _check_words(signatures, table["words_k16_n63"], signatures[rows], table["words_k8_n32"])


def test_shipped_distances(shipped: dict[str, np.ndarray]) -> None:
    a, b, expected = (shipped[f"pair_{name}"] for name in ("a", "b", "distance"))
    assert np.isnan(expected).sum() == 3
    full = [normalized_distance(left, right) for left, right in zip(a, b, strict=True)]
    np.testing.assert_array_equal(full, expected)
    halves = zip(compact(a), compact(b), strict=True)
    np.testing.assert_array_equal(
        [ImageSignature.normalized_distance(left, right) for left, right in halves], expected
    )
    np.testing.assert_array_equal(np.diag(distances(a, b)), expected)
    np.testing.assert_array_equal(np.diag(distances(compact(a), compact(b))), expected)
