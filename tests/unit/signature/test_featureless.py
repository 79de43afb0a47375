"""Which signatures say too little: the limit, in both forms and for other grids, and real files."""

from pathlib import Path

import numpy as np
import pytest

from signature import ImageSignature, sign_bytes
from signature.compacting import compact_length, expand
from signature.errors import ArrayError
from signature.featureless import are_featureless, is_featureless
from signature.parameters import SignatureParameters

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


def with_nonzero(count: int, n: int = 9, diagonals: bool = True) -> np.ndarray:
    """Return a compact signature with so many levels that are not 0, in random places."""
    levels = np.zeros(compact_length(n, diagonals), np.int8)
    random = np.random.default_rng(count)
    places = random.choice(len(levels), count, replace=False)
    levels[places] = random.choice([-2, -1, 1, 2], count)
    return levels


@pytest.mark.parametrize(
    ("n", "diagonals", "least"), [(9, True, 25), (9, False, 13), (6, True, 10), (13, True, 54)]
)
def test_the_limit_is_a_share_of_the_comparisons(n: int, diagonals: bool, least: int) -> None:
    parameters = SignatureParameters(n=n, diagonal_neighbors=diagonals)
    verdicts = [
        is_featureless(with_nonzero(count, n, diagonals), parameters)
        for count in (least - 1, least)
    ]
    assert verdicts == [True, False]


@pytest.mark.parametrize("count", [0, 1, 23, 24, 25, 26, 48, 50, 272])
def test_both_forms_have_one_verdict(count: int) -> None:
    levels = with_nonzero(count)
    assert is_featureless(levels) == is_featureless(expand(levels)) == (count < 25)


def test_without_a_limit_only_zeros_are_featureless() -> None:
    parameters = SignatureParameters(min_nonzero_share=0)
    assert is_featureless(with_nonzero(0), parameters)
    assert not is_featureless(with_nonzero(1), parameters)


def test_at_the_other_end_nothing_may_be_zero() -> None:
    parameters = SignatureParameters(min_nonzero_share=1)
    assert is_featureless(with_nonzero(271), parameters)
    assert not is_featureless(with_nonzero(272), parameters)


def test_a_decimal_share_is_met_exactly() -> None:
    # 0.07 * 600 is 42.00000000000001 in doubles: as a product, the limit would be 43 levels.
    parameters = SignatureParameters(n=13, min_nonzero_share=0.07)
    assert not is_featureless(with_nonzero(42, 13), parameters)
    assert is_featureless(with_nonzero(41, 13), parameters)


def test_many_signatures_at_once() -> None:
    counts = np.array([[0, 24, 25], [272, 12, 48]])
    levels = np.stack([[with_nonzero(count) for count in row] for row in counts])
    np.testing.assert_array_equal(are_featureless(levels), counts < 25)
    np.testing.assert_array_equal(are_featureless(expand(levels)), counts < 25)
    assert are_featureless(levels[:0]).shape == (0, 3)


@pytest.mark.parametrize(
    "levels",
    [np.zeros(271, np.int8), np.zeros(272, np.int16), np.zeros((272, 2), np.int8), np.int8(0)],
)
def test_what_is_no_signature_is_refused(levels: np.ndarray) -> None:
    with pytest.raises(ArrayError, match=r"^Signatures are int8 of shape \(\.\.\., 272\) or"):
        are_featureless(levels)


def test_a_signature_of_another_grid_is_refused() -> None:
    with pytest.raises(ArrayError, match="110"):
        is_featureless(with_nonzero(100), SignatureParameters(n=6))


def test_one_verdict_is_for_one_signature() -> None:
    with pytest.raises(ArrayError, match="One signature is needed"):
        is_featureless(np.zeros((1, 272), np.int8))


@pytest.mark.parametrize("name", ["flat/black.png", "flat/halves_2.png", "size/noise_1x1.png"])
def test_flat_files_are_featureless(name: str) -> None:
    assert is_featureless(sign_bytes((FIXTURES / name).read_bytes()).levels)


@pytest.mark.parametrize(
    "name", ["flat/halves_3.png", "photo/chelsea.jpg", "near/chelsea_grey.jpg", "mode/rgb.png"]
)
def test_pictures_of_something_are_not(name: str) -> None:
    assert not is_featureless(sign_bytes((FIXTURES / name).read_bytes()).levels)


@pytest.mark.parametrize(
    ("folder", "plain"),
    [
        ("near", set()),
        ("photo", set()),
        ("text", set()),
        ("lookalike", set()),
        ("lineart", set()),
        # All but halves of two greys, gradients, a chessboard and noise.
        (
            "flat",
            {"black", "checkerboard_1px", "grey", "halves_1", "halves_2", "one_dot",
             "one_level_noise", "red", "white", "white_large"},
        ),
    ],
)  # fmt: skip
def test_the_larger_fixtures(shared_data: Path, folder: str, plain: set[str]) -> None:
    files = sorted((shared_data / "fixtures" / folder).iterdir())
    assert files
    found = {f.stem for f in files if is_featureless(sign_bytes(f.read_bytes()).levels)}
    assert found == plain


def test_image_match_refuses_no_plain_picture() -> None:
    dots = np.zeros((100, 100), np.uint8)
    for middle in (5, 50, 95):
        dots[middle - 2 : middle + 3, middle - 2 : middle + 3] = 200
    levels = ImageSignature().generate_signature(dots)
    assert np.count_nonzero(levels) == 16  # the dot in the middle differs from eight neighbours
    assert is_featureless(levels)
