"""Compiling ahead what lookup runs, so that nobody's first search has to.

``python -m lookup.kernels`` does for this package what ``python -m udfs.kernels`` does for the
stages of the jobs: it runs what a search runs, on a few rows.
"""

import numpy as np

from lookup.postings import PostingsBuilder
from lookup.scan import near
from matching.cells import Cells

_WIDTH = 272


def compile_all() -> None:
    """Compile what searching a store calls."""
    levels = np.ones((2, _WIDTH), np.int8)
    squares = np.full(2, _WIDTH, np.int32)
    cells, costs = np.zeros((2, 1), np.int32), np.zeros((2, 1), np.uint8)
    rows = np.arange(2, dtype=np.int32)
    builder = PostingsBuilder(1, 2)
    builder.count(cells)
    builder.fill(rows, cells, costs)
    met = builder.built().met_by(Cells(cells[:1], costs[:1]), reach=0)
    near(levels, squares, levels[:1], met, 0.4)


if __name__ == "__main__":
    compile_all()
