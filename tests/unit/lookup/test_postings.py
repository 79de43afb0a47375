import numpy as np

from lookup.postings import PostingsBuilder
from matching import Cells

CELLS = np.array([[0, 2], [2, 1], [2, -1]], np.int32)
COSTS = np.array([[10, 20], [5, 60], [90, 255]], np.uint8)


def met(cells: list[list[int]], costs: list[list[int]], reach: int) -> list[int]:
    builder = PostingsBuilder(cells=4, signatures=3)
    builder.count(CELLS[:2])
    builder.count(CELLS[2:])
    builder.fill(np.array([0, 1], np.int32), CELLS[:2], COSTS[:2])
    builder.fill(np.array([2], np.int32), CELLS[2:], COSTS[2:])
    asked = Cells(np.array(cells, np.int32), np.array(costs, np.uint8))
    return sorted(builder.built().met_by(asked, reach).tolist())


def test_who_meets_whom_is_decided_by_the_sum_of_costs() -> None:
    assert met([[2]], [[0]], 100) == [0, 1, 2]
    assert met([[2]], [[10]], 100) == [0, 1, 2]
    assert met([[2]], [[11]], 100) == [0, 1]
    assert met([[2]], [[80]], 100) == [0, 1]
    assert met([[2]], [[81]], 100) == [1]
    assert met([[2]], [[101]], 100) == []


def test_each_comes_once_whatever_cells_and_forms_share() -> None:
    assert met([[0, 2], [2, 1]], [[0, 0], [0, 0]], 200) == [0, 1, 2]
    assert met([[3, -1]], [[0, 0]], 255) == []


def test_without_any_entries() -> None:
    builder = PostingsBuilder(cells=2, signatures=0)
    asked = Cells(np.array([[0, 1]], np.int32), np.zeros((1, 2), np.uint8))
    assert builder.built().met_by(asked, 255).tolist() == []
