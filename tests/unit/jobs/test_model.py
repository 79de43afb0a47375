"""Which model a run wants, and whether one from the store will do. Fitting needs Spark."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from jobs.errors import UserError
from jobs.model import (
    OUTGROWN,
    Distinct,
    load_model,
    reusable,
    save_model,
    unfitted_model,
)
from jobs.settings import Settings, read_settings
from jobs.sinks.files import Files
from matching import Codebook, Model
from matching.sizes import max_pairs_for, nearest_for, reach_for
from store.layout import Layout

LAYOUT = Layout("/store")
MANY = 10**6


class InMemory:
    """A store's files: what `jobs.sinks.files.Files` does, in a dictionary."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    def write(self, path: str, content: bytes) -> None:
        self.content[path] = content

    def read(self, path: str) -> bytes:
        return self.content[path]

    def names(self, folder: str) -> list[str]:
        return sorted(
            path.removeprefix(f"{folder}/")
            for path in self.content
            if path.startswith(f"{folder}/")
        )


@pytest.fixture
def memory() -> InMemory:
    return InMemory()


def files(memory: InMemory) -> Files:
    return cast("Files", memory)


def distinct(count: int, version: str = "v1") -> Distinct:
    """So many signatures; none of these functions looks at one."""
    return Distinct(cast("Any", SimpleNamespace()), count, version)


def settings_of(**matching: object) -> Settings:
    return read_settings(None, {f"matching.{name}": value for name, value in matching.items()})


def codebook(cells: int) -> Codebook:
    fine = np.zeros((cells, 3), np.float32)
    ends = np.array([0, cells], np.int64)
    return Codebook(np.ones((272, 3), np.float32), fine[:1], fine, ends)


def known(count: int, settings: Settings, cells: int = 8) -> Model:
    """The model that a run with these settings left behind."""
    return replace(unfitted_model(distinct(count), settings), codebook=codebook(cells))


def test_what_is_not_set_is_chosen_by_the_size_of_the_corpus() -> None:
    for count in (25_000, MANY, 10**8):
        model = unfitted_model(distinct(count), Settings())
        assert model == Model(
            signature_version="v1",
            n=9,
            diagonal_neighbors=True,
            rules=("cells",),
            cutoff=0.40,
            fitted_to=count,
            nearest=nearest_for(count),
            probes=Settings().matching.probes,
            reach=reach_for(nearest_for(count)),
            max_document_frequency=500,
            max_pairs_per_image=max_pairs_for(count),
            words=model.words,
        )
        assert model.codebook is None
        assert len(model.words.keys) == 0


def test_what_is_set_is_taken() -> None:
    settings = read_settings(
        None,
        {
            "cutoff": 0.3,
            "signature.n": 7,
            "signature.diagonal_neighbors": False,
            "matching.rules": "cells,words",
            "matching.nearest": 5,
            "matching.probes": 3,
            "matching.reach": 99,
            "matching.max_document_frequency": 77,
            "matching.max_pairs_per_image": 11,
        },
    )
    model = unfitted_model(distinct(10), settings)
    assert (model.cutoff, model.n, model.diagonal_neighbors) == (0.3, 7, False)
    assert model.rules == ("cells", "words")
    assert (model.nearest, model.probes, model.reach) == (5, 3, 99)
    assert (model.max_document_frequency, model.max_pairs_per_image) == (77, 11)


def test_the_reach_is_chosen_by_the_cells_that_were_set() -> None:
    assert unfitted_model(distinct(MANY), settings_of(nearest=5)).reach == reach_for(5)


@pytest.mark.parametrize(
    ("rules", "count", "expected"),
    [
        ("auto", 0, ("exhaustive",)),
        ("auto", 20_000, ("exhaustive",)),
        ("auto", 20_001, ("cells",)),
        ("cells", 5, ("cells",)),
        ("words", 5, ("words",)),
        ("cells,words", 5, ("cells", "words")),
        ("exhaustive", MANY, ("exhaustive",)),
    ],
)
def test_small_corpora_are_compared_all_with_all_unless_a_rule_is_set(
    rules: str, count: int, expected: tuple[str, ...]
) -> None:
    assert unfitted_model(distinct(count), settings_of(rules=rules)).rules == expected


def test_where_all_with_all_ends_can_be_set() -> None:
    settings = settings_of(exhaustive_up_to=5)
    found = [unfitted_model(distinct(count), settings).rules for count in (5, 6)]
    assert found == [("exhaustive",), ("cells",)]


def test_a_model_is_taken_again_for_the_same_wish() -> None:
    settings = settings_of(rules="cells")
    wanted = unfitted_model(distinct(MANY), settings)
    assert reusable(known(MANY, settings), wanted, settings)


@pytest.mark.parametrize(
    ("count", "taken"),
    [
        (MANY // OUTGROWN, True),
        (MANY // OUTGROWN - 1, False),
        (MANY * OUTGROWN, True),
        (MANY * OUTGROWN + 1, False),
    ],
)
def test_a_corpus_may_grow_or_shrink_so_far(count: int, taken: bool) -> None:
    settings = settings_of(rules="cells")
    wanted = unfitted_model(distinct(count), settings)
    assert reusable(known(MANY, settings), wanted, settings) == taken


def test_what_the_size_chose_is_no_wish() -> None:
    # Of a corpus of another size, when nobody asked for any of these.
    settings = settings_of(rules="cells")
    before = replace(known(MANY, settings), nearest=13, reach=99, max_pairs_per_image=77)
    today = unfitted_model(distinct(2 * MANY), settings)
    assert before.nearest != today.nearest
    assert before.reach != today.reach
    assert reusable(before, today, settings)


@pytest.mark.parametrize(
    ("name", "value"), [("nearest", 9), ("reach", 99), ("max_pairs_per_image", 77), ("cells", 9)]
)
def test_what_was_set_must_be_the_same(name: str, value: int) -> None:
    before = settings_of(rules="cells")
    now = settings_of(rules="cells", **{name: value})
    wanted = unfitted_model(distinct(MANY), now)
    assert not reusable(known(MANY, before), wanted, now)
    assert reusable(known(MANY, now, cells=9), wanted, now)


@pytest.mark.parametrize(
    "changed",
    [
        {"cutoff": 0.3},
        {"matching.rules": "words"},
        {"matching.probes": 5},
        {"matching.max_document_frequency": 5},
    ],
)
def test_other_settings_want_another_model(changed: dict[str, object]) -> None:
    before = read_settings(None, {"matching.rules": "cells"})
    now = read_settings(None, {"matching.rules": "cells", **changed})
    wanted = unfitted_model(distinct(MANY), now)
    assert not reusable(known(MANY, before), wanted, now)


def test_other_signatures_want_another_model() -> None:
    settings = settings_of(rules="cells")
    wanted = unfitted_model(distinct(MANY, "v2"), settings)
    assert not reusable(known(MANY, settings), wanted, settings)


def test_a_corpus_that_outgrew_all_with_all_wants_cells() -> None:
    settings = Settings()
    wanted = unfitted_model(distinct(20_001), settings)
    assert not reusable(known(20_000, settings), wanted, settings)


def test_a_model_comes_back_from_the_store(memory: InMemory) -> None:
    model = known(MANY, settings_of(rules="cells,words"))
    save_model(model, LAYOUT, files(memory))
    assert memory.names("/store/models") == [
        f"{model.model_id}/{name}"
        for name in ("caps.npy", "codebook.npy", "parameters.json", "words.npy")
    ]
    again = load_model(model.model_id, LAYOUT, files(memory))
    assert again.files() == model.files()
    # Written over by itself.
    save_model(again, LAYOUT, files(memory))
    assert len(memory.content) == 4


def test_a_model_that_is_not_there_is_told(memory: InMemory) -> None:
    with pytest.raises(UserError, match="no model 0123456789abcdef"):
        load_model("0123456789abcdef", LAYOUT, files(memory))


@pytest.mark.parametrize("name", ["caps.npy", "codebook.npy", "parameters.json", "words.npy"])
def test_a_damaged_model_is_told_by_its_id(memory: InMemory, name: str) -> None:
    model = known(MANY, Settings())
    save_model(model, LAYOUT, files(memory))
    path = f"{LAYOUT.model(model.model_id)}/{name}"
    memory.content[path] = memory.content[path][:-9]
    with pytest.raises(UserError, match=f"model {model.model_id}: ") as caught:
        load_model(model.model_id, LAYOUT, files(memory))
    assert "\n" not in str(caught.value)
    del memory.content[path]
    with pytest.raises(UserError, match=f"model {model.model_id}: "):
        load_model(model.model_id, LAYOUT, files(memory))


def test_files_of_another_model_are_told(memory: InMemory) -> None:
    model, other = known(MANY, Settings()), known(MANY, settings_of(nearest=3))
    save_model(other, LAYOUT, files(memory))
    for path, content in list(memory.content.items()):
        memory.content[path.replace(other.model_id, model.model_id)] = content
    with pytest.raises(UserError, match=f"its files are those of {other.model_id}"):
        load_model(model.model_id, LAYOUT, files(memory))
