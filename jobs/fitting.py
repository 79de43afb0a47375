"""Fitting a model to what a store holds."""

from jobs.model import fit_model
from jobs.run import Run
from jobs.searching import plan_with
from jobs.signing import stored_corpus
from jobs.summary import count_line, human_bytes
from matching import Model


def fit_to_store(run: Run) -> Model:
    """Fit a model to the signatures that the newest run pins, and write its files.

    Parameters
    ----------
    run : Run
        The run at work; it is not committed.

    Returns
    -------
    Model
        As it was written.

    Raises
    ------
    UserError
        If the store has no run, or its signatures are of another version than the settings ask
        for.
    """
    corpus = stored_corpus(run)
    with run.stage("fitting the model"):
        model = fit_model(corpus.distinct, run.settings)
    return plan_with(run, corpus.distinct, model).model


def model_lines(model: Model, store: str) -> list[str]:
    """Say what a model is, and how to use it.

    Parameters
    ----------
    model : Model
        In the store.
    store : str
        The store's folder.

    Returns
    -------
    list of str
        Lines without line ends.
    """
    size = sum(len(content) for content in model.files().values())
    return [
        f"model {model.model_id}, rules: {model.rule}",
        count_line("signatures it was fitted to", model.fitted_to, "", 1),
        count_line("cells", model.codebook.cells if model.codebook else 0, "", 1),
        count_line("nearest cells of a signature", model.nearest, "", 1),
        count_line("bytes", size, human_bytes(size), 1),
        "",
        f"to search with it: build_index.py --store {store} --model {model.model_id}",
    ]
