"""Fixed arrays give image-match's signature, at every step and with every parameter."""

import json
from typing import Any

import numpy as np
import pytest

from signature.compacting import compact, expand
from signature.crop import crop_window
from signature.distance import normalized_distance
from signature.errors import FeaturelessError, GridOutsideError, SignatureError
from signature.grey import grey_levels
from signature.grid import grid_means, grid_points
from signature.parameters import SignatureParameters
from signature.sign import sign_pixels

Golden = Any  # the dataclass of conftest.py, which cannot be imported

#: A tie is decided by the last bit: these move a few levels of 648 and no more.
TIE_DISTANCE = 0.15


def test_signatures(golden: Golden) -> None:
    exact = 0
    for name, signature, tie in zip(
        golden.arrays["names"],
        golden.arrays["signature"],
        golden.arrays["tie_sensitive"],
        strict=True,
    ):
        found = sign_pixels(golden.arrays[f"rgb_{name}"])
        if tie:
            assert normalized_distance(found, signature) < TIE_DISTANCE, name
        else:
            np.testing.assert_array_equal(found, signature, str(name))
            exact += 1
        np.testing.assert_array_equal(expand(compact(found)), found, str(name))
    assert exact >= 15


def test_steps(golden: Golden) -> None:
    for i, name in enumerate(golden.arrays["names"]):
        grey = grey_levels(golden.arrays[f"rgb_{name}"])
        window = crop_window(grey)
        np.testing.assert_array_equal(window, golden.arrays["crop_limits"][i], str(name))
        rows, columns = grid_points(window)
        np.testing.assert_array_equal((rows, columns), golden.arrays["grid"][i], str(name))
        # Within two units of the last place: image-match's grey depends on the processor.
        means = grid_means(grey, rows, columns)
        np.testing.assert_allclose(means, golden.arrays["mean_level"][i], rtol=0, atol=5e-16)


def test_parameters(golden: Golden) -> None:
    compared = 0
    for key, text in zip(golden.arrays["param_names"], golden.arrays["param_values"], strict=True):
        parameters = SignatureParameters(**json.loads(str(text)))
        for name, row, remark in zip(
            golden.arrays["param_images"],
            golden.arrays[f"signature_{key}"],
            golden.arrays[f"remark_{key}"],
            strict=True,
        ):
            if remark:
                continue
            found = sign_pixels(golden.arrays[f"rgb_{name}"], parameters)
            np.testing.assert_array_equal(found, row, f"{name} with {key}")
            compared += 1
    assert compared >= 80


def test_what_image_match_leaves_undefined_is_a_named_error(golden: Golden) -> None:
    expected = {"tolerance_0": FeaturelessError, "fix_ratio": GridOutsideError}
    refused = 0
    for key, text in zip(golden.arrays["param_names"], golden.arrays["param_values"], strict=True):
        parameters = SignatureParameters(**json.loads(str(text)))
        for name, remark in zip(
            golden.arrays["param_images"], golden.arrays[f"remark_{key}"], strict=True
        ):
            if remark:
                with pytest.raises(SignatureError) as caught:
                    sign_pixels(golden.arrays[f"rgb_{name}"], parameters)
                assert caught.type is expected[str(key)]
                refused += 1
    assert refused >= 5
