"""Nights over signatures that are given, without pictures: the stages of a job, and an oracle."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from jobs.grouping import choose_keepers
from jobs.model import Distinct, save_model
from jobs.newcoming import search_newcomers
from jobs.progress import Progress
from jobs.refitting import living_corpus, plan_anew
from jobs.run import Run
from jobs.searching import plan_pairs, search_pairs
from jobs.settings import read_settings
from jobs.signing import Corpus
from jobs.stages.schema import spark_schema
from jobs.turning import stored_model, turn_over
from matching import Model, assign_cells, keys_of, signature_ids
from matching.caps import planned
from matching.rules import REMOVED, reach_of
from signature import distances, signature_version
from store.schemas import IMAGES, SIGNATURES, SIGNED
from tests.unit.matching.examples import signatures

LEVELS = signatures(400)[1:]  # the first is featureless, which a run never compares
VERSION = signature_version()
IDS = signature_ids(LEVELS, VERSION)

Pairs = dict[tuple[bytes, bytes], float]
Images = Mapping[str, int]
"""Which picture, a row of `LEVELS`, each image shows."""

_IMAGE_AND_SIGNATURE = pa.schema([*IMAGES, ("signature", pa.binary())])


class Found(NamedTuple):
    """What a run wrote."""

    pairs: Pairs
    clusters: list[tuple[object, ...]]
    counts: dict[str, int]


class Nights:
    """One store, and what a job does to it."""

    def __init__(self, spark: SparkSession, root: Path, settings: Mapping[str, object]) -> None:
        self._spark, self._root = spark, root
        self._settings = read_settings(None, settings)
        root.mkdir(parents=True)

    def build(self, images: Images, model: Model | None = None) -> tuple[Found, Model]:
        """Search all with all, under a model if one is given."""
        with self._run() as run:
            rows = self._images(images)
            run.write("images", rows.drop("signature"))
            shown = sorted(set(images.values()))
            table = run.write("signatures", self._signatures(shown))
            if model:
                save_model(model, run.layout, run.files)
            distinct = Distinct(table, len(shown), VERSION)
            search = plan_pairs(run, distinct, model.model_id if model else None)
            pairs = search_pairs(run, search)
            run.unpin("retired")
            return self._finish(run, rows, pairs, search.model), search.model

    def night(self, before: Images, after: Images) -> Found:
        """Search what is new only."""
        with self._run() as run:
            model = stored_model(run)
            signed = {k: v for k, v in after.items() if before.get(k) != v}
            left = {IDS[v] for k, v in before.items() if after.get(k) != v}
            rows = self._images(after)
            run.write("images", rows.drop("signature"))
            gone = self._spark.createDataFrame([(i,) for i in left], "signature_id binary")
            turnover = turn_over(run, model, rows, self._images(signed), gone)
            pairs = search_newcomers(run, turnover)
            return self._finish(run, rows, pairs, model)

    def refit(self, seed: int) -> tuple[Found, Model]:
        """Give the store another model."""
        with self._run() as run:
            matching = run.settings.matching.model_copy(update={"seed": seed})
            run.settings = run.settings.model_copy(update={"matching": matching})
            corpus = living_corpus(run)
            search = plan_anew(run, corpus, None)
            return self._finish(run, corpus.images, search_pairs(run, search), search.model), (
                search.model
            )

    @contextmanager
    def _run(self) -> Iterator[Run]:
        with Progress(lambda: (0, 0), io.StringIO()) as progress:
            run = Run(self._spark, "test", str(self._root), self._settings, progress)
            yield run
            run.clean_up()

    def _finish(self, run: Run, images: DataFrame, pairs: DataFrame, model: Model) -> Found:
        corpus = Corpus(images, pairs, 0, VERSION)
        clusters = choose_keepers(run, corpus, pairs).clusters
        run.commit(model.model_id, VERSION)
        ends = [(bytes(r.signature_id_a), bytes(r.signature_id_b), r) for r in pairs.collect()]
        found = {(a, b): row.distance for a, b, row in ends}
        assert len(found) == len(ends)
        assert {row.model_id for _, _, row in ends} <= {model.model_id}
        groups = sorted((tuple(row) for row in clusters.drop("run_id").collect()), key=repr)
        return Found(found, groups, dict(run.counts))

    def _images(self, images: Images) -> DataFrame:
        values = [
            {
                "image_id": name,
                "path": f"/pictures/{name}",
                "content_sha256": f"{shown} {len(name) % 2}",  # some copies differ in their bytes
                "bytes": 1000 + shown % 3,
                "width": 10 + shown % 7,
                "height": 10,
                "status": SIGNED,
                "signature_id": IDS[shown],
                "signature": LEVELS[shown].tobytes(),
            }
            for name, shown in images.items()
        ]
        names = _IMAGE_AND_SIGNATURE.names
        rows = [tuple(value.get(name) for name in names) for value in values]
        return self._spark.createDataFrame(rows, spark_schema(_IMAGE_AND_SIGNATURE))

    def _signatures(self, shown: Sequence[int]) -> DataFrame:
        rows = [(IDS[i], LEVELS[i].tobytes(), VERSION) for i in shown]
        return self._spark.createDataFrame(rows, spark_schema(SIGNATURES))


def oracle(images: Images, model: Model) -> Pairs:
    """Return what one search of these images finds under a model, worked out pair by pair."""
    rows = np.array(sorted(set(images.values())), np.int64)
    if not len(rows):
        return {}
    levels = LEVELS[rows]
    assert model.codebook is not None
    cells = assign_cells(levels, model.codebook, model.nearest, model.probes)
    keys, costs = keys_of(levels, cells, model)
    reaches = _reaches(keys, costs, model)
    ways = [
        {k: int(c) for k, c in zip(row, own, strict=True) if k != REMOVED}
        for row, own in zip(keys.tolist(), costs, strict=True)
    ]
    near: dict[int, list[tuple[float, bytes, tuple[int, int]]]] = {}
    measured = distances(levels, levels)
    met: Pairs = {}
    for i, j in zip(*np.nonzero(np.triu(measured < model.cutoff, 1)), strict=True):
        shared = ways[i].keys() & ways[j].keys()
        if any(ways[i][k] + ways[j][k] <= reaches[k] for k in shared):
            a, b = IDS[rows[i]], IDS[rows[j]]
            met[min(a, b), max(a, b)] = float(measured[i, j])
            near.setdefault(i, []).append((measured[i, j], b, (i, j)))
            near.setdefault(j, []).append((measured[i, j], a, (i, j)))
    kept = {
        edge for ends in near.values() for *_, edge in sorted(ends)[: model.max_pairs_per_image]
    }
    named = ((IDS[rows[i]], IDS[rows[j]]) for i, j in kept)
    return {(a, b): met[a, b] for a, b in (sorted(pair) for pair in named)}


def _reaches(keys: np.ndarray, costs: np.ndarray, model: Model) -> dict[int, int]:  # type: ignore[type-arg]
    members = {
        key: np.bincount(costs[keys == key], minlength=256).astype(np.int64)
        for key in np.unique(keys[keys != REMOVED]).tolist()
    }
    if "exhaustive" in model.rules:
        return {key: reach_of(key, model) for key in members}
    return {key: plan.reach for key, plan in planned(model, members.items(), 10**9)}
