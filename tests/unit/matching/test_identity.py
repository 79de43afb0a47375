"""Ids derive from content."""

import numpy as np

from matching import signature_ids

from .examples import signatures


def test_equal_signatures_have_one_id_and_others_have_others() -> None:
    levels = signatures(300)
    ids = signature_ids(np.concatenate([levels, levels]), "v1")
    assert ids[:300] == ids[300:]
    assert len(set(ids)) == 300
    assert {len(one) for one in ids} == {16}


def test_another_version_gives_another_id() -> None:
    levels = signatures(30)
    assert not set(signature_ids(levels, "v1")) & set(signature_ids(levels, "v2"))


def test_an_id_does_not_depend_on_layout_or_neighbours() -> None:
    levels = signatures(30)
    ids = signature_ids(levels, "v1")
    assert signature_ids(np.asfortranarray(levels), "v1") == ids
    assert signature_ids(levels[7:8], "v1") == ids[7:8]


def test_ids_never_change() -> None:
    # Stores hold them: blake2b over the levels as signed bytes, keyed by the version.
    (identity,) = signature_ids((np.arange(272) % 5 - 2).astype(np.int8)[None], "v1")
    assert identity.hex() == "d32406f52809b90fe5cede577a84b6e5"
