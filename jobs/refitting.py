"""A new model for a grown corpus: cells are assigned anew, nothing is decoded."""

from jobs.model import fit_model
from jobs.run import Run
from jobs.searching import Search, asked_for, plan_with, write_cells
from jobs.signing import Corpus, stored_corpus
from jobs.summary import count_line, distance_lines, group_lines
from matching import Model


def living_corpus(run: Run) -> Corpus:
    """Return what the newest run of a store holds, and take its cutoff.

    Parameters
    ----------
    run : Run
        The run at work; a cutoff that was asked for stays.

    Returns
    -------
    Corpus
        As that run pins it.

    Raises
    ------
    UserError
        If the store has no run, or signatures of another version than the settings ask for.
    """
    corpus = stored_corpus(run)
    if "cutoff" not in run.settings.model_fields_set and run.parent_cutoff is not None:
        run.fix_cutoff(run.parent_cutoff)
    run.counts |= {"images": corpus.images.count(), "signatures": corpus.count}
    return corpus


def plan_anew(run: Run, corpus: Corpus, model_id: str | None) -> Search:
    """Fit a model, and plan a search of all with all under it.

    The table ``cells`` holds what lives, and all of that under the new model.

    Parameters
    ----------
    run : Run
        The run at work.
    corpus : Corpus
        What `living_corpus` returned.
    model_id : str or None
        Of a model in the store to take, such as ``jobs/fit_model.py`` fits; None for a new one.

    Returns
    -------
    Search
        For `jobs.searching.search_pairs`.
    """
    if model_id is None:
        with run.stage("fitting the model"):
            model = fit_model(corpus.distinct, run.settings)
    else:
        model = asked_for(run, corpus.distinct, model_id)
    search = plan_with(run, corpus.distinct, model)
    write_cells(run, search)
    if "retired" in run.parent_versions:
        run.write("signatures", corpus.signatures)
        run.unpin("retired")
    return search


def summary(run: Run, model: Model) -> list[str]:
    """Say what a store has now.

    Parameters
    ----------
    run : Run
        The run at work.
    model : Model
        The new one.

    Returns
    -------
    list of str
        Lines without line ends.
    """
    cells = model.codebook.cells if model.codebook else 0
    return [
        f"model {model.model_id}, rules: {model.rule}",
        count_line("cells", cells, "", 1),
        count_line("distinct signatures", run.counts["signatures"]),
        *distance_lines(run.counts, model.cutoff, model.rule),
        *group_lines(run.counts),
    ]
