"""Distances of couples, where both have a signature."""

from typing import Any

import numpy as np
import pyarrow as pa

from signature import normalized_distance
from tests.unit.matching.examples import signatures
from udfs.measuring import MEASURED_ROWS, measurer

LEVELS = signatures(20)
COUPLES = pa.schema(
    [
        ("transform", pa.string()),
        ("found", pa.bool_()),
        ("signature", pa.binary()),
        ("original_signature", pa.binary()),
    ]
)


def couple(a: int | None, b: int | None, found: bool = True) -> dict[str, Any]:
    one, other = (None if i is None else LEVELS[i].tobytes() for i in (a, b))
    return {"transform": "crop", "found": found, "signature": one, "original_signature": other}


def measured(*rows: dict[str, Any], width: int = 272) -> list[dict[str, Any]]:
    batch = pa.RecordBatch.from_pylist(list(rows), COUPLES)
    given = list(measurer(width)(iter([batch.slice(0, 1), batch.slice(1)])))
    assert all(part.schema == MEASURED_ROWS for part in given)
    return [row for part in given for row in part.to_pylist()]


def test_each_couple_is_measured() -> None:
    rows = measured(
        couple(1, 2), couple(None, 4, False), couple(5, 5), couple(7, None), couple(8, 9)
    )
    assert [row["distance"] for row in rows] == [
        normalized_distance(LEVELS[1], LEVELS[2]),
        None,
        0.0,
        None,
        normalized_distance(LEVELS[8], LEVELS[9]),
    ]
    assert [row["found"] for row in rows] == [True, False, True, True, True]
    assert {row["transform"] for row in rows} == {"crop"}


def test_two_featureless_ones_have_no_distance() -> None:
    assert not LEVELS[0].any()
    assert measured(couple(0, 0), couple(0, 1))[0]["distance"] is None


def test_nothing_signed_at_all() -> None:
    rows = measured(couple(None, None), couple(None, 3), width=0)
    assert [row["distance"] for row in rows] == [None, None]
    assert np.all([row["found"] for row in rows])
