"""Arrow columns as numpy arrays and back, without a Python object per row."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Batches = Iterable[pa.RecordBatch]
BatchFunction = Callable[[Batches], Iterator[pa.RecordBatch]]
"""What Spark's ``mapInArrow`` takes."""


def fixed_bytes(column: pa.Array, width: int) -> npt.NDArray[np.uint8]:
    """View a binary column whose values all have one length as a matrix.

    Parameters
    ----------
    column : (n,) binary array
        Without nulls.
    width : int
        Length of every value, in bytes.

    Returns
    -------
    (n, width) uint8
        A view where Arrow's buffer allows it; do not write to it.

    Raises
    ------
    ValueError
        If a value is null or has another length.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    offsets = np.frombuffer(column.buffers()[1], np.int32)
    offsets = offsets[column.offset : column.offset + len(column) + 1]
    if column.null_count or np.any(np.diff(offsets) != width):
        raise ValueError(f"expected {width} bytes in every row")
    values = np.frombuffer(column.buffers()[2] or b"", np.uint8)
    return values[offsets[0] : offsets[0] + len(column) * width].reshape(len(column), width)


def binary_column(values: npt.NDArray[np.uint8]) -> pa.Array:
    """Make a binary column from the rows of a matrix.

    Parameters
    ----------
    values : (n, width) uint8
        One row a value; fewer than 2 GiB in all.

    Returns
    -------
    (n,) binary array
        Without nulls.
    """
    count, width = values.shape
    offsets = np.arange(count + 1, dtype=np.int32) * width
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(pa.binary(), count, buffers)
