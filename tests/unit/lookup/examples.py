"""A store of made-up signatures, written without Spark."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Content:
    """What a run has of its own.

    Attributes
    ----------
    rules : tuple of str
        Of the model.
    images_of_each : int
        Images of each signature, if ``pictures`` does not tell them.
    metadata : str or None
        Of each image, likewise.
    pictures : sequence of mapping, optional
        An image for each signature: path, and perhaps metadata as JSON.
    settings : mapping, optional
        Of the run.
    version : str
        The signature version that the run names.
    sequence : int
        Its number.
    """

    rules: tuple[str, ...] = ("cells",)
    images_of_each: int = 1
    metadata: str | None = None
    pictures: Sequence[Mapping[str, str | None]] | None = None
    settings: Mapping[str, object] | None = None
    version: str = signature_version()
    sequence: int = 1


def write_store(root: Path, levels: Levels, content: Content | None = None) -> Model:
    """Write a run of a store, as a job would; returns its model."""
    content = content or Content()
    model = model_of(levels, content.rules)
    assert model.codebook is not None
    ids = signature_ids(levels, signature_version())
    met = assign_cells(levels, model.codebook, model.nearest, model.probes)
    count = len(levels)
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
                [row.tobytes() for row in levels[::-1]],
                met.cells[::-1].tolist(),
                [row.tobytes() for row in met.costs[::-1]],
            ],
            schema=CELLS,
        ),
        "images": _images(ids, content),
    }
    for name, table in tables.items():
        write_deltalake(root / name, table, mode="overwrite")
    run = _run(model, dict.fromkeys(tables, content.sequence - 1), content)
    write_deltalake(root / "runs", pa.Table.from_pylist([run], schema=RUNS), mode="append")
    return model


def _run(model: Model, versions: dict[str, int], content: Content) -> dict[str, object]:
    default = {"signature": vars(SignatureParameters())}
    return {
        "run_id": f"run-{content.sequence}",
        "parent": None,
        "sequence": content.sequence,
        "job": "build_index",
        "model_id": model.model_id,
        "cutoff": model.cutoff,
        "settings": json.dumps(default if content.settings is None else dict(content.settings)),
        "counts": [],
        "timings": [],
        "versions": list(versions.items()),
        "signature_version": content.version,
        "code_version": "test",
        "store_format": STORE_FORMAT,
        "committed_at": datetime.now(UTC),
    }


def _write_model(root: Path, model: Model) -> None:
    folder = root / "models" / model.model_id
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in model.files().items():
        (folder / name).write_bytes(content)
        (folder / f".{name}.crc").write_bytes(b"Hadoop's own")


def _images(ids: list[bytes], content: Content) -> pa.Table:
    pictures = content.pictures or [
        {"path": f"/photos/{number}-{copy}.jpg", "metadata": content.metadata}
        for copy in range(content.images_of_each)
        for number in range(len(ids))
    ]
    rows = [
        {
            "image_id": f"id-{number % len(ids)}-{number // len(ids)}",
            "path": picture["path"],
            "status": "signed",
            "signature_id": ids[number % len(ids)],
            "metadata": picture.get("metadata"),
            "run_id": f"run-{content.sequence}",
        }
        for number, picture in enumerate(pictures)
    ]
    failed = {"image_id": "failed", "path": "/photos/failed.jpg", "status": "failed"}
    return pa.Table.from_pylist([*rows, failed], schema=IMAGES)
