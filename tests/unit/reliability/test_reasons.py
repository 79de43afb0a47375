"""The table in docs/store.md names every reason that the code can give."""

import re
from collections.abc import Iterator

import udfs.signing
from fetch.errors import FetchError, PrivateAddressError, TimedOutError
from fetch.walk import LINK_TO_FOLDER
from reliability.reasons import ACCIDENTS, documented_reasons
from signature.errors import (
    ArrayError,
    DecodeError,
    GridOutsideError,
    LocationError,
    ParameterError,
    SignatureError,
)
from store.schemas import FORGOTTEN
from udfs.manifest_rows import INVALID_ID, INVALID_ROW

#: Bases, and what only a caller of the library can be told.
NO_ROWS = {SignatureError, DecodeError, ParameterError, ArrayError, LocationError}
#: Addresses on the net, which lookup fetches, and no job so far.
NO_ROWS |= {PrivateAddressError, TimedOutError}


def below(base: type[Exception]) -> Iterator[type[Exception]]:
    yield base
    for kind in base.__subclasses__():
        yield from below(kind)


def test_every_reason_is_in_the_table() -> None:
    errors = {*below(SignatureError), *below(FetchError)} - NO_ROWS - {GridOutsideError}
    reasons = {error.reason for error in errors}  # type: ignore[attr-defined]
    reasons |= set(udfs.signing._REASONS.values())
    reasons |= {LINK_TO_FOLDER, INVALID_ID, INVALID_ROW, "duplicate_id", FORGOTTEN}
    assert reasons == frozenset().union(*documented_reasons().values())


def test_accidents_are_those_of_the_decoder() -> None:
    documented = documented_reasons()
    assert documented["failed, the decoder"] == ACCIDENTS == set(udfs.signing._REASONS.values())
    codes = [code for codes in documented.values() for code in codes]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch("[a-z_]+", code) for code in codes)
