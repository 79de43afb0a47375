"""The way from signatures to pairs, without Spark: what one partition of each stage does."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching import Model, signature_ids
from matching.rules import word_keys
from tests.unit.matching.examples import Levels, brute_force
from udfs.arrow import binary_column
from udfs.comparing import comparer
from udfs.keys import KEYED_ROWS, exploder

Ids = npt.NDArray[np.uint8]
Pairs = dict[tuple[bytes, bytes], float]


def model_of(rule: str, cutoff: float = 0.45, **fields: object) -> Model:
    """Return a model with small limits."""
    values = {"n": 9, "diagonal_neighbors": True, "max_document_frequency": 5, "group_size": 10}
    return Model(signature_version="v1", rule=rule, cutoff=cutoff, **values | fields)


def hot_words(levels: Levels, limit: int) -> npt.NDArray[np.int64]:
    """Return the words that more than ``limit`` signatures have."""
    keys, counts = np.unique(word_keys(levels), return_counts=True)
    return keys[counts > limit]


def ids_of(levels: Levels) -> Ids:
    """Return the signatures' ids as a matrix."""
    return np.frombuffer(b"".join(signature_ids(levels, "v1")), np.uint8).reshape(-1, 16)


def signature_rows(levels: Levels, ids: Ids) -> pa.RecordBatch:
    """Return rows of the table signatures."""
    columns = [binary_column(ids), binary_column(levels.view(np.uint8))]
    return pa.RecordBatch.from_arrays(columns, ["signature_id", "signature"])


def keyed_rows(levels: Levels, ids: Ids, model: Model) -> pa.Table:
    """Return the join table of one partition, in no order."""
    batches = exploder(model, len(levels))(iter([signature_rows(levels, ids)]))
    return pa.Table.from_batches(list(batches), KEYED_ROWS)


def in_order(rows: pa.Table) -> pa.Table:
    """Sort as Spark does within a partition."""
    return rows.sort_by([(name, "ascending") for name in ("key", "part", "side")]).combine_chunks()


def cut(rows: pa.Table, places: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """Cut rows into batches at these places; a place twice makes an empty batch."""
    edges = [0, *sorted(places), rows.num_rows]
    for start, end in pairwise(edges):
        columns = [column.combine_chunks() for column in rows.slice(start, end - start).columns]
        yield pa.RecordBatch.from_arrays(columns, schema=rows.schema)


def compared(batches: Iterable[pa.RecordBatch], model: Model) -> Pairs:
    """Compare, and check that every pair came once."""
    found = [row for batch in comparer(model)(batches) for row in batch.to_pylist()]
    pairs = {(row["signature_id_a"], row["signature_id_b"]): row["distance"] for row in found}
    assert len(pairs) == len(found), "a pair was found twice"
    return pairs


def expected_pairs(levels: Levels, ids: Ids, cutoff: float) -> Pairs:
    """Return all pairs below the cutoff by brute force, the smaller id first."""
    named = [one.tobytes() for one in ids]
    return {
        (min(named[a], named[b]), max(named[a], named[b])): distance
        for (a, b), distance in brute_force(levels, cutoff).items()
    }


def sharing_an_open_word(pairs: Pairs, levels: Levels, ids: Ids, model: Model) -> Pairs:
    """Return those pairs whose signatures share a word that is not hot."""
    hot = set(model.hot_words.tolist())
    keys = zip(ids, word_keys(levels).tolist(), strict=True)
    open_keys = {one.tobytes(): set(row) - hot for one, row in keys}
    return {pair: d for pair, d in pairs.items() if open_keys[pair[0]] & open_keys[pair[1]]}
