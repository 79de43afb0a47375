"""How much a run missed: a sample's neighbours by brute force beside those in ``pairs``."""

import json
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from pyspark.sql import DataFrame

from jobs.errors import LowRecallError
from jobs.run import Run
from jobs.sampling import Compared
from jobs.stages.scan_sample import neighbour_counts
from jobs.summary import table_lines
from matching.audit import EDGES, Audit, Recall, audit_recall

REPORT = "audit.json"

_HEADER = ("distance", "images", "neighbours", "found", "recall per image", "95 %", "by pairs")
_EVERY = "every"


def audit(run: Run, compared: Compared, pairs: DataFrame, max_pairs: int) -> list[str]:
    """Estimate the recall of a run, record it, and warn where it is too low.

    Parameters
    ----------
    run : Run
        The run at work; it ends with `LowRecallError` where recall is below ``min_recall``.
    compared : Compared
        A sample beside the corpus.
    pairs : DataFrame
        The table ``pairs`` of this run.
    max_pairs : int
        Of an image's neighbours so many, the nearest, should be there: the model's bound.

    Returns
    -------
    list of str
        A table to print; empty where the audit is turned off, or there are no pairs to find.
    """
    size = min(run.settings.sample.audited, len(compared.ids))
    edges = _edges(run.settings.cutoff)
    if not size or len(edges) <= 1:
        return []
    with run.stage("auditing recall"):
        sample = compared.ids.head(size).sort_values("asked")
        counted = neighbour_counts(
            compared.matches, run.spark.createDataFrame(sample), pairs, edges, max_pairs
        ).toPandas()
        row = np.searchsorted(sample["asked"], counted["asked"])
        neighbours, found = (np.zeros((size, len(edges) - 1), np.int64) for _ in range(2))
        neighbours[row, counted["bin"]] = counted["neighbours"]
        found[row, counted["bin"]] = counted["found"]
        by_bin = audit_recall(neighbours, found, compared.count)
        every = audit_recall(
            neighbours.sum(axis=1, keepdims=True),
            found.sum(axis=1, keepdims=True),
            compared.count,
        )
        _record(run, size, by_bin, every, edges)
    names = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    rows = [*_rows(names, by_bin), *_rows([_EVERY], every)]
    return [f"audit: {size:,} images compared with all", *table_lines(_HEADER, rows)]


def recall_line(run: Run) -> list[str]:
    """Say in a line how much was found.

    Parameters
    ----------
    run : Run
        Brings the estimates.

    Returns
    -------
    list of str
        Empty where nothing was audited, or nothing was there to find.
    """
    known = run.estimates
    if "recall" not in known:
        return []
    note = f"{known['recall_low']:.1%} to {known['recall_high']:.1%} (95 %), per image"
    return [f"{'recall, audited':<34}{known['recall']:>14.1%}   {note}"]


def _edges(cutoff: float) -> tuple[float, ...]:
    """Ends of the bins of distance up to a cutoff; one end alone makes no bin."""
    return (*(edge for edge in EDGES if edge < cutoff), *([cutoff] if cutoff > 0 else []))


def _record(run: Run, size: int, by_bin: Audit, every: Audit, edges: tuple[float, ...]) -> None:
    report = {
        "images": size,
        "cutoff": run.settings.cutoff,
        "from": edges[:-1],
        "below": edges[1:],
        "by_distance": _plain(by_bin),
        _EVERY: _plain(every),
    }
    path = f"{run.layout.report(run.run_id)}/{REPORT}"
    run.files.write(path, json.dumps(report, indent=1).encode())
    recall = every.per_image
    if np.isnan(recall.value[0]):
        return
    names = ("recall", "recall_low", "recall_high")
    run.estimates |= {name: float(value[0]) for name, value in zip(names, recall, strict=True)}
    for high, value in zip(edges[1:], by_bin.per_image.value, strict=True):
        if not np.isnan(value):
            run.estimates[f"recall.{high:g}"] = float(value)
    least = run.settings.sample.min_recall
    if run.estimates["recall"] < least:
        run.ending = LowRecallError(
            f"recall is {run.estimates['recall']:.1%}, below sample.min_recall ({least:.1%}): "
            "pairs are missing from this run, which is committed; docs/quality.md says what to do"
        )


def _plain(audit: Audit) -> dict[str, object]:
    images, neighbours, found, per_image, by_pairs = audit
    counts = {"images": images, "neighbours": neighbours, "found": found}
    return {
        **{name: values.tolist() for name, values in counts.items()},
        "per_image": _bounds(per_image),
        "by_pairs": _bounds(by_pairs),
    }


def _bounds(recall: Recall) -> dict[str, list[float | None]]:
    """What is not known is null: JSON has no NaN."""
    return {
        name: [None if np.isnan(v) else float(v) for v in values]
        for name, values in recall._asdict().items()
    }


def _rows(names: list[str], audit: Audit) -> Iterator[tuple[str, ...]]:
    for i, name in enumerate(names):
        counts = (audit.images[i], audit.neighbours[i], audit.found[i])
        value, low, high = (bound[i] for bound in audit.per_image)
        by_pairs = audit.by_pairs.value[i]
        if np.isnan(value):
            yield (name, *(f"{count:,}" for count in counts), "-", "-", "-")
        else:
            shares = (f"{value:.1%}", f"{low:.1%} to {high:.1%}", f"{by_pairs:.1%}")
            yield (name, *(f"{count:,}" for count in counts), *shares)
