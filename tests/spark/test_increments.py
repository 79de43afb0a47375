"""After any sequence of nights the pairs and groups are those of one build (docs/adr/0021)."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs import newcoming
from tests.spark.nights import LEVELS, Images, Nights, oracle

pytestmark = pytest.mark.spark

# Few cells of which most are capped, at 3 comparisons a row, and 2 pairs an image, so that most of
# a crowd is dropped.
CAPPED = {
    "cutoff": 0.45,
    "matching.rules": "cells",
    "matching.cells": 12,
    "matching.nearest": 4,
    "matching.bucket_rows": 20,
    "matching.bucket_comparisons_per_row": 3,
    "matching.max_pairs_per_image": 2,
}
BOTH = {**CAPPED, "matching.rules": "cells,words", "matching.max_document_frequency": 30}
EXHAUSTIVE = {**CAPPED, "matching.rules": "exhaustive", "matching.max_pairs_per_image": 1}
WHOLE = {**CAPPED, "matching.bucket_comparisons_per_row": 0, "matching.max_pairs_per_image": 0}


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newcomers pass in several turns, and only a night with very many compares all with all."""
    monkeypatch.setattr(newcoming, "_NEWCOMERS_AT_ONCE", 17)
    monkeypatch.setattr(newcoming, "_MOST_SHARE", 0.6)


def first_corpus(rng: random.Random, count: int) -> dict[str, int]:
    return {f"image {i}": rng.randrange(len(LEVELS)) for i in range(count)}


def nights_of(rng: random.Random, images: dict[str, int], number: int) -> Iterator[dict[str, int]]:
    """Change a corpus at random: additions, copies, other pictures under a name, removals."""
    for night in range(number):
        names = sorted(images)
        gone = set(rng.sample(names, rng.randint(0, len(names) // 6)))
        changed = rng.sample(names, rng.randint(0, len(names) // 10))
        copied = rng.sample(names, rng.randint(0, 3))
        copies = {f"copy {night} {i}": images[name] for i, name in enumerate(copied)}
        images = {k: v for k, v in images.items() if k not in gone}
        images |= copies | {name: rng.randrange(len(LEVELS)) for name in changed}
        added = rng.randint(0, len(names) // 3)
        images |= {f"new {night} {i}": rng.randrange(len(LEVELS)) for i in range(added)}
        yield images


@settings(
    deadline=None,
    max_examples=2,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 2**32),
    wanted=st.sampled_from([CAPPED, BOTH, EXHAUSTIVE, WHOLE]),
    number=st.integers(1, 2),
)
@pytest.mark.slow
def test_any_nights_equal_one_build(
    spark: SparkSession, few_are_many: None, seed: int, wanted: dict[str, object], number: int
) -> None:
    note(f"seed {seed}, {wanted}")
    rng = random.Random(seed)  # noqa: S311 - repeatable
    images: Images = first_corpus(rng, rng.randint(1, 250))
    with tempfile.TemporaryDirectory() as folder:
        store = Nights(spark, Path(folder, "store"), wanted)
        found, model = store.build(images)
        assert found.pairs == oracle(images, model)
        for after in nights_of(rng, dict(images), number):
            found = store.night(images, after)
            assert found.pairs == oracle(after, model)
            images = after
        built, same = Nights(spark, Path(folder, "other"), wanted).build(images, model)
    assert same.model_id == model.model_id
    assert built.pairs == found.pairs
    assert built.clusters == found.clusters


@pytest.mark.slow
def test_a_corpus_that_outgrows_its_caps(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newcoming, "_MOST_SHARE", 1)
    store = Nights(spark, tmp_path / "store", {**CAPPED, "matching.max_pairs_per_image": 1})
    images = {f"image {i}": i for i in range(80)}
    found, model = store.build(images)
    assert model.caps.keys
    grown = {f"image {i}": i for i in range(380)}
    middle = {name: shown for name, shown in grown.items() if shown < 130}
    one = store.night(images, middle)
    two = store.night(middle, grown)
    assert one.counts["buckets_changed"] == 0 < two.counts["buckets_changed"]
    assert two.counts["newcomers"] > two.counts["signatures_came"]
    fewer = {name: shown for name, shown in grown.items() if shown % 5}
    three = store.night(grown, fewer)
    assert three.counts["buckets_changed"] > 0
    assert three.counts["signatures_came"] == 0 < three.counts["newcomers"]
    for night, after in ((one, middle), (two, grown), (three, fewer)):
        assert night.pairs == oracle(after, model)
    assert found.pairs == oracle(images, model)


@pytest.mark.slow
def test_a_night_without_news_changes_nothing_and_one_of_news_alone_compares_all(
    spark: SparkSession, tmp_path: Path
) -> None:
    store = Nights(spark, tmp_path / "store", CAPPED)
    images = {f"image {i}": i % 90 for i in range(120)}
    first, model = store.build(images)
    second = store.night(images, images)
    assert second.counts["newcomers"] == second.counts["comparisons"] == 0
    assert (second.pairs, second.clusters) == (first.pairs, first.clusters)
    others = {f"other {i}": 100 + i for i in range(90)}
    third = store.night(images, others)
    assert third.counts["searched_anew"] == 1
    assert third.pairs == oracle(others, model)


@pytest.mark.slow
def test_a_refit_is_a_build_under_another_model_and_nights_go_on(
    spark: SparkSession, tmp_path: Path
) -> None:
    store = Nights(spark, tmp_path / "store", CAPPED)
    images = {f"image {i}": i for i in range(100)}
    _, first = store.build(images)
    fewer = {name: shown for name, shown in images.items() if shown % 10}
    store.night(images, fewer)
    refitted, second = store.refit(seed=2)
    assert second.model_id != first.model_id
    assert second.fitted_to == refitted.counts["signatures"] == 90
    assert refitted.pairs == oracle(fewer, second)
    after = store.night(fewer, images)
    assert after.counts["signatures_came"] == 10
    assert after.pairs == oracle(images, second)
