"""Compiling ahead all that executors will run, so that no worker has to.

``python -m udfs.kernels`` leaves the machine code where `signature.kernel_cache` keeps it. It runs
what the stages run, on a few rows: so it is the same machine code, for the same kinds of arrays.
"""

import numpy as np
import pyarrow as pa

from matching.model import EXHAUSTIVE, WORDS, Model
from signature import SignatureParameters, sign_pixels, signature_version
from signature.alpha import over_ground
from udfs.answers import warm_up
from udfs.comparing import comparer
from udfs.keepers import remove_greedily
from udfs.keys import exploder

_WIDTH = 272


def compile_all() -> None:
    """Compile what signing, comparing and choosing keepers call."""
    warm_up(SignatureParameters())
    clear = np.zeros((16, 16, 4), np.uint8)
    sign_pixels(over_ground(clear, (255, 255, 255)))
    for rule in (WORDS, EXHAUSTIVE):
        _compare(rule)
    edges = pa.RecordBatch.from_pydict({"better": [b"a"], "worse": [b"b"]})
    list(remove_greedily([edges]))


def _compare(rule: str) -> None:
    model = Model(signature_version(), 9, True, rule, 0.4, 500, 4096)
    levels = np.random.default_rng(1).integers(-2, 3, _WIDTH).astype(np.int8).tobytes()
    ids = [bytes(16), bytes([1] * 16)]  # two equal signatures: a pair
    batch = pa.RecordBatch.from_pydict({"signature_id": ids, "signature": [levels] * 2})
    keyed = pa.Table.from_batches(exploder(model, 2)([batch]))
    ordered = keyed.sort_by([(name, "ascending") for name in ("key", "part", "side")])
    list(comparer(model)(ordered.to_batches()))


if __name__ == "__main__":
    compile_all()
