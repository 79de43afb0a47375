"""The greedy rule on all edges that one task was given."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from matching.greedy import greedy_removals
from udfs.arrow import Batches

REMOVED_ROWS = pa.schema([("signature_id", pa.binary())])


def remove_greedily(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Yield the signatures that the greedy rule removes.

    Parameters
    ----------
    batches : iterator of RecordBatch
        Edges with ``better`` and ``worse`` signature ids, sorted by the rank of ``better``.
        All of them are held at once: about 100 bytes an edge.

    Yields
    ------
    RecordBatch
        Of `REMOVED_ROWS`, each signature once.
    """
    edges = list(batches)
    if not edges:
        return
    table = pa.Table.from_batches(edges)
    ends = pa.chunked_array([*table["better"].chunks, *table["worse"].chunks])
    encoded = ends.combine_chunks().dictionary_encode()
    nodes = encoded.indices.to_numpy().astype(np.int64)
    removed = greedy_removals(
        nodes[: table.num_rows], nodes[table.num_rows :], len(encoded.dictionary)
    )
    gone = encoded.dictionary.filter(pa.array(removed))
    yield pa.RecordBatch.from_arrays([gone], schema=REMOVED_ROWS)
