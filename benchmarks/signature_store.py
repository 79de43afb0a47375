"""A committed store made of signatures, without pictures: as large as a load needs it."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.model import Distinct, fit_model, save_model
from jobs.progress import Progress
from jobs.run import Run
from jobs.settings import Settings
from jobs.signing import signing_task
from jobs.stages.find_pairs import find_cells
from jobs.stages.schema import conform, no_rows
from matching import signature_ids
from store.schemas import CELLS, CLUSTERS, IMAGES, PAIRS, SIGNATURES, SIGNED

_MTIME = pd.Timestamp("2020-01-01", tz="UTC")


def make_store(
    spark: SparkSession,
    root: Path,
    levels: npt.NDArray[np.int8],
    paths: list[str],
    settings: Settings,
) -> None:
    """Write and commit a run whose images have these signatures.

    Parameters
    ----------
    spark : SparkSession
        With Delta.
    root : Path
        The store's folder.
    levels : (n, 272) int8
        Compact signatures, no two of them equal.
    paths : list of str
        One for each.
    settings : Settings
        Of the run.
    """
    version = signing_task(settings).version
    with Progress(lambda: (0, 0), io.StringIO()) as progress:
        run = Run(spark, "build_index", str(root), settings, progress)
        ids = signature_ids(levels, version)
        run.write("images", _images(spark, run.run_id, ids, paths))
        signatures = run.write("signatures", _signatures(spark, ids, levels, version))
        model = fit_model(Distinct(signatures, len(ids), version), settings)
        save_model(model, run.layout, run.files)
        cells = find_cells(signatures, model).withColumn("model_id", F.lit(model.model_id))
        run.write("cells", conform(cells, CELLS))
        for name, schema in (("pairs", PAIRS), ("clusters", CLUSTERS)):
            run.write(name, no_rows(spark, schema))
        run.commit(model.model_id, version)
        run.clean_up()


def _images(spark: SparkSession, run_id: str, ids: list[bytes], paths: list[str]) -> DataFrame:
    rows = pd.DataFrame({"path": paths, "signature_id": ids, "image_id": [i.hex() for i in ids]})
    rows = rows.assign(status=SIGNED, run_id=run_id, mtime=_MTIME)
    frame = spark.createDataFrame(rows)
    absent = [name for name in IMAGES.names if name not in rows.columns]
    return conform(frame.withColumns({name: F.lit(None) for name in absent}), IMAGES)


def _signatures(
    spark: SparkSession, ids: list[bytes], levels: npt.NDArray[np.int8], version: str
) -> DataFrame:
    rows = pd.DataFrame({"signature_id": ids, "signature": [row.tobytes() for row in levels]})
    return conform(
        spark.createDataFrame(rows).withColumn("signature_version", F.lit(version)), SIGNATURES
    )
