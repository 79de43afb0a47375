"""Signatures get their cells."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from matching.cells import assign_cells
from matching.model import Model
from udfs.arrow import Batches, BatchFunction, binary_column, fixed_bytes

ASSIGNED_ROWS = pa.schema(
    [
        ("signature_id", pa.binary()),
        ("signature", pa.binary()),
        ("cells", pa.list_(pa.int32())),
        ("costs", pa.binary()),
    ]
)
"""One row a signature: its nearest cells, nearest first, and a byte of cost for each."""


def assigner(model: Model) -> BatchFunction:
    """Return the function that finds the cells of signatures.

    Parameters
    ----------
    model : Model
        Brings the codebook.

    Returns
    -------
    callable
        From batches with ``signature_id`` and ``signature`` to `ASSIGNED_ROWS`, row for row.
    """
    codebook = model.codebook
    if codebook is None:
        raise ValueError("this model has no cells")

    def assign(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            levels = fixed_bytes(batch["signature"], model.width).view(np.int8)
            cells, costs = assign_cells(levels, codebook, model.nearest, model.probes)
            ends = np.arange(len(cells) + 1, dtype=np.int32) * model.nearest
            lists = pa.ListArray.from_arrays(pa.array(ends), pa.array(cells.ravel()))
            columns = [batch["signature_id"], batch["signature"], lists, binary_column(costs)]
            yield pa.RecordBatch.from_arrays(columns, schema=ASSIGNED_ROWS)

    return assign
