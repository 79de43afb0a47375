"""Columns of a table as arrays, without a Python object for each value."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def bytes_matrix(column: pa.ChunkedArray, width: int) -> npt.NDArray[np.uint8]:
    """Copy a binary column whose values all have one length.

    Parameters
    ----------
    column : (n,) binary
        Without nulls.
    width : int
        Bytes of each value.

    Returns
    -------
    (n, width) uint8
        In one piece, ours to write.

    Raises
    ------
    ValueError
        If a value is null or of another length.
    """
    matrix = np.empty((len(column), width), np.uint8)
    at = 0
    for chunk in column.chunks:
        offsets = np.frombuffer(chunk.buffers()[1], np.int32)
        offsets = offsets[chunk.offset : chunk.offset + len(chunk) + 1]
        if chunk.null_count or np.any(np.diff(offsets) != width):
            raise ValueError(f"not all values are of {width} bytes")
        if len(chunk):
            values = np.frombuffer(chunk.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
            matrix[at : at + len(chunk)] = values.reshape(-1, width)
            at += len(chunk)
    return matrix


def int_matrix(column: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    """Copy a column of lists that all have one length.

    Parameters
    ----------
    column : (n,) list of int32
        Without nulls.

    Returns
    -------
    (n, m) int32
        ``m`` is 0 where there are no rows.

    Raises
    ------
    ValueError
        If the lists differ in length, or one is null.
    """
    lengths = pc.unique(pc.list_value_length(column)).to_pylist()
    if not lengths:
        return np.empty((0, 0), np.int32)
    if len(lengths) != 1 or lengths[0] is None:
        raise ValueError("lists of different lengths")
    values = pc.list_flatten(column).to_numpy().astype(np.int32, copy=False)
    matrix: npt.NDArray[np.int32] = values.reshape(len(column), lengths[0])
    return matrix


def rows_of(ids: pa.ChunkedArray, known: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    """Find values among others.

    Parameters
    ----------
    ids : (n,) binary
        What is looked for; a null is found nowhere.
    known : (m,) binary
        Distinct values.

    Returns
    -------
    (n,) int32
        Place among the known ones; -1 where it is not.
    """
    found = pc.fill_null(pc.index_in(ids, value_set=known, skip_nulls=True), -1)
    places: npt.NDArray[np.int32] = found.to_numpy().astype(np.int32, copy=False)
    return places
