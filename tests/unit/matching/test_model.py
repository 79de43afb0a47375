"""The model names itself by its content, and survives being written down."""

import contextlib
import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Codebook, Model, WordStatistics
from matching.errors import MatchingError, ModelError
from matching.model import Caps

from .examples import codebook_of, signatures

LEVELS = signatures(90)
CODEBOOK = codebook_of(LEVELS, (4, 5))
WORDS = WordStatistics(
    1000, np.array([5, 70, 2**40], np.int64), np.array([600, 501, 500], np.int64)
)
MODEL = Model(
    signature_version="1f2e",
    n=9,
    diagonal_neighbors=True,
    rules=("cells", "words"),
    cutoff=0.4,
    fitted_to=1000,
    codebook=CODEBOOK,
    words=WORDS,
    caps=Caps(1000, (4, 2**33), (77, -1)),
)

OTHER_VALUES = {
    "signature_version": "1f2f",
    "n": 8,
    "diagonal_neighbors": False,
    "rules": ("cells",),
    "cutoff": float(np.nextafter(0.4, 1)),
    "fitted_to": 1001,
    "nearest": 13,
    "probes": 17,
    "reach": 185,
    "max_document_frequency": 501,
    "max_pairs_per_image": 1001,
    "codebook": codebook_of(LEVELS, (5, 4)),
    "words": replace(WORDS, signatures=1001),
    "caps": Caps(1001, (4, 2**33), (77, -1)),
}


def of_words(keys: list[int], frequencies: list[int]) -> Model:
    arrays = (np.array(column, np.int64) for column in (keys, frequencies))
    return replace(MODEL, words=WordStatistics(1000, *arrays))


def moved(codebook: Codebook, part: str, place: tuple[int, ...]) -> Codebook:
    """The same with one number one higher."""
    numbers = getattr(codebook, part).copy()
    numbers[place] += 1
    return replace(codebook, **{part: numbers})


def test_equal_models_have_one_id() -> None:
    words = WordStatistics(1000, WORDS.keys.copy(), WORDS.frequencies.copy())
    twin = replace(MODEL, words=words, codebook=codebook_of(LEVELS, (4, 5)))
    assert twin.model_id == MODEL.model_id
    assert twin.files() == MODEL.files()
    assert len(bytes.fromhex(MODEL.model_id)) == 8


def test_the_id_is_that_of_the_numbers_whatever_their_layout_in_memory() -> None:
    spaced = np.array([5, 0, 70, 0, 2**40], ">i8")[::2]
    turned = replace(CODEBOOK, components=np.asfortranarray(CODEBOOK.components))
    other = replace(MODEL, words=replace(WORDS, keys=spaced), codebook=turned)
    assert other.model_id == MODEL.model_id


def test_other_values_cover_every_field() -> None:
    assert OTHER_VALUES.keys() == Model.__dataclass_fields__.keys()


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_the_id_depends_on_every_field(name: str) -> None:
    assert replace(MODEL, **{name: OTHER_VALUES[name]}).model_id != MODEL.model_id


@pytest.mark.parametrize(
    ("part", "place"),
    [("components", (271, 15)), ("coarse", (0, 3)), ("fine", (8, 0)), ("offsets", (1,))],
)
def test_the_id_depends_on_every_number_of_the_codebook(part: str, place: tuple[int, ...]) -> None:
    assert replace(MODEL, codebook=moved(CODEBOOK, part, place)).model_id != MODEL.model_id


def test_the_id_depends_on_every_word_and_frequency() -> None:
    models = [
        of_words([5, 70, 2**40], [600, 501, 500]),
        of_words([5, 70, 2**40 + 1], [600, 501, 500]),
        of_words([5, 70, 2**40], [600, 501, 499]),
        of_words([5, 70], [600, 501]),
        of_words([], []),
    ]
    assert len({model.model_id for model in models}) == len(models)


@settings(deadline=None, max_examples=50)
@given(
    cutoff=st.floats(0, 1, exclude_min=True, exclude_max=True),
    words=st.dictionaries(st.integers(0, 2**33), st.integers(1, 10**9)),
    version=st.text(max_size=64),
    rules=st.lists(st.sampled_from(["cells", "words", "exhaustive"]), unique=True).map(tuple),
    numbers=st.tuples(*[st.integers(0, 10**9)] * 4),
)
def test_files_round_trip(
    cutoff: float,
    words: dict[int, int],
    version: str,
    rules: tuple[str, ...],
    numbers: tuple[int, int, int, int],
) -> None:
    keys = sorted(words)
    model = replace(
        of_words(keys, [words[key] for key in keys]),
        cutoff=cutoff,
        signature_version=version,
        rules=rules,
        **dict(zip(("nearest", "probes", "reach", "fitted_to"), numbers, strict=True)),
    )
    again = Model.from_files(model.files())
    assert again.words.keys.dtype == again.words.frequencies.dtype == np.int64
    assert again.words.keys.tolist() == keys
    assert again.words.frequencies.tolist() == model.words.frequencies.tolist()
    assert again.words.signatures == 1000
    assert again.codebook is not None
    assert again.codebook.content() == CODEBOOK.content()
    same = {"codebook": None, "words": WORDS}
    assert replace(again, **same) == replace(model, **same)
    assert again.model_id == model.model_id


def test_hot_words_are_those_above_a_frequency() -> None:
    assert WORDS.above(500).tolist() == [5, 70]
    assert WORDS.above(499).tolist() == [5, 70, 2**40]
    assert WORDS.above(600).tolist() == []
    assert WordStatistics().above(0).tolist() == []
    assert WordStatistics().signatures == 0


def test_width_is_that_of_its_signatures() -> None:
    assert MODEL.width == 272
    assert replace(MODEL, diagonal_neighbors=False).width == 144
    assert replace(MODEL, n=6).width == 110


def test_rules_have_one_text() -> None:
    assert MODEL.rule == "cells,words"
    assert replace(MODEL, rules=("words",)).rule == "words"


def test_a_light_model_leaves_its_codebook_behind() -> None:
    light = MODEL.light()
    assert light.codebook is None
    assert replace(light, codebook=CODEBOOK) == MODEL
    assert len(pickle.dumps(light)) < 2_000 < len(CODEBOOK.content())
    assert light.model_id != MODEL.model_id


def test_a_model_travels() -> None:
    assert pickle.loads(pickle.dumps(MODEL)).model_id == MODEL.model_id  # noqa: S301 - its own


def test_the_size_is_as_stated() -> None:
    cells, words = 300, 1000
    large = replace(
        of_words(list(range(words)), [1] * words),
        codebook=Codebook(
            np.zeros((272, 64), np.float32),
            np.zeros((2, 64), np.float32),
            np.zeros((cells, 64), np.float32),
            np.array([0, 1, cells], np.int64),
        ),
    )
    size = sum(len(content) for content in large.files().values())
    assert size <= 128 * (cells + 2) + 128 * 272 + 16 * words + 2_000


FILES = ["parameters.json", "codebook.npy", "words.npy", "caps.npy"]


def test_these_are_the_files() -> None:
    assert sorted(MODEL.files()) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(name: str) -> None:
    files = MODEL.files()
    del files[name]
    with pytest.raises(ModelError, match=name):
        Model.from_files(files)


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_anywhere_is_refused(name: str) -> None:
    files = MODEL.files()
    whole = files[name]
    # A JSON text less its last newline is still whole.
    most = len(whole.rstrip(b"\n")) if name.endswith("json") else len(whole)
    for length in {*range(min(300, most)), *range(0, most, 97), most - 1}:
        with pytest.raises(ModelError):
            Model.from_files({**files, name: whole[:length]})


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"PK\x03\x04 an archive cut short",
        b"\x93NUMPY\x01\x00\x05\x00(((((" + bytes(40),
    ],
)
def test_a_damaged_file_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(ModelError):
        Model.from_files(MODEL.files() | {name: content})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"cutoff", b"cutof"),
        (b"rules", b"rule"),
        (b"words_counted_in", b"words_counted"),
        (b"comparisons_per_row", b"comparisons"),
        (b'"rules": [', b'"rules": 5, "other": ['),
    ],
)
def test_parameters_that_do_not_fit_are_refused(old: bytes, new: bytes) -> None:
    text = MODEL.files()["parameters.json"]
    assert old in text
    with pytest.raises(ModelError):
        Model.from_files(MODEL.files() | {"parameters.json": text.replace(old, new)})


@settings(deadline=None)
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_a_changed_byte_raises_nothing_but_a_model_error(place: int, byte: int) -> None:
    for name, content in MODEL.files().items():
        # Half of the places among the first bytes, which say what follows.
        changed = bytearray(content)
        changed[place % (len(changed) if place % 2 else min(len(changed), 130))] = byte
        with contextlib.suppress(ModelError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy's, of numbers of another kind
            again = Model.from_files({**MODEL.files(), name: bytes(changed)})
            same = again.model_id == MODEL.model_id
            assert same == (again.files() == MODEL.files())


def test_a_model_error_is_an_error_of_matching() -> None:
    assert issubclass(ModelError, MatchingError)
