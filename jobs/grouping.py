"""From pairs to the table ``clusters`` and the report of duplicates."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.counting import count_groups
from jobs.run import Run
from jobs.signing import Corpus
from jobs.stages.choose_keepers import (
    assign_keepers,
    ranked_edges,
    removed_signatures,
    representatives,
)
from jobs.stages.group_images import duplicate_rows, group_images
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
    ranked = rank_images(corpus.images, run.protected)
    with run.stage("choosing keepers"):
        ranks = representatives(ranked.where(F.col("status") == SIGNED))
        edges = run.stash(ranked_edges(pairs, ranks), "edges")
        limit = run.settings.keepers.edges_in_one_task
        removed = run.stash(removed_signatures(edges, limit, run.stash), "removed")
        keepers = assign_keepers(edges, removed)
        clusters = run.write("clusters", group_images(ranked, keepers, run.run_id))
    with run.stage("writing the report"):
        rows = duplicate_rows(clusters, corpus.images)
        duplicates = run.report("duplicates", rows, DUPLICATES)
        run.counts |= count_groups(clusters, duplicates)
    return clusters
