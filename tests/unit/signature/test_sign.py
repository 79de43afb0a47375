from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from signature.compacting import compact, expand
from signature.errors import ArrayError, FeaturelessError, GridOutsideError, SignatureError
from signature.featureless import is_featureless
from signature.parameters import SignatureParameters
from signature.sign import Signed, sign_bytes, sign_pixels

Encoder = Callable[..., bytes]

PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40)))


@settings(deadline=None)
@given(PICTURES)
def test_any_picture_has_a_signature(pixels: np.ndarray) -> None:
    levels = sign_pixels(pixels)
    assert levels.shape == (648,)
    assert levels.dtype == np.int8
    np.testing.assert_array_equal(expand(compact(levels)), levels)


@given(
    st.builds(
        SignatureParameters,
        n=st.integers(2, 12),
        P=st.none() | st.integers(1, 30),
        diagonal_neighbors=st.booleans(),
        n_levels=st.integers(1, 4),
        identical_tolerance=st.floats(0, 0.2),
        crop_percentiles=st.none() | st.tuples(st.integers(0, 40), st.integers(60, 100)),
        fix_ratio=st.booleans(),
    )
)
@settings(deadline=None)
def test_any_parameters(colours: np.ndarray, parameters: SignatureParameters) -> None:
    try:
        levels = sign_pixels(colours, parameters)
    except GridOutsideError:
        assert parameters.fix_ratio
        return
    assert levels.shape == (parameters.length,)
    assert np.abs(levels).max() <= parameters.n_levels


def test_bytes(encode: Encoder, colours: np.ndarray) -> None:
    signed = sign_bytes(encode(colours, "PNG"))
    assert isinstance(signed, Signed)
    assert (signed.width, signed.height, signed.format) == (90, 60, "PNG")
    np.testing.assert_array_equal(expand(signed.levels), sign_pixels(colours))


def test_bytes_obey_the_parameters(encode: Encoder, colours: np.ndarray) -> None:
    parameters = SignatureParameters(n=5, diagonal_neighbors=False)
    assert sign_bytes(encode(colours, "PNG"), parameters).levels.shape == (40,)


def test_bad_bytes_are_named_errors() -> None:
    with pytest.raises(SignatureError) as caught:
        sign_bytes(b"")
    assert caught.value.reason == "empty"


def test_featureless(colours: np.ndarray) -> None:
    flat = np.full((30, 30, 3), 200, np.uint8)
    assert is_featureless(sign_pixels(flat))
    assert not is_featureless(sign_pixels(colours))
    with pytest.raises(FeaturelessError):
        sign_pixels(flat, SignatureParameters(identical_tolerance=0))


def test_other_arrays_are_refused() -> None:
    with pytest.raises(ArrayError):
        sign_pixels(np.zeros((4, 4), np.float64))
