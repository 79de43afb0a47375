"""Products of blocks give the pairs of the rows and columns that were asked for."""

import numpy as np
import pytest

from benchmarks import blocks
from benchmarks.blocks import Blocks
from benchmarks.extended_rows import side
from signature import distances

from .examples import signatures


@pytest.mark.parametrize("columns", [range(3, 17), range(5, 6), range(8, 60), range(7, 7)])
def test_a_strip_ends_where_its_columns_end(
    monkeypatch: pytest.MonkeyPatch, columns: range
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 8)
    left, right = signatures(50), signatures(80)
    strip = Blocks(side(left), side(right), 0.71, triangle=False).of_strip(16, columns)
    found = {
        (int(a), int(b)): distance for hits in strip for a, b, distance in zip(*hits, strict=True)
    }
    apart = distances(left, right)
    assert found == {
        (a, b): apart[a, b] for a in range(16, 24) for b in columns if apart[a, b] < 0.71
    }
    assert bool(found) == bool(columns)


def test_whole_numbers_of_the_product_decide_at_the_margin() -> None:
    levels = signatures(60)
    apart = distances(levels, levels)
    cutoff = float(np.sort(apart[np.triu_indices(len(apart), 1)])[20])
    found = Blocks(side(levels), side(levels), cutoff, triangle=True).of_strip(0, range(60))
    assert sum(len(hits.a) for hits in found) == 20


@pytest.mark.parametrize("place", [0, 1, 126, 127, 128, 255, 256, 298, 299])
def test_a_pair_is_found_wherever_it_lies(place: int) -> None:
    wanted, others = np.zeros((2, 1, 272), np.int8)
    wanted[:, :100], others[:, 100:] = 1, 1
    columns = np.repeat(others, 300, axis=0)
    columns[place] = wanted
    strip = Blocks(side(wanted), side(columns), 0.3, triangle=False).of_strip(0, range(300))
    assert [(hits.a.tolist(), hits.b.tolist()) for hits in strip] == [([0], [place])]
