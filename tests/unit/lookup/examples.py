"""A store of made-up signatures, written without Spark."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import write_deltalake

from matching import Model, assign_cells, signature_ids
from matching.fitting import fit_codebook
from signature import SignatureParameters, signature_version
from signature.levels import Levels
from store.schemas import CELLS, IMAGES, RUNS, SIGNATURES, STORE_FORMAT

WIDTH = 272


def random_levels(count: int, seed: int = 1) -> Levels:
    """Return distinct signatures."""
    return np.random.default_rng(seed).integers(-2, 3, (count, WIDTH)).astype(np.int8)


def near_copies(levels: Levels, changed: int, seed: int = 2) -> Levels:
    """Return the same with some levels changed."""
    copies = levels.copy()
    rng = np.random.default_rng(seed)
    for row in copies:
        row[rng.choice(WIDTH, changed, replace=False)] = 0
    return copies


def model_of(levels: Levels, rules: tuple[str, ...], cells: int = 8) -> Model:
    """Return a model that is fitted to signatures."""
    return Model(
        signature_version=signature_version(),
        n=9,
        diagonal_neighbors=True,
        rules=rules,
        cutoff=0.4,
        fitted_to=len(levels),
        nearest=4,
        codebook=fit_codebook(levels, cells, 1),
    )


def write_store(
    root: Path,
    levels: Levels,
    rules: tuple[str, ...] = ("cells",),
    images_of_each: int = 1,
    metadata: str | None = None,
    settings: dict[str, object] | None = None,
    version: str | None = None,
    sequence: int = 1,
) -> Model:
    """Write a run of a store, as a job would; returns its model."""
    model = model_of(levels, rules)
    ids = signature_ids(levels, signature_version())
    met = assign_cells(levels, model.codebook, model.nearest, model.probes)
    count, run_id = len(levels), f"run-{sequence}"
    _write_model(root, model)
    tables = {
        "signatures": pa.table(
            [ids, [row.tobytes() for row in levels], [signature_version()] * count],
            schema=SIGNATURES,
        ),
        # In another order than the signatures, as a cluster leaves them.
        "cells": pa.table(
            [
                [model.model_id] * count,
                ids[::-1],
                met.cells[::-1].tolist(),
                [row.tobytes() for row in met.costs[::-1]],
            ],
            schema=CELLS,
        ),
        "images": _images(ids, images_of_each, metadata, run_id),
    }
    versions = {}
    for name, table in tables.items():
        write_deltalake(root / name, table, mode="overwrite")
        versions[name] = sequence - 1
    given = {"signature": vars(SignatureParameters())} if settings is None else settings
    run = {
        "run_id": run_id,
        "parent": None,
        "sequence": sequence,
        "job": "build_index",
        "model_id": model.model_id,
        "cutoff": model.cutoff,
        "settings": json.dumps(given),
        "counts": [],
        "timings": [],
        "versions": list(versions.items()),
        "signature_version": version or signature_version(),
        "code_version": "test",
        "store_format": STORE_FORMAT,
        "committed_at": datetime.now(UTC),
    }
    write_deltalake(root / "runs", pa.Table.from_pylist([run], schema=RUNS), mode="append")
    return model


def _write_model(root: Path, model: Model) -> None:
    folder = root / "models" / model.model_id
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in model.files().items():
        (folder / name).write_bytes(content)
        (folder / f".{name}.crc").write_bytes(b"Hadoop's own")


def _images(ids: list[bytes], each: int, metadata: str | None, run_id: str) -> pa.Table:
    rows = [
        {
            "image_id": f"id-{number}-{copy}",
            "path": f"/photos/{number}-{copy}.jpg",
            "status": "signed",
            "signature_id": signature_id,
            "metadata": metadata,
            "run_id": run_id,
        }
        for copy in range(each)
        for number, signature_id in enumerate(ids)
    ]
    failed = {"image_id": "failed", "path": "/photos/failed.jpg", "status": "failed"}
    return pa.Table.from_pylist([*rows, failed], schema=IMAGES)
