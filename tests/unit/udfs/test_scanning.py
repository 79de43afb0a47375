"""A sample beside blocks of the corpus, as a worker compares them."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from matching.calibration import Matches, Ranked, matches_in_block, rivals_in_block
from tests.unit.matching.examples import signatures
from udfs import scanning
from udfs.arrow import BatchFunction, binary_column
from udfs.scanning import MATCH_ROWS, RANKED_ROWS, rival_scanner, sample_scanner

GRID = (9, True)
CEILING = 0.45
LEVELS = signatures(600)
COUNT = len(LEVELS)
RANKS = np.random.default_rng(3).permutation(10 * COUNT)[:COUNT].astype(np.int64)
IDS = np.random.default_rng(4).integers(0, 256, (COUNT, 16)).astype(np.uint8)
EVERY = Ranked(LEVELS, RANKS)
MANY = 10_000

Row = tuple[int, int, bytes, float, float, float, int]


def asked(rows: slice) -> Ranked:
    return Ranked(LEVELS[rows], RANKS[rows])


def batches(order: npt.NDArray[np.int64], size: int) -> list[pa.RecordBatch]:
    columns = [
        pa.array(RANKS[order]),
        binary_column(IDS[order]),
        binary_column(np.ascontiguousarray(LEVELS[order]).view(np.uint8)),
    ]
    return pa.Table.from_arrays(columns, schema=RANKED_ROWS).to_batches(size)


def scanned(scanner: BatchFunction, parts: int = 1, size: int = 100) -> tuple[list[Row], int]:
    """All matches, in order, and how many were found, over so many partitions."""
    order = np.random.default_rng(parts).permutation(COUNT)
    found = [b for part in np.array_split(order, parts) for b in scanner(batches(part, size))]
    table = pa.Table.from_batches(found, MATCH_ROWS).to_pylist()
    counts = [row["found"] for row in table if row["asked"] is None]
    assert len(counts) == parts
    rows = [tuple(row.values())[:-1] for row in table if row["asked"] is not None]
    return sorted(rows), sum(counts)


def expected(matches: Matches) -> list[Row]:
    row_of = {int(rank): row for row, rank in enumerate(RANKS)}
    return sorted(
        (*ends, IDS[row_of[ends[1]]].tobytes(), *rest)  # type: ignore[misc]
        for *ends, rest in (
            (int(m[0]), int(m[1]), tuple(v.item() for v in m[2:]))
            for m in zip(*matches, strict=True)
        )
    )


@pytest.mark.parametrize("parts", [1, 3])
def test_matches_come_with_the_ids_of_the_others_whatever_the_partitions(parts: int) -> None:
    rows, found = scanned(sample_scanner(asked(slice(50)), CEILING, GRID, MANY), parts)
    assert rows == expected(matches_in_block(asked(slice(50)), EVERY, CEILING))
    assert found == len(rows) > 50


def test_small_batches_are_compared_in_larger_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    compare = scanning.matches_in_block

    def counted(asked: Ranked, block: Ranked, *rest: object) -> Matches:
        sizes.append(len(block.rank))
        return compare(asked, block, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(scanning, "matches_in_block", counted)
    monkeypatch.setattr(scanning, "_BLOCK_ROWS", 250)
    scanned(sample_scanner(asked(slice(5)), CEILING, GRID, MANY), size=100)
    assert sizes == [300, 300]


def test_rivals_are_better_ranked(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, _ = scanned(rival_scanner(asked(slice(80)), CEILING, MANY), 2)
    assert rows == expected(rivals_in_block(asked(slice(80)), EVERY, CEILING))
    assert all(other < asked for asked, other, *_ in rows)
    assert len(rows) > 50


@pytest.mark.parametrize("held", [1, 200_000])
def test_only_the_nearest_are_kept_and_all_are_counted(
    held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    every, _ = scanned(sample_scanner(asked(slice(COUNT)), 0.6, GRID, MANY))
    monkeypatch.setattr(scanning, "_HELD", held)
    monkeypatch.setattr(scanning, "_BLOCK_ROWS", 100)
    rows, found = scanned(sample_scanner(asked(slice(COUNT)), 0.6, GRID, 3))
    assert found == len(every) > len(rows)
    nearest: dict[int, list[Row]] = {}
    for row in sorted(every, key=lambda row: (min(row[3:6]), row[1])):
        nearest.setdefault(row[0], []).append(row)
    assert rows == sorted(row for some in nearest.values() for row in some[:3])


def test_an_empty_partition_finds_nothing() -> None:
    (batch,) = sample_scanner(asked(slice(5)), CEILING, GRID, MANY)([])
    assert batch.to_pylist() == [{**dict.fromkeys(MATCH_ROWS.names), "found": 0}]
