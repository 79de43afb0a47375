"""The corpus passes by the newcomers: signatures with cells become pairs, without a shuffle."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.model import Model
from matching.newcomers import STRANGER, Met, Newcomers, Rows
from matching.rules import keys_of
from udfs.arrow import Batches, BatchFunction
from udfs.comparing import counts_batch, pair_batch
from udfs.rows import Ids, Signatures, assigned_signatures

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Company:
    """Newcomers, some of all there are.

    Attributes
    ----------
    signatures : Signatures
        Of these, in the order of their ids.
    first : int
        The place of the first of them among all.
    every_id : (n, 16) uint8
        Of all newcomers, ascending, whom a passing signature does not meet twice; none where the
        newcomers are of another corpus than those that pass.
    """

    signatures: Signatures
    first: int
    every_id: Ids


def newcomer_meeter(model: Model, company: Company, capped: Mapping[int, int]) -> BatchFunction:
    """Return the function that holds passing signatures against newcomers.

    Parameters
    ----------
    model : Model
        Brings the cutoff and the rules.
    company : Company
        Shipped with the function: some 400 bytes a newcomer.
    capped : mapping of int to int
        Key to reach, where that is not the model's common one.

    Returns
    -------
    callable
        From batches of signatures (with cells, where the model has some) to
        `udfs.comparing.FOUND_ROWS`.
    """

    def meet(batches: Batches) -> Iterator[pa.RecordBatch]:
        mine = company.signatures
        newcomers = Newcomers(mine.levels, keys_of(mine.levels, mine.cells, model), company.first)
        meeting = newcomers.meet(model.cutoff, model.reach, capped, model.max_pairs_per_image)
        for batch in batches:
            passing = assigned_signatures(batch, model)
            keyed = keys_of(passing.levels, passing.cells, model)
            rows = Rows(passing.levels, keyed, places_among(company.every_id, passing.ids))
            for met in meeting.pairs(rows):
                yield _batch(met, passing.ids, mine.ids)
        yield counts_batch(meeting.comparisons, meeting.dropped)

    return meet


def places_among(known: Ids, ids: Ids) -> Indices:
    """Find ids in a sorted list of ids.

    Parameters
    ----------
    known : (n, 16) uint8
        Ascending, each once.
    ids : (m, 16) uint8
        Any.

    Returns
    -------
    (m,) int64
        The place of each; `matching.newcomers.STRANGER` for one that is not there.
    """
    heads, tails = _halves(known)
    wanted, rest = _halves(ids)
    places = np.full(len(ids), STRANGER, np.int64)
    at = np.searchsorted(heads, wanted)
    # Ids are hashes: two that begin alike are hardly ever there, but then both are looked at.
    while len(heads):
        alike = (at < len(heads)) & (heads[np.minimum(at, len(heads) - 1)] == wanted)
        if not alike.any():
            break
        hit = alike.copy()
        hit[alike] = tails[at[alike]] == rest[alike]
        places[hit] = at[hit]
        at = at + 1
    return places


def _halves(ids: Ids) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """As numbers whose order is that of the bytes."""
    halves = np.ascontiguousarray(ids).view(">u8").astype(np.uint64).reshape(-1, 2)
    return np.ascontiguousarray(halves[:, 0]), np.ascontiguousarray(halves[:, 1])


def _batch(met: Met, passing: Ids, newcomers: Ids) -> pa.RecordBatch:
    return pair_batch(passing[met.row], newcomers[met.newcomer], met.distance, met.key)
