"""The blocking model of a run: fitted to its corpus, or taken from the store."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.errors import UserError
from jobs.settings import Settings
from jobs.sinks.files import Files
from jobs.stages.find_pairs import count_keys
from matching import Model, WordStatistics
from matching.errors import ModelError
from matching.fitting import fit_codebook
from matching.model import CELLS, EXHAUSTIVE, WORDS
from matching.rules import word_keys
from matching.sizes import (
    POINTS_PER_CELL,
    cells_for,
    max_pairs_for,
    nearest_for,
    reach_for,
)
from store.layout import Layout
from udfs.counting import EveryKey

OUTGROWN = 4
"""A model is fitted anew for a corpus so many times larger than the one it was fitted to."""

_WORDS_LISTED = 65_536
_WORDS_SAMPLE = 100_000
_ID_SPACE = 2**32


@dataclass(frozen=True)
class Distinct:
    """The distinct signatures of a corpus.

    Attributes
    ----------
    rows : DataFrame
        The table ``signatures``.
    count : int
        How many.
    version : str
        Their signature version.
    """

    rows: DataFrame
    count: int
    version: str


def fit_model(signatures: Distinct, settings: Settings) -> Model:
    """Fit the model that the settings ask for.

    Parameters
    ----------
    signatures : Distinct
        What to fit it to.
    settings : Settings
        Rules, limits and cutoff; what is 0 there is chosen by the size of the corpus.

    Returns
    -------
    Model
        The same for the same signatures, settings and machine. The driver holds a sample of
        ``fit_sample`` signatures (272 bytes each, and 256 for their projections) and the hot
        words (16 bytes each, at most 63 * count / max_document_frequency of them).
    """
    model = unfitted_model(signatures, settings)
    matching = settings.matching
    cells = matching.cells or cells_for(signatures.count, matching.fit_sample)
    size = min(matching.fit_sample, max(POINTS_PER_CELL * cells, _WORDS_SAMPLE))
    sample = _sample(signatures, model.width, size)
    codebook = fit_codebook(sample, cells, matching.seed)
    if WORDS in model.rules:
        words = _counted_words(signatures, model)
    else:
        words = _sampled_words(sample[:_WORDS_SAMPLE], model)
    return Model(**{**vars(model), "codebook": codebook, "words": words})


def unfitted_model(signatures: Distinct, settings: Settings) -> Model:
    """Return the parameters of the model that the settings ask for.

    Parameters
    ----------
    signatures : Distinct
        What it is for.
    settings : Settings
        As for `fit_model`.

    Returns
    -------
    Model
        Without codebook and words.
    """
    matching, count = settings.matching, signatures.count
    nearest = matching.nearest or nearest_for(count)
    rules = (CELLS,) if matching.rules == "auto" else tuple(matching.rules.split(","))
    if matching.rules == "auto" and count <= matching.exhaustive_up_to:
        rules = (EXHAUSTIVE,)
    return Model(
        signature_version=signatures.version,
        n=settings.signature.n,
        diagonal_neighbors=settings.signature.diagonal_neighbors,
        rules=rules,
        cutoff=settings.cutoff,
        fitted_to=count,
        nearest=nearest,
        probes=matching.probes,
        reach=matching.reach or reach_for(nearest),
        max_document_frequency=matching.max_document_frequency,
        max_pairs_per_image=matching.max_pairs_per_image or max_pairs_for(count),
    )


def reusable(known: Model, wanted: Model, settings: Settings) -> bool:
    """Tell whether a model from the store does what a run asks for.

    Parameters
    ----------
    known : Model
        Of an earlier run.
    wanted : Model
        What `unfitted_model` returned for this one.
    settings : Settings
        Tell what of it was asked for, and what was chosen by the corpus' size.

    Returns
    -------
    bool
        False if a parameter was set to another value, or the corpus has outgrown the model.
    """
    same = ["signature_version", "rules", "cutoff", "probes", "max_document_frequency"]
    chosen = ("nearest", "reach", "max_pairs_per_image")
    same += [name for name in chosen if getattr(settings.matching, name)]
    if any(getattr(known, name) != getattr(wanted, name) for name in same):
        return False
    cells = known.codebook.cells if known.codebook else 0
    if settings.matching.cells not in (0, cells):
        return False
    if settings.matching.bucket_comparisons_per_row not in (0, known.caps.comparisons_per_row):
        return False
    return known.fitted_to <= wanted.fitted_to * OUTGROWN <= known.fitted_to * OUTGROWN**2


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


def known_model(model_id: str, layout: Layout, files: Files) -> Model | None:
    """Read a model from the store, if this version of the code still can.

    Parameters
    ----------
    model_id : str
        Its id.
    layout : Layout
        The store.
    files : Files
        Reads them.

    Returns
    -------
    Model or None
        None for one that cannot be read: another is fitted then.
    """
    try:
        return load_model(model_id, layout, files)
    except UserError:
        return None


def load_model(model_id: str, layout: Layout, files: Files) -> Model:
    """Read a model from the store.

    Parameters
    ----------
    model_id : str
        Its id.
    layout : Layout
        The store.
    files : Files
        Reads them.

    Returns
    -------
    Model
        Of this id.

    Raises
    ------
    UserError
        If the store has no such model, or its files are damaged.
    """
    folder = layout.model(model_id)
    names = files.names(folder)
    if not names:
        raise UserError(f"the store has no model {model_id}")
    try:
        model = Model.from_files({name: files.read(f"{folder}/{name}") for name in names})
    except ModelError as error:
        raise UserError(f"model {model_id}: {error}") from error
    if model.model_id != model_id:
        raise UserError(f"model {model_id}: its files are those of {model.model_id}")
    return model


def _sample(signatures: Distinct, width: int, size: int) -> npt.NDArray[np.int8]:
    """Take the signatures with the lowest ids: they are hashes, so it is a random sample."""
    rows = signatures.rows
    if size < signatures.count:
        highest = int(_ID_SPACE * size / signatures.count).to_bytes(4, "big")
        rows = rows.where(F.col("signature_id") < F.lit(bytearray(highest)))
    held = rows.select("signature_id", "signature").toPandas().sort_values("signature_id")
    joined = b"".join(held["signature"])
    return np.frombuffer(joined, np.int8).reshape(-1, width)[:size]


def _sampled_words(sample: npt.NDArray[np.int8], model: Model) -> WordStatistics:
    keys, counts = np.unique(
        word_keys(sample, model.n, model.diagonal_neighbors), return_counts=True
    )
    return _most_frequent(len(sample), keys, counts, _WORDS_LISTED)


def _counted_words(signatures: Distinct, model: Model) -> WordStatistics:
    """Count every word in all signatures; all hot ones must be listed."""
    words = Model(**{**vars(model), "rules": (WORDS,)})
    counts = count_keys(signatures.rows, words, EveryKey(0)).where("rows > 1").persist()
    hot = counts.where(F.col("rows") > model.max_document_frequency).count()
    listed = counts.orderBy(F.desc("rows"), "key").limit(max(hot, _WORDS_LISTED)).toPandas()
    counts.unpersist()
    keys, rows = listed["key"].to_numpy(np.int64), listed["rows"].to_numpy(np.int64)
    return _most_frequent(signatures.count, keys, rows, len(keys))


def _most_frequent(
    signatures: int, keys: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], most: int
) -> WordStatistics:
    chosen = np.lexsort((keys, -counts))[:most]
    chosen = chosen[np.argsort(keys[chosen])]
    return WordStatistics(signatures, keys[chosen], counts[chosen].astype(np.int64))
