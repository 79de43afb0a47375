import os
from pathlib import Path

import pyarrow as pa
from pyspark.sql.pandas.types import to_arrow_schema

from fetch.pattern import EVERYTHING
from jobs.sources import LISTING
from udfs.listing import LISTING_ARROW, ListingRow, list_subtrees, listing_batches


def test_the_two_spellings_of_the_schema_agree() -> None:
    assert to_arrow_schema(LISTING).equals(LISTING_ARROW)
    assert tuple(LISTING.names) == ListingRow._fields


def test_subtrees_become_rows(tmp_path: Path) -> None:
    for name in ("a/1", "b/2", "b/c/3"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"xyz")
    units = pa.record_batch(
        {
            "folder": [os.fsencode(tmp_path / "a"), os.fsencode(tmp_path / "b")],
            "states": pa.array([sorted(EVERYTHING.start)] * 2, pa.list_(pa.int32())),
            "deep": [True, False],
        }
    )
    (batch,) = list_subtrees([units], EVERYTHING)
    assert batch.schema == LISTING_ARROW
    assert batch.column("path").to_pylist() == [f"{tmp_path}/a/1", f"{tmp_path}/b/2"]
    assert batch.column("bytes").to_pylist() == [3, 3]
    assert batch.column("reason").null_count == 2


def test_batches_are_bounded_and_drawn_as_needed() -> None:
    drawn = 0

    def rows() -> object:
        nonlocal drawn
        for _ in range(25_000):
            drawn += 1
            yield ListingRow(None, "p", None, 1, None, None)

    batches = listing_batches(rows())
    assert next(batches).num_rows == 10_000
    assert drawn == 10_000
    assert sum(batch.num_rows for batch in batches) == 15_000
    assert list(listing_batches([])) == []
