"""In how many tasks buckets are compared, and which model a search takes."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jobs import searching
from jobs.errors import UserError
from jobs.model import Distinct
from jobs.planning import Plan
from jobs.run import Run
from jobs.searching import comparing_tasks
from jobs.settings import Settings
from matching import Model

PLAN = Plan(1, 0, 0, 0, 0, 0, 0, {}, ())
SIGNATURES = Distinct(cast("Any", None), 100, "v1")
KNOWN = Model("v1", 9, True, ("exhaustive",), 0.4, fitted_to=100, probes=24, nearest=12, reach=188)
FITTED = replace(KNOWN, fitted_to=101)

Taken = Callable[[str | None, str | None, Settings], Model]


def run_of(partitions: int = 0, cores: int = 3) -> Run:
    spark = SimpleNamespace(sparkContext=SimpleNamespace(defaultParallelism=cores))
    return cast("Run", SimpleNamespace(spark=spark, settings=Settings(partitions=partitions)))


def test_a_small_search_has_a_few_tasks_a_core() -> None:
    assert comparing_tasks(run_of(), PLAN) == 12
    assert comparing_tasks(run_of(cores=1), PLAN) == 4


def test_a_large_search_has_tasks_of_a_bounded_size() -> None:
    assert comparing_tasks(run_of(), replace(PLAN, rows=10**9)) == 1_000
    assert comparing_tasks(run_of(), replace(PLAN, rows=10**9 + 1)) == 1_001
    assert comparing_tasks(run_of(), replace(PLAN, comparisons=10**13)) == 5_000
    assert comparing_tasks(run_of(), replace(PLAN, rows=10**9, comparisons=10**13)) == 5_000


def test_the_number_of_tasks_can_be_set() -> None:
    assert comparing_tasks(run_of(partitions=7), replace(PLAN, rows=10**9)) == 7


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Taken:
    """The model that a search takes; the newest run's is `KNOWN`, a new one is `FITTED`."""
    stored = {"known": KNOWN, "other": replace(KNOWN, signature_version="v2")}
    monkeypatch.setattr(searching, "load_model", lambda model_id, *_: stored[model_id])
    monkeypatch.setattr(searching, "known_model", lambda model_id, *_: stored.get(model_id))
    monkeypatch.setattr(searching, "fit_model", lambda *_: FITTED)

    def model(model_id: str | None, parent: str | None, settings: Settings) -> Model:
        run = SimpleNamespace(parent_model=parent, layout=None, files=None, settings=settings)
        return searching._model(cast("Run", run), SIGNATURES, model_id)

    return model


def test_the_newest_run_s_model_is_taken_if_it_does(taken: Taken) -> None:
    assert taken(None, "known", Settings()) == KNOWN
    assert taken(None, "known", Settings(cutoff=0.3)) == FITTED
    assert taken(None, "other", Settings()) == FITTED
    assert taken(None, "of another version of the code", Settings()) == FITTED
    assert taken(None, None, Settings()) == FITTED


def test_a_model_that_was_asked_for_is_taken_whatever_else_is_set(taken: Taken) -> None:
    words = Settings.model_validate({"matching": {"rules": "words", "probes": 5}})
    assert taken("known", None, words) == KNOWN
    assert taken("known", "other", words) == KNOWN


@pytest.mark.parametrize(
    ("model_id", "settings", "said"),
    [
        ("other", Settings(), "model other is for signatures of version v2, and these have v1"),
        ("known", Settings(cutoff=0.3), "model known has the cutoff 0.4, not 0.3"),
    ],
)
def test_a_model_that_cannot_be_meant_is_told_in_a_sentence(
    taken: Taken, model_id: str, settings: Settings, said: str
) -> None:
    with pytest.raises(UserError, match=said) as caught:
        taken(model_id, "known", settings)
    assert "\n" not in str(caught.value)
