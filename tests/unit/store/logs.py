"""Small stores, written by the deltalake package."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from store.schemas import CLUSTERS, RUNS, STORE_FORMAT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OTHER_TABLES = {"images": 0, "signatures": 0, "pairs": 0}


def run_row(sequence: int, clusters: int = 0, **changed: object) -> dict[str, Any]:
    """Return one row of the log; a later run has an earlier clock here."""
    row = {
        "run_id": f"run-{sequence}",
        "parent": f"run-{sequence - 1}" if sequence > 1 else None,
        "sequence": sequence,
        "job": "build_index",
        "model_id": "00ff",
        "cutoff": 0.4,
        "settings": '{"cutoff": 0.4, "matching": {"rules": "auto"}}',
        "counts": {"images": 10 * sequence},
        "timings": {"signing": 1.5},
        "versions": {**OTHER_TABLES, "clusters": clusters},
        "signature_version": "v1",
        "code_version": "0.1.0",
        "store_format": STORE_FORMAT,
        "committed_at": NOON - timedelta(hours=sequence),
    }
    return row | changed


def write_log(root: Path, *rows: dict[str, Any]) -> None:
    """Commit rows to the run log, one after the other."""
    for row in rows:
        write_deltalake(root / "runs", pa.Table.from_pylist([row], RUNS), mode="append")


def write_clusters(root: Path, *image_ids: str) -> None:
    """Commit a new version of the table clusters."""
    rows = [{"image_id": image_id, "role": "keep"} for image_id in image_ids]
    write_deltalake(root / "clusters", pa.Table.from_pylist(rows, CLUSTERS), mode="overwrite")


def three_runs(root: Path) -> Path:
    """Make a store of three runs, committed 2, 1, 3; a fourth died before its commit."""
    for image_ids in (["a"], ["a", "b"], ["a", "b", "c"], ["dead"]):
        write_clusters(root, *image_ids)
    write_log(root, run_row(2, 1), run_row(1, 0), run_row(3, 2))
    return root
