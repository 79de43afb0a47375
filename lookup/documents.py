"""A record becomes a document of an index, with what its mapping has room for."""

import base64
from datetime import datetime
from typing import Any, Final

import numpy as np

from lookup.index_facts import IndexFacts
from lookup.records import Record, levels_of
from matching.cells import assign_cells
from signature import SignatureParameters, compact, pack_levels

_OF_FULL_INDICES: Final = ("signature", "timestamp")

_ADDED: Final = "added"
"""Tells a backfill that no store has this document."""


def document_of(
    record: Record, facts: IndexFacts, parameters: SignatureParameters, now: datetime
) -> dict[str, Any]:
    """Make the document of a record.

    Parameters
    ----------
    record : dict
        What `lookup.records.make_record` returns.
    facts : IndexFacts
        Of the index that it is for.
    parameters : SignatureParameters
        Of the signature.
    now : datetime
        Its timestamp.

    Returns
    -------
    dict
        In an index of image-match's making, what image-match would write.
    """
    document: dict[str, Any] = {**record, "timestamp": now.isoformat(timespec="milliseconds")}
    if not facts.packed:
        return document
    for name in _OF_FULL_INDICES:
        if name not in facts.fields:
            del document[name]
    full = levels_of(record)
    levels = compact(full, parameters.n, parameters.diagonal_neighbors)
    document["sig"] = base64.b64encode(pack_levels(levels).tobytes()).decode()
    if _ADDED in facts.fields:  # not in indices of older versions
        document[_ADDED] = True
    model = facts.model
    if model is not None and model.codebook is not None:
        found = assign_cells(levels[np.newaxis], model.codebook, model.nearest, model.probes)
        document["cells"] = [int(cell) for cell in found.cells[0] if cell >= 0]
    return document
