"""The model names itself by its content, and survives being written down."""

import contextlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import Model
from matching.errors import MatchingError, ModelError

MODEL = Model(
    signature_version="1f2e",
    n=9,
    diagonal_neighbors=True,
    rule="words",
    cutoff=0.4,
    max_document_frequency=500,
    group_size=4096,
    hot_words=np.array([5, 70, 2**40], np.int64),
)

OTHER_VALUES = {
    "signature_version": "1f2f",
    "n": 8,
    "diagonal_neighbors": False,
    "rule": "exhaustive",
    "cutoff": float(np.nextafter(0.4, 1)),
    "max_document_frequency": 501,
    "group_size": 4097,
    "hot_words": np.array([5, 70, 2**40 + 1], np.int64),
}


def test_equal_models_have_one_id() -> None:
    twin = replace(MODEL, hot_words=MODEL.hot_words.copy())
    assert twin.model_id == MODEL.model_id
    assert twin.files() == MODEL.files()
    assert len(bytes.fromhex(MODEL.model_id)) == 8


def test_the_id_is_that_of_the_numbers_whatever_their_layout_in_memory() -> None:
    spaced = np.array([5, 0, 70, 0, 2**40], ">i8")[::2]
    assert replace(MODEL, hot_words=spaced).model_id == MODEL.model_id


def test_other_values_cover_every_field() -> None:
    assert OTHER_VALUES.keys() == Model.__dataclass_fields__.keys()


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_the_id_depends_on_every_field(name: str) -> None:
    assert replace(MODEL, **{name: OTHER_VALUES[name]}).model_id != MODEL.model_id


def test_a_hot_word_more_is_another_model() -> None:
    ids = {replace(MODEL, hot_words=MODEL.hot_words[:count]).model_id for count in range(4)}
    assert len(ids) == 4


@given(
    cutoff=st.floats(0, 1, exclude_min=True, exclude_max=True),
    words=st.lists(st.integers(0, 63 * 3**16), unique=True).map(sorted),
    version=st.text(max_size=64),
)
def test_files_round_trip(cutoff: float, words: list[int], version: str) -> None:
    hot = np.array(words, np.int64)
    model = replace(MODEL, cutoff=cutoff, hot_words=hot, signature_version=version)
    again = Model.from_files(model.files())
    assert again.hot_words.dtype == np.int64
    assert again.hot_words.tolist() == words
    assert replace(again, hot_words=hot) == replace(model, hot_words=hot)
    assert again.model_id == model.model_id


def test_width_is_that_of_its_signatures() -> None:
    assert MODEL.width == 272
    assert replace(MODEL, diagonal_neighbors=False).width == 144
    assert replace(MODEL, n=6).width == 110


@pytest.mark.parametrize("name", ["parameters.json", "hot_words.npy"])
def test_a_missing_file_is_named(name: str) -> None:
    files = MODEL.files()
    del files[name]
    with pytest.raises(ModelError, match=name):
        Model.from_files(files)


@pytest.mark.parametrize("name", ["parameters.json", "hot_words.npy"])
def test_a_file_cut_short_anywhere_is_refused(name: str) -> None:
    files = MODEL.files()
    whole = files[name]
    # A JSON text less its last newline is still whole.
    for length in range(len(whole.rstrip(b"\n")) if name.endswith("json") else len(whole)):
        with pytest.raises(ModelError):
            Model.from_files({**files, name: whole[:length]})


@pytest.mark.parametrize(
    "damaged",
    [
        {"parameters.json": b"[]"},
        {"parameters.json": b"{}"},
        {"parameters.json": b"\xff\xfe"},
        {"parameters.json": MODEL.files()["parameters.json"].replace(b"cutoff", b"cutof")},
        {"hot_words.npy": b""},
        {"hot_words.npy": b"PK\x03\x04 an archive cut short"},
        {"hot_words.npy": b"\x93NUMPY\x01\x00\x05\x00(((((" + bytes(40)},
    ],
)
def test_a_damaged_file_is_refused(damaged: dict[str, bytes]) -> None:
    with pytest.raises(ModelError):
        Model.from_files(MODEL.files() | damaged)


@given(place=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_a_changed_byte_raises_nothing_but_a_model_error(place: int, byte: int) -> None:
    for name, content in MODEL.files().items():
        changed = bytearray(content)
        changed[place % len(changed)] = byte
        with contextlib.suppress(ModelError):
            Model.from_files({**MODEL.files(), name: bytes(changed)})


def test_a_model_error_is_an_error_of_matching() -> None:
    assert issubclass(ModelError, MatchingError)
