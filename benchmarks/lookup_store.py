"""A store of a corpus, written without Spark: the tables that a search in it reads."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from deltalake import write_deltalake

from benchmarks.signature_file import Corpus
from matching import Model, assign_cells, signature_ids
from signature import SignatureParameters
from store.schemas import CELLS, IMAGES, RUNS, SIGNATURES, SIGNED, STORE_FORMAT

_TABLES: Final = ("signatures", "cells", "images")
_AT_ONCE: Final = 100_000
_PROJECT: Final = Path(__file__).resolve().parent.parent


_OPENING = """
import json, sys, time
from lookup import SignatureStore
def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(name))
store = SignatureStore(sys.argv[1])
before, start = memory("VmRSS"), time.perf_counter()
store.refresh()
print(json.dumps({
    "opening_s": time.perf_counter() - start,
    "opened_mb": memory("VmRSS") - before,
    "opening_mb": memory("VmHWM") - before,
}))
"""


def opening(root: Path) -> dict[str, float]:
    """Open a store in a process of its own.

    Parameters
    ----------
    root : Path
        What `write_store` wrote.

    Returns
    -------
    dict of str to float
        ``opening_s``; ``opened_mb``, what the process then has more than before; ``opening_mb``,
        the most that it had on the way.
    """
    ended = subprocess.run(
        [sys.executable, "-c", _OPENING, root],
        cwd=_PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(ended.stdout)
    return found


def write_store(root: Path, corpus: Corpus, model: Model) -> None:
    """Write one run.

    Parameters
    ----------
    root : Path
        An empty folder.
    corpus : Corpus
        One image a signature, its row as id.
    model : Model
        Of the run.
    """
    _write_model(root / "models" / model.model_id, model)
    parts = range(0, len(corpus), _AT_ONCE)
    for start in parts:
        _write_part(root, corpus, model, slice(start, start + _AT_ONCE))
    run = {
        "run_id": "benchmark",
        "sequence": 1,
        "job": "benchmark",
        "model_id": model.model_id,
        "cutoff": model.cutoff,
        "settings": json.dumps({"signature": vars(SignatureParameters())}),
        "counts": [],
        "timings": [],
        "versions": [(name, len(parts) - 1) for name in _TABLES],
        "signature_version": model.signature_version,
        "code_version": "benchmark",
        "store_format": STORE_FORMAT,
        "committed_at": datetime.now(UTC),
    }
    write_deltalake(root / "runs", pa.Table.from_pylist([run], schema=RUNS))


def _write_model(folder: Path, model: Model) -> None:
    folder.mkdir(parents=True)
    for name, content in model.files().items():
        (folder / name).write_bytes(content)


def _write_part(root: Path, corpus: Corpus, model: Model, rows: slice) -> None:
    assert model.codebook is not None
    levels = corpus.levels[rows]
    ids = signature_ids(levels, model.signature_version)
    met = assign_cells(levels, model.codebook, model.nearest, model.probes)
    count = len(levels)
    packed = [row.tobytes() for row in levels]
    nothing = {field.name: pa.nulls(count, field.type) for field in IMAGES}
    images = nothing | {
        "image_id": [str(row) for row in range(rows.start, rows.start + count)],
        "path": list(corpus.paths[rows]),
        "status": [SIGNED] * count,
        "signature_id": ids,
    }
    tables = {
        "signatures": [ids, packed, [model.signature_version] * count],
        "cells": [
            [model.model_id] * count,
            ids,
            packed,
            list(met.cells.astype(np.int32)),
            [row.tobytes() for row in met.costs],
        ],
        "images": [images[field.name] for field in IMAGES],
    }
    schemas = {"signatures": SIGNATURES, "cells": CELLS, "images": IMAGES}
    for name, columns in tables.items():
        table = pa.table(columns, schema=schemas[name])
        write_deltalake(root / name, table, mode="append")
