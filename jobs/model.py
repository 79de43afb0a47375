"""Fitting the blocking model to a corpus, and what it will cost to search with it."""

from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.settings import Settings
from jobs.sinks.files import Files
from jobs.stages.find_pairs import word_frequencies
from jobs.stages.schema import spark_schema
from matching import Model
from matching.model import EXHAUSTIVE, WORDS
from store.layout import Layout
from udfs.keys import KEYLESS_ROWS, keyless_counter


@dataclass(frozen=True)
class Plan:
    """What the search will do, and what it bounds away.

    Attributes
    ----------
    comparisons : int
        Pairs of rows in the open buckets; a pair that shares several keys counts for each.
    comparisons_bounded : int
        The same in the buckets of hot words, which are not compared. A pair is lost only if it
        shares no other word.
    hot_words : int
        Words that more signatures have than the model allows.
    signatures_without_key : int
        Signatures all of whose words are hot: they are in no pair.
    """

    comparisons: int
    comparisons_bounded: int = 0
    hot_words: int = 0
    signatures_without_key: int = 0


def fit_model(
    signatures: DataFrame, count: int, settings: Settings, version: str
) -> tuple[Model, Plan]:
    """Fit the model that the settings ask for.

    Parameters
    ----------
    signatures : DataFrame
        Distinct signatures.
    count : int
        How many.
    settings : Settings
        Rule, limits and cutoff.
    version : str
        The signature version.

    Returns
    -------
    tuple of Model and Plan
        The hot words are all that comes to the driver: 8 bytes each, at most
        63 * count / max_document_frequency of them.
    """
    matching = settings.matching
    rule: str = matching.rules
    if rule == "auto":
        rule = EXHAUSTIVE if count <= matching.exhaustive_up_to else WORDS
    model = Model(
        signature_version=version,
        n=settings.signature.n,
        diagonal_neighbors=settings.signature.diagonal_neighbors,
        rule=rule,
        cutoff=settings.cutoff,
        max_document_frequency=matching.max_document_frequency,
        group_size=matching.group_size,
    )
    if rule == EXHAUSTIVE:
        return model, Plan(comparisons=count * (count - 1) // 2)
    return _with_hot_words(model, signatures)


def save_model(model: Model, layout: Layout, files: Files) -> None:
    """Write a model's files into the store; a model that is there is written over by itself.

    Parameters
    ----------
    model : Model
        Its id names the folder.
    layout : Layout
        The store.
    files : Files
        Writes them.
    """
    for name, content in model.files().items():
        files.write(f"{layout.model(model.model_id)}/{name}", content)


def _with_hot_words(model: Model, signatures: DataFrame) -> tuple[Model, Plan]:
    frequencies = word_frequencies(signatures, model).where("frequency > 1").persist()
    hot = F.col("frequency") > model.max_document_frequency
    rows = F.col("frequency") * (F.col("frequency") - 1) / 2
    cost = frequencies.agg(
        F.sum(F.when(~hot, rows)).alias("open"), F.sum(F.when(hot, rows)).alias("bounded")
    ).head()
    words = frequencies.where(hot).select("key").toPandas()["key"].to_numpy(np.int64)
    frequencies.unpersist()
    fitted = Model(**{**vars(model), "hot_words": np.sort(words)})
    keyless = signatures.select("signature").mapInArrow(
        keyless_counter(fitted), spark_schema(KEYLESS_ROWS)
    )
    without = keyless.agg(F.sum("keyless")).head()
    plan = Plan(
        comparisons=int((cost and cost.open) or 0),
        comparisons_bounded=int((cost and cost.bounded) or 0),
        hot_words=len(words),
        signatures_without_key=int((without and without[0]) or 0),
    )
    return fitted, plan
