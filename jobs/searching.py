"""From signatures to the table ``pairs``, with the model that found them."""

from dataclasses import asdict

from pyspark.sql import DataFrame

from jobs.counting import count_pairs
from jobs.model import fit_model, save_model
from jobs.run import Run
from jobs.session import cores
from jobs.signing import Corpus
from jobs.stages.find_pairs import find_pairs, join_table
from matching import Model, rule_of

_ROWS_PER_TASK = 1_000_000
"""About 130 MB of shuffled rows."""

_TASKS_PER_CORE = 4

_WORDS = 63


def search_pairs(run: Run, corpus: Corpus) -> tuple[Model, DataFrame]:
    """Find every pair that the blocking rule lets meet, and write the table ``pairs``.

    Parameters
    ----------
    run : Run
        The run at work.
    corpus : Corpus
        What was signed.

    Returns
    -------
    tuple of Model and DataFrame
        The model, and the table as this run wrote it.
    """
    with run.stage("fitting the model"):
        model, plan = fit_model(corpus.signatures, corpus.count, run.settings, corpus.version)
        save_model(model, run.layout, run.files)
        run.counts |= asdict(plan)
    with run.stage("finding pairs"):
        joined = join_table(corpus.signatures, model, corpus.count, _tasks(run, model, corpus))
        pairs = run.write("pairs", find_pairs(joined, model))
        run.counts |= count_pairs(pairs)
    return model, pairs


def _tasks(run: Run, model: Model, corpus: Corpus) -> int:
    if run.settings.partitions:
        return run.settings.partitions
    copies = max(rule_of(model).groups(corpus.count).values(), default=_WORDS)
    rows = corpus.count * copies
    return max(_TASKS_PER_CORE * cores(run.spark), -(-rows // _ROWS_PER_TASK))
