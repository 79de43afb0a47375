"""Signatures that pass by newcomers make the pairs that a search of all makes of these."""

import numpy as np
import pyarrow as pa
import pytest

from matching.buckets import BucketPlan
from matching.model import Model
from tests.unit.matching.examples import Levels, signatures
from tests.unit.udfs.buckets import (
    Ids,
    Pair,
    Pairs,
    Reference,
    assigned_rows,
    cut,
    fitted,
    ids_of,
    model_of,
    with_hot_words,
)
from udfs.comparing import FOUND_ROWS
from udfs.newcomers import Company, newcomer_meeter, places_among
from udfs.rows import assigned_signatures

LEVELS = signatures(140)[1:]
RULES = ("cells", "words", "cells,words", "exhaustive")


def case(rule: str, **fields: object) -> tuple[Model, pa.RecordBatch]:
    model = model_of(*rule.split(","), **fields)
    if "cells" in rule:
        model = fitted(model, LEVELS)
    if "words" in rule:
        model = with_hot_words(model, LEVELS, 6)
    return model, in_order_of_ids(assigned_rows(LEVELS, ids_of(LEVELS), model))


def in_order_of_ids(rows: pa.RecordBatch) -> pa.RecordBatch:
    return pa.Table.from_batches([rows]).sort_by("signature_id").combine_chunks().to_batches()[0]


def met(
    rows: pa.RecordBatch,
    newcomers: np.ndarray,  # type: ignore[type-arg]
    model: Model,
    capped: dict[int, int],
    companies: int = 1,
) -> Pairs:
    """Hold all rows against some of them; every pair must come once."""
    chosen = rows.take(pa.array(newcomers))
    every = assigned_signatures(chosen, model).ids
    found: Pairs = {}
    for part in np.array_split(np.arange(len(newcomers)), companies):
        some = assigned_signatures(chosen.slice(part[0], len(part)), model)
        meet = newcomer_meeter(model.light(), Company(some, int(part[0]), every), capped)
        for batch in meet(cut(rows, [0, 5, 5, 90])):
            assert batch.schema == FOUND_ROWS
            for row in batch.to_pylist():
                if row["signature_id_a"] is not None:
                    pair = row["signature_id_a"], row["signature_id_b"]
                    assert pair not in found
                    found[pair] = Pair(row["distance"], row["key"])
    return found


@pytest.mark.parametrize("companies", [1, 3])
@pytest.mark.parametrize("rule", RULES)
def test_every_pair_of_a_newcomer_comes_once_under_its_first_key(rule: str, companies: int) -> None:
    model, rows = case(rule)
    newcomers = np.flatnonzero(np.arange(rows.num_rows) % 3 == 0)
    names = set(rows.take(pa.array(newcomers))["signature_id"].to_pylist())
    plans = capped_plans(rows, model)
    every = Reference(rows, model).pairs(plans)
    wanted = {pair: one for pair, one in every.items() if names & set(pair)}
    assert 20 < len(wanted) < len(every)
    assert any(set(pair) <= names for pair in wanted), "no two newcomers are a pair"
    capped = {key: plan.reach for key, plan in plans.items()}
    assert met(rows, newcomers, model, capped, companies) == wanted


def capped_plans(rows: pa.RecordBatch, model: Model) -> dict[int, BucketPlan]:
    """Lower the reach of every other cell."""
    if "cells" not in model.rules:
        return {}
    cells = np.unique(rows["cells"].flatten().to_numpy())
    return {int(cell): BucketPlan(90, 1, 0, 1) for cell in cells[cells >= 0][::2]}


def test_the_nearest_of_either_end_are_never_left_out_and_crowds_are() -> None:
    rng = np.random.default_rng(3)
    crowd = np.repeat(LEVELS[:1], 90, axis=0)
    for row in crowd:
        row[rng.choice(272, 20, replace=False)] = rng.integers(-2, 3, 20)
    model = fitted(model_of("cells", max_pairs_per_image=3, reach=254), LEVELS)
    rows = in_order_of_ids(assigned_rows(crowd, ids_of(crowd), model))
    newcomers = np.arange(0, 90, 2)
    every = met(rows, newcomers, model.__class__(**{**vars(model), "max_pairs_per_image": 99}), {})
    some = met(rows, newcomers, model, {})
    nearest: dict[bytes, list[float]] = {}
    for pair, one in every.items():
        for end in pair:
            nearest.setdefault(end, []).append(one.distance)
    limit = {end: sorted(distances)[2] for end, distances in nearest.items()}
    must = {p: o for p, o in every.items() if any(o.distance <= limit[end] for end in p)}
    assert must.items() <= some.items() <= every.items()
    assert len(must) <= len(some) < len(every) / 2


def test_equal_ids_of_another_corpus_are_pairs_at_no_distance() -> None:
    model, rows = case("exhaustive")
    some = assigned_signatures(rows.slice(10, 4), model)
    strangers = Company(some, 0, some.ids[:0])
    found = [r for b in newcomer_meeter(model, strangers, {})([rows]) for r in b.to_pylist()]
    same = [r for r in found if r["signature_id_a"] and r["signature_id_a"] == r["signature_id_b"]]
    assert [row["distance"] for row in same] == [0.0] * 4


def test_ids_that_begin_alike_are_told_apart() -> None:
    known: Ids = np.zeros((4, 16), np.uint8)
    known[:, 7], known[:, 15] = (1, 1, 1, 2), (3, 5, 9, 0)
    asked = known[[2, 0, 1, 3]].copy()
    assert places_among(known, asked).tolist() == [2, 0, 1, 3]
    asked[:, 15] += 1
    assert places_among(known, asked).tolist() == [-1, -1, -1, -1]
    assert places_among(known[:0], asked).tolist() == [-1] * 4


def test_nobody_meets_nobody() -> None:
    model, rows = case("cells")
    none: Levels = LEVELS[:0]
    nobody = assigned_signatures(rows.slice(0, 0), model)
    assert len(none) == len(nobody.ids)
    batches = list(newcomer_meeter(model.light(), Company(nobody, 0, nobody.ids), {})([rows]))
    assert [batch.to_pylist()[0]["comparisons"] for batch in batches] == [0]
