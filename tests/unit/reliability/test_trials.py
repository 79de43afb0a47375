"""The guarantee itself, on a few hundred mutations; and that a breach would be seen."""

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import udfs.signing
from jobs.settings import Settings
from jobs.signing import signing_task
from reliability import routes
from reliability.mutations import Mutations
from reliability.subjects import files, fixtures, mutated, numbers_of_kinds
from reliability.trials import Subject, Trials

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
PHOTOGRAPH = Subject("fixture", "photo", min((FIXTURES / "photo").glob("*.jpg")))


@pytest.fixture
def trials() -> Iterator[Trials]:
    with Trials(signing_task(Settings())) as opened:
        yield opened


def test_every_mutation_ends_as_documented(trials: Trials, tmp_path: Path) -> None:
    made = Mutations(fixtures(FIXTURES), seed=1)
    outcomes = [trials.outcome(s) for s in mutated(made, numbers_of_kinds(350), tmp_path)]
    assert [outcome for outcome in outcomes if outcome.breach] == []
    assert len({outcome.subject for outcome in outcomes}) == 350
    assert {outcome.status for outcome in outcomes} == {"signed", "skipped", "failed"}


def test_every_fixture_has_one_signature_by_all_routes(trials: Trials) -> None:
    outcomes = [trials.outcome(subject) for subject in files("fixture", FIXTURES, 2)]
    assert [outcome for outcome in outcomes if outcome.breach] == []
    assert trials.routes_compared == sum(outcome.status == "signed" for outcome in outcomes) > 30


def _answer_in(line: bytes, data: bytes, **_: object) -> bytes:
    return line


@pytest.mark.parametrize(
    ("answered", "breach"),
    [
        (b'{"status": "failed", "reason": "bad_luck", "message": "it"}\n', "reason bad_luck"),
        (b'{"status": "failed", "reason": "not_found", "message": "it"}\n', "reason not_found"),
        (b'{"status": "failed", "reason": "corrupt", "message": ""}\n', "no message"),
        (b'{"status": "lost"}\n', "status lost"),
        (b'{"status": "signed"}\n' + bytes(271), "levels are none"),
        (b'{"status": "signed"}\n' + bytes(272), "another signature by path"),
        (b"no row", "JSONDecodeError"),
    ],
)
def test_a_breach_is_seen(answered: bytes, breach: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udfs.signing, "answer", partial(_answer_in, answered))
    with Trials(signing_task(Settings())) as trials:
        assert breach in str(trials.outcome(PHOTOGRAPH).breach)


def _fault(data: bytes, **_: object) -> bytes:
    raise LookupError("a fault")


def _death(data: bytes, **_: object) -> bytes:
    os.abort()


def test_a_fault_in_the_child_is_a_breach_and_a_death_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(udfs.signing, "answer", _fault)
    with Trials(signing_task(Settings())) as trials:
        assert "LookupError: a fault" in str(trials.outcome(PHOTOGRAPH).breach)
    monkeypatch.setattr(udfs.signing, "answer", _death)
    with Trials(signing_task(Settings())) as trials:
        outcome = trials.outcome(PHOTOGRAPH)
    assert (outcome.reason, outcome.breach) == ("decoder_crashed", None)


@pytest.mark.parametrize("route", routes.ROUTES)
def test_a_route_that_differs_is_named(route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {**routes.ROUTES, route: lambda *_: np.zeros(648, np.int8)}
    monkeypatch.setattr(routes, "ROUTES", other)
    with Trials(signing_task(Settings())) as trials:
        assert trials.outcome(PHOTOGRAPH).breach == f"another signature by {route}"


def test_the_limits_of_a_job_hold() -> None:
    task = signing_task(Settings())
    assert (task.limits.memory, task.limits.cpu_seconds) == (2 * 2**30, 30)
    assert task.policy.max_pixels == 100_000_000
    small = replace(task, policy=replace(task.policy, max_pixels=10))
    with Trials(small) as trials:
        assert trials.outcome(PHOTOGRAPH).reason == "too_many_pixels"
