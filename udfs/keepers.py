"""The greedy rule on the edges of one range of the ranking."""

from collections.abc import Iterator

import pyarrow as pa
from pyspark import TaskContext

from matching.settling import Edges, Outcome, Range
from udfs.arrow import Batches

SETTLED_ROWS = pa.schema(
    [
        ("kind", pa.int8()),
        ("better", pa.int64()),
        ("worse", pa.int64()),
        ("distance", pa.float64()),
    ]
)
"""An edge, whose kind is `matching.settling.SETTLED` or `EDGE`; or a node, named in ``worse``, of
kind `REMOVED` or `UNDECIDED`, without ``better`` and ``distance``."""


def settle_range(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Decide the range of the ranking that this task was given; see `settle`.

    Parameters
    ----------
    batches : iterator of RecordBatch
        As for `settle`; the first task has the lowest range.

    Yields
    ------
    RecordBatch
        Of `SETTLED_ROWS`.
    """
    task = TaskContext.get()
    yield from settle(batches, lowest=task is not None and task.partitionId() == 0)


def settle(batches: Batches, lowest: bool) -> Iterator[pa.RecordBatch]:
    """Decide a range of the ranking, as far as its edges say.

    Parameters
    ----------
    batches : iterator of RecordBatch
        Edges with ``better``, ``worse``, ``distance`` and ``kept``, ascending by ``worse``.
    lowest : bool
        Whether this is the range of the best; see `matching.settling.Range`.

    Yields
    ------
    RecordBatch
        Of `SETTLED_ROWS`: an edge for each node that is settled, those of the undecided, and
        their nodes.
    """
    part = Range(lowest)
    for batch in batches:
        yield from _rows(part.add(_edges(batch)))
    yield from _rows(part.finish())


def _edges(batch: pa.RecordBatch) -> Edges:
    columns = (batch[name].to_numpy(zero_copy_only=False) for name in Edges._fields)
    return Edges(*columns)


def _rows(outcome: Outcome | None) -> Iterator[pa.RecordBatch]:
    if outcome is None:
        return
    if len(outcome.kind):
        edges = outcome.edges
        columns = [outcome.kind, edges.better, edges.worse, edges.distance]
        yield pa.RecordBatch.from_arrays([pa.array(c) for c in columns], schema=SETTLED_ROWS)
    if len(outcome.nodes):
        nodes = [
            pa.array(outcome.state),
            pa.nulls(len(outcome.nodes), pa.int64()),
            pa.array(outcome.nodes),
            pa.nulls(len(outcome.nodes), pa.float64()),
        ]
        yield pa.RecordBatch.from_arrays(nodes, schema=SETTLED_ROWS)
