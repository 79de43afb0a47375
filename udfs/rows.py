"""The packed row: all that a comparison needs of a signature, in one binary value.

16 bytes of id, a third of a byte a level, then 4 bytes and 1 byte for each cell and its cost.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.cells import Cells
from matching.identity import SIGNATURE_ID_BYTES
from matching.model import CELLS, Model
from signature.packing import LEVELS_PER_BYTE, pack_levels, unpack_levels
from udfs.arrow import fixed_bytes

Ids = npt.NDArray[np.uint8]
Bytes = npt.NDArray[np.uint8]

CELL_BYTES = 4


class Signatures(NamedTuple):
    """Some signatures with what is known of them.

    Attributes
    ----------
    ids : (n, 16) uint8
        Signature ids.
    levels : (n, w) int8
        Compact signatures.
    cells : Cells or None
        Their cells, where these are a rule.
    """

    ids: Ids
    levels: npt.NDArray[np.int8]
    cells: Cells | None


def assigned_signatures(batch: pa.RecordBatch, model: Model) -> Signatures:
    """Read rows of a signature table with cells.

    Parameters
    ----------
    batch : RecordBatch
        ``signature_id``, ``signature``, and ``cells`` and ``costs`` where cells are a rule.
    model : Model
        Says how long they are.

    Returns
    -------
    Signatures
        Views where Arrow's buffers allow it.
    """
    ids = fixed_bytes(batch["signature_id"], SIGNATURE_ID_BYTES)
    levels = fixed_bytes(batch["signature"], model.width).view(np.int8)
    return Signatures(ids, levels, cells_of(batch, model) if CELLS in model.rules else None)


def cells_of(batch: pa.RecordBatch, model: Model) -> Cells:
    """Read the cells of signatures.

    Parameters
    ----------
    batch : RecordBatch
        ``cells`` and ``costs``.
    model : Model
        Says how many a signature has.

    Returns
    -------
    Cells
        Views where Arrow's buffers allow it.
    """
    costs = fixed_bytes(batch["costs"], model.nearest)
    cells = batch["cells"].flatten().to_numpy().astype(np.int32, copy=False)
    return Cells(cells.reshape(-1, model.nearest), costs)


def packed_rows(signatures: Signatures) -> Bytes:
    """Pack signatures into one value each.

    Parameters
    ----------
    signatures : Signatures
        ``n`` of them.

    Returns
    -------
    (n, b) uint8
        167 bytes with 12 cells, 107 without.
    """
    parts = [signatures.ids, pack_levels(signatures.levels)]
    if signatures.cells is not None:
        cells = np.ascontiguousarray(signatures.cells.cells, "<i4")
        parts += [cells.view(np.uint8), signatures.cells.costs]
    return np.concatenate(parts, axis=1)


def unpacked_rows(packed: Bytes, model: Model) -> Signatures:
    """Read what `packed_rows` made.

    Parameters
    ----------
    packed : (n, b) uint8
        Packed rows.
    model : Model
        The same one.

    Returns
    -------
    Signatures
        Equal to those that were packed.
    """
    after_levels = SIGNATURE_ID_BYTES + -(-model.width // LEVELS_PER_BYTE)
    ids = packed[:, :SIGNATURE_ID_BYTES]
    levels = unpack_levels(packed[:, SIGNATURE_ID_BYTES:after_levels], model.width)
    if CELLS not in model.rules:
        return Signatures(ids, levels, None)
    after_cells = after_levels + CELL_BYTES * model.nearest
    cells = np.ascontiguousarray(packed[:, after_levels:after_cells]).view("<i4")
    return Signatures(ids, levels, Cells(cells, packed[:, after_cells:]))


def row_bytes(model: Model) -> int:
    """Return the length of a packed row.

    Parameters
    ----------
    model : Model
        Says what is in it.

    Returns
    -------
    int
        Bytes.
    """
    cells = (CELL_BYTES + 1) * model.nearest if CELLS in model.rules else 0
    return SIGNATURE_ID_BYTES + -(-model.width // LEVELS_PER_BYTE) + cells
