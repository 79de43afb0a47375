"""Signatures find each other: keys, buckets, exact comparison, keepers. Pure; no Spark.

`matching.fitting` is not imported here: it needs faiss, and only the driver fits.
"""

from matching.cells import Cells, assign_cells
from matching.codebook import Codebook
from matching.compare import compare_bucket
from matching.errors import MatchingError
from matching.greedy import greedy_removals
from matching.identity import signature_ids
from matching.model import Model, WordStatistics
from matching.rules import keys_of

__all__ = [
    "Cells",
    "Codebook",
    "MatchingError",
    "Model",
    "WordStatistics",
    "assign_cells",
    "compare_bucket",
    "greedy_removals",
    "keys_of",
    "signature_ids",
]
