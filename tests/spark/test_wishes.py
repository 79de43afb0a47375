"""Keepers under decisions, stability and scopes, beside a slow rule in one process."""

import io
import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.grouping import choose_keepers
from jobs.progress import Progress
from jobs.run import Run
from jobs.scoping import within
from jobs.settings import read_settings
from jobs.signing import Corpus
from jobs.stages.schema import spark_schema
from jobs.stages.tell_leaks import leak_rows
from store.schemas import CLUSTERS, DECISIONS, IMAGES, PAIRS, SIGNED, SKIPPED

pytestmark = pytest.mark.spark

RNG = random.Random(5)  # noqa: S311 - repeatable
SIGNATURES = [bytes([i]) * 16 for i in range(40)]


class Image(NamedTuple):
    name: str
    signature: bytes
    pixels: int
    seller: str | None
    status: str = SIGNED


def _image(i: int) -> Image:
    shown = SIGNATURES[RNG.randrange(len(SIGNATURES))]
    return Image(f"i{i:03}", shown, RNG.randint(1, 40), RNG.choice(["x", "y", "z", None]))


FLAT = [Image(f"flat{i}", b"", 5, "xy"[i % 2], SKIPPED) for i in range(4)]
IMAGES_THERE = [*(_image(i) for i in range(110)), *FLAT]
NEAR = {tuple(sorted(RNG.sample(SIGNATURES, 2))): RNG.randint(1, 39) / 100 for _ in range(60)}
Near = Mapping[tuple[bytes, ...], float]
Keepers = dict[str, str]


def literal_keepers(
    images: Iterable[Image], near: Near, level: Mapping[str, int] | None = None
) -> Keepers:
    """Of each image in a group the keeper: the best stays, its neighbours go, and so on."""
    order = {i.name: ((level or {}).get(i.name, 9), -i.pixels, i.name) for i in images}
    best: dict[bytes, str] = {}
    for image in sorted(images, key=lambda i: order[i.name]):
        if image.status == SIGNED:
            best.setdefault(image.signature, image.name)
    heads: dict[bytes, bytes] = {}
    for shown, _ in sorted(best.items(), key=lambda entry: order[entry[1]]):
        keepers = [k for k in heads if heads[k] == k and tuple(sorted((k, shown))) in near]
        heads[shown] = min(keepers, key=lambda k: order[best[k]]) if keepers else shown
    found = {i.name: best[heads[i.signature]] for i in images if i.status == SIGNED}
    flat = sorted((i.name for i in images if i.status == SKIPPED), key=order.__getitem__)
    found |= dict.fromkeys(flat, flat[0] if flat else "")
    sizes = {k: list(found.values()).count(k) for k in found.values()}
    return {name: keeper for name, keeper in found.items() if sizes[keeper] > 1}


@pytest.fixture
def run(spark: SparkSession, tmp_path: Path) -> Iterator[Run]:
    with Progress(lambda: (0, 0), io.StringIO()) as progress:
        (tmp_path / "store").mkdir()
        yield Run(spark, "test", str(tmp_path / "store"), read_settings(None, {}), progress)


def corpus(spark: SparkSession, images: Iterable[Image]) -> Corpus:
    values = [
        {
            "image_id": i.name,
            "path": f"/{i.seller or 'nobody'}/{i.name}",
            "content_sha256": "flat" if i.status == SKIPPED else i.name,
            "bytes": 1,
            "width": i.pixels,
            "height": 1,
            "status": i.status,
            "signature_id": i.signature or None,
            "metadata": None if i.seller is None else f'{{"seller": "{i.seller}"}}',
        }
        for i in images
    ]
    rows = frame(spark, values, IMAGES)
    return Corpus(rows, rows, len({i.signature for i in images if i.signature}), "v")


def frame(spark: SparkSession, rows: Iterable[Mapping[str, object]], schema: object) -> DataFrame:
    names = schema.names  # type: ignore[attr-defined]
    values = [tuple(row.get(name) for name in names) for row in rows]
    return spark.createDataFrame(values, spark_schema(schema))


def pairs(spark: SparkSession, near: Near = NEAR) -> DataFrame:
    rows = [
        {"model_id": "m", "signature_id_a": a, "signature_id_b": b, "distance": d, "rule": "cells"}
        for (a, b), d in near.items()
    ]
    return frame(spark, rows, PAIRS)


def keepers_of(clusters: DataFrame) -> Keepers:
    rows = clusters.collect()
    assert len({row.image_id for row in rows}) == len(rows)
    assert all((row.role == "keep") == (row.image_id == row.keeper_id) for row in rows)
    return {row.image_id: row.keeper_id for row in rows}


def test_within_a_column_groups_are_those_of_each_value_alone(run: Run) -> None:
    spark = run.spark
    scoped = within(run, corpus(spark, IMAGES_THERE), pairs(spark), "seller")
    found = keepers_of(choose_keepers(run, *scoped).clusters)
    expected: Keepers = {}
    for seller in "xyz":
        expected |= literal_keepers([i for i in IMAGES_THERE if i.seller == seller], NEAR)
    assert found == expected
    everywhere = literal_keepers(IMAGES_THERE, NEAR)
    assert len(everywhere) > len(found) > 20


def test_decisions_override_the_ranking_and_are_named(run: Run) -> None:
    spark = run.spark
    plain = literal_keepers(IMAGES_THERE, NEAR)
    removed = sorted(name for name, keeper in plain.items() if name != keeper)
    never = removed[:6:2]
    shown = {i.name: i.signature for i in IMAGES_THERE}
    near = [n for n in removed if shown[n] and shown[n] != shown[plain[n]]][-4:]
    copies = [n for n in removed if shown[n] and shown[n] == shown[plain[n]]][-2:]
    apart = [(name, plain[name]) for name in [*near, *copies]]
    rows = [{"decision": "never_remove", "image_id": name} for name in never]
    rows += [{"decision": "not_duplicates", "image_id": a, "other_image_id": b} for a, b in apart]
    rows += [{"decision": "prefer_source", "source": "/y"}]
    decisions = frame(spark, rows, DECISIONS)
    clusters = choose_keepers(run, corpus(spark, IMAGES_THERE), pairs(spark), decisions).clusters
    found = keepers_of(clusters)

    level = {i.name: 1 for i in IMAGES_THERE if i.seller == "y"} | dict.fromkeys(never, 0)
    cut = {tuple(sorted((shown[a], shown[b]))) for a, b in apart}
    left = {ends: d for ends, d in NEAR.items() if ends not in cut}
    expected = literal_keepers(IMAGES_THERE, left, level)
    freed = {
        name
        for name, keeper in expected.items()
        if name != keeper and (name in never or {(name, keeper), (keeper, name)} & set(apart))
    }
    expected |= {name: name for name in freed}
    still = {keeper for name, keeper in expected.items() if name != keeper}
    expected = {n: k for n, k in expected.items() if n != k or n in still or n in freed}
    assert found == expected

    reasons = {row.image_id: row.reason for row in clusters.collect()}
    for name, keeper in found.items():
        if name != keeper and level.get(keeper, 9) < level.get(name, 9):
            words = {0: "never removed", 1: "source is preferred"}[level[keeper]]
            assert reasons[name].startswith("by decision")
            assert words in reasons[name]
    for name in freed:
        assert reasons[name].startswith("by decision")
    assert any("never removed" in reason for reason in reasons.values())
    assert any("source is preferred" in reason for reason in reasons.values())


def test_a_keeper_stays_until_something_clearly_better_comes(run: Run) -> None:
    spark = run.spark
    a, b, c, d, e, f, g, h = SIGNATURES[:8]
    old = [Image("a", a, 10, None), Image("c", c, 10, None), Image("e", e, 10, None)]
    old += [Image("g", g, 10, None), Image("gone", h, 90, None)]
    new = [Image("b", b, 14, None), Image("d", d, 15, None), Image("f", f, 3, "p")]
    new += [Image("g copy", g, 14, None)]
    near = {(a, b): 0.1, (c, d): 0.1, (e, f): 0.1}
    rows = [{"image_id": i.name, "keeper_id": i.name, "role": "keep"} for i in old]
    run.write("clusters", frame(spark, rows, CLUSTERS))
    run.commit("m", "v")
    values = {"keepers.protected": ["/p"]}
    again = Run(spark, "test", run.layout.root, read_settings(None, values), run.progress)
    images = [i for i in old if i.name != "gone"] + new
    made = choose_keepers(
        again, corpus(spark, images), pairs(spark, near), None, stable=True
    ).clusters
    assert keepers_of(made) == {
        "a": "a",
        "b": "a",  # 1.4 times the pixels are not enough
        "c": "d",
        "d": "d",  # 1.5 times are
        "e": "f",
        "f": "f",  # protected
        "g": "g",
        "g copy": "g",
    }
    reasons = {row.image_id: row.reason for row in made.collect()}
    assert reasons["b"] == "the keeper stays, as it was kept before"
    assert reasons["e"] == "the keeper is from a protected source"
    folder = f"{again.layout.report(again.run_id)}/stability.parquet"
    listed = {
        (r.image_id, r.keeper_id, r.keeper_by_default) for r in spark.read.parquet(folder).collect()
    }
    assert listed == {
        ("a", "a", "b"),
        ("b", "a", "b"),
        ("g", "g", "g copy"),
        ("g copy", "g", "g copy"),
    }
    default = literal_keepers(images, near, {"f": 0})
    assert {name: by_default for name, _, by_default in listed}.items() <= default.items()
    assert again.counts["kept_for_stability"] == 4


def test_leaks_are_all_pairs_across_two_stores(run: Run) -> None:
    spark = run.spark
    here, there = IMAGES_THERE[:60], [i._replace(name=f"o{i.name}") for i in IMAGES_THERE[50:]]
    same = {(s, s): 0.0 for s in SIGNATURES}
    found = pairs(spark, {**NEAR, **same})
    report = leak_rows(found.union(found), corpus(spark, here).images, corpus(spark, there).images)
    rows = report.collect()
    expected = {
        (one.name, other.signature)
        for one in here
        for other in there
        if SIGNED == one.status == other.status
        and (
            one.signature == other.signature
            or tuple(sorted((one.signature, other.signature))) in NEAR
        )
    }
    shown = {i.name: i.signature for i in there}
    assert {(row.image_id, shown[row.other_image_id]) for row in rows} == expected
    assert len(rows) == len(expected)
    assert {row.kind for row in rows} == {"same_signature", "near"}
    first = {s: min(i.name for i in there if i.signature == s) for s in set(shown.values()) if s}
    assert all(row.other_image_id == first[shown[row.other_image_id]] for row in rows)
