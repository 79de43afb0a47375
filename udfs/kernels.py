"""Compiling ahead all that executors will run, so that no worker has to.

``python -m udfs.kernels`` leaves the machine code where `signature.kernel_cache` keeps it. It runs
what the stages run, on a few rows: so it is the same machine code, for the same kinds of arrays.
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from matching.calibration import (
    Ranked,
    calibrate,
    concatenated,
    known_graph,
    matches_in_block,
    rivals_in_block,
)
from matching.codebook import RADIUS, Codebook
from matching.model import RULES, Model
from signature import SignatureParameters, sign_pixels, signature_version
from signature.alpha import over_ground
from udfs.answers import warm_up
from udfs.arrow import binary_column
from udfs.assigning import assigner
from udfs.comparing import comparer
from udfs.counting import EveryKey, key_counter
from udfs.keepers import remove_greedily
from udfs.keys import exploder

_WIDTH = 272


def compile_all() -> None:
    """Compile what signing, comparing and choosing keepers call."""
    warm_up(SignatureParameters())
    clear = np.zeros((16, 16, 4), np.uint8)
    sign_pixels(over_ground(clear, (255, 255, 255)))
    for rule in RULES:
        _compare(rule)
    _calibrate()
    edges = pa.RecordBatch.from_pydict({"better": [b"a"], "worse": [b"b"]})
    list(remove_greedily([edges]))


def _calibrate() -> None:
    levels = np.random.default_rng(1).integers(-2, 3, (2, _WIDTH)).astype(np.int8)
    levels[1] = levels[0]
    ranked = Ranked(levels, np.arange(2))
    found = matches_in_block(ranked, ranked)
    calibrate(
        known_graph(ranked.rank, 2, concatenated([found, rivals_in_block(ranked, ranked)])), 1
    )


def _compare(rule: str) -> None:
    levels = np.random.default_rng(1).integers(-2, 3, (2, _WIDTH)).astype(np.int8)
    levels[1] = levels[0]  # two equal signatures: a pair
    # Two coarse cells, of which one is looked into: the way of a large codebook.
    ends = np.array([0, 1, 2], np.int64)
    vectors = np.eye(2, dtype=np.float32) * RADIUS
    components = np.eye(_WIDTH, 2, dtype=np.float32)
    codebook = Codebook(components, vectors, vectors, ends)
    small = Model(signature_version(), 9, True, (rule,), 0.4, nearest=1, probes=1)
    model = replace(small, codebook=codebook)
    table = pa.RecordBatch.from_arrays(
        [pa.array([bytes(16), bytes([1] * 16)]), binary_column(levels.view(np.uint8))],
        ["signature_id", "signature"],
    )
    assigned = list(assigner(model)([table]))
    list(key_counter(model.light(), EveryKey(1))(assigned))
    keyed = pa.Table.from_batches(exploder(model.light(), {})(assigned))
    ordered = keyed.sort_by([(name, "ascending") for name in ("key", "part", "side", "cost")])
    list(comparer(model.light(), {})(ordered.to_batches()))


if __name__ == "__main__":
    compile_all()
