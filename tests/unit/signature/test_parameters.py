import pytest

from signature import parameters
from signature.errors import ParameterError
from signature.parameters import (
    DecodePolicy,
    SignatureParameters,
    WordParameters,
    signature_version,
)

WRONG = [
    ("n", 1), ("n", 2.0), ("n", True), ("n", "9"),
    ("crop_percentiles", (5,)), ("crop_percentiles", (-1, 95)), ("crop_percentiles", (5, 101)),
    ("crop_percentiles", (95, 5)), ("crop_percentiles", (5, 5)), ("crop_percentiles", "ab"),
    ("crop_percentiles", (float("nan"), 95)), ("crop_percentiles", 5),
    ("P", 0), ("P", 1.5), ("P", False),
    ("diagonal_neighbors", 1), ("diagonal_neighbors", None),
    ("identical_tolerance", -0.1), ("identical_tolerance", 1.1), ("identical_tolerance", None),
    ("identical_tolerance", float("nan")), ("identical_tolerance", True),
    ("n_levels", 0), ("n_levels", 128), ("n_levels", 2.0),
    ("fix_ratio", 0),
    ("min_nonzero_share", -0.1), ("min_nonzero_share", 1.1), ("min_nonzero_share", None),
    ("min_nonzero_share", float("nan")), ("min_nonzero_share", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_signature_parameters_refuse(name: str, value: object) -> None:
    with pytest.raises(ParameterError, match=f"^{name} must be .+, not ") as caught:
        SignatureParameters(**{name: value})
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("k", 0), ("k", 40), ("N", 0), ("N", 6.3)])
def test_word_parameters_refuse(name: str, value: object) -> None:
    with pytest.raises(ParameterError, match=f"^{name} must be a whole number"):
        WordParameters(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_pixels", 0),
        ("max_pixels", 1e6),
        ("background", (255, 255)),
        ("background", (255, 255, 256)),
        ("background", "abc"),
        ("background", 255),
        ("formats", "JPEG"),
        ("formats", ["EPS"]),
    ],
)
def test_decode_policy_refuses(name: str, value: object) -> None:
    with pytest.raises(ParameterError, match=f"^{name} must be "):
        DecodePolicy(**{name: value})


def test_lists_become_tuples() -> None:
    assert SignatureParameters(crop_percentiles=[10, 90]).crop_percentiles == (10, 90)
    assert DecodePolicy(background=[1, 2, 3], formats=["PNG"]).background == (1, 2, 3)
    assert hash(SignatureParameters(crop_percentiles=[10, 90]))


def test_length() -> None:
    assert SignatureParameters().length == 648
    assert SignatureParameters(n=5, diagonal_neighbors=False).length == 100


OTHERS = [
    (SignatureParameters(n=8), DecodePolicy()),
    (SignatureParameters(crop_percentiles=None), DecodePolicy()),
    (SignatureParameters(crop_percentiles=(0, 100)), DecodePolicy()),
    (SignatureParameters(P=7), DecodePolicy()),
    (SignatureParameters(diagonal_neighbors=False), DecodePolicy()),
    (SignatureParameters(identical_tolerance=0), DecodePolicy()),
    (SignatureParameters(n_levels=1), DecodePolicy()),
    (SignatureParameters(fix_ratio=True), DecodePolicy()),
    (SignatureParameters(min_nonzero_share=0), DecodePolicy()),
    (SignatureParameters(min_nonzero_share=0.2), DecodePolicy()),
    (SignatureParameters(), DecodePolicy(background=(0, 0, 0))),
]


def test_version_tells_results_apart() -> None:
    versions = {signature_version(), *(signature_version(*other) for other in OTHERS)}
    assert len(versions) == len(OTHERS) + 1


def test_version_ignores_what_changes_no_result() -> None:
    policy = DecodePolicy(max_pixels=10, formats=("PNG",))
    same = SignatureParameters(crop_percentiles=(5.0, 95.0))
    assert signature_version(same, policy) == signature_version()


def test_version_follows_the_algorithm(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signature_version()
    monkeypatch.setattr(parameters, "ALGORITHM_VERSION", 2)
    assert signature_version() != before


def test_version_is_fixed() -> None:
    # Stored signatures carry it: a change here orphans every store that exists.
    assert signature_version() == "bc0c77278016773b"
