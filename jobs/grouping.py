"""From pairs to the table ``clusters`` and the report of duplicates."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.counting import count_groups
from jobs.run import Run
from jobs.signing import Corpus
from jobs.stages.choose_keepers import (
    assign_keepers,
    ranked_edges,
    representatives,
    settle_edges,
)
from jobs.stages.group_images import duplicate_rows, group_images
from jobs.stages.number_signatures import number_signatures
from jobs.stages.rank_images import rank_images
from store.schemas import DUPLICATES, SIGNED


def choose_keepers(run: Run, corpus: Corpus, pairs: DataFrame) -> DataFrame:
    """Decide which image of each group stays, and write ``clusters`` and ``duplicates``.

    Parameters
    ----------
    run : Run
        The run at work.
    corpus : Corpus
        What was signed.
    pairs : DataFrame
        The table ``pairs``.

    Returns
    -------
    DataFrame
        The table ``clusters`` as this run wrote it.
    """
    ranked = rank_images(corpus.images, run.protected, run.settings.keepers.ranking)
    with run.stage("choosing keepers"):
        best = representatives(ranked.where(F.col("status") == SIGNED))
        places = number_signatures(best, corpus.count, run.stash)
        limit = run.settings.keepers.edges_in_one_task
        edges = ranked_edges(pairs, places)
        settled = settle_edges(edges, pairs.count(), limit, run.stash)
        run.counts["keeper_rounds"] = settled.rounds
        keepers = assign_keepers(settled.rows, places)
        clusters = run.write("clusters", group_images(ranked, keepers, run.run_id))
    with run.stage("writing the report"):
        rows = duplicate_rows(clusters, corpus.images)
        duplicates = run.report("duplicates", rows, DUPLICATES)
        run.counts |= count_groups(clusters, duplicates)
    return clusters
