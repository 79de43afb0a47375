"""From pairs to the table ``clusters`` and the report of duplicates."""

from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.counting import count_groups
from jobs.deciding import preferred_sources
from jobs.run import Run
from jobs.signing import Corpus
from jobs.stages.choose_keepers import (
    assign_keepers,
    ranked_edges,
    representatives,
    settle_edges,
)
from jobs.stages.favour_images import apart_by_decision, decided_levels, honoured, with_levels
from jobs.stages.group_images import contested_images, duplicate_rows, group_images
from jobs.stages.keep_incumbents import incumbent_levels, stability_rows
from jobs.stages.number_signatures import number_signatures
from jobs.stages.rank_images import rank_images
from store.schemas import DUPLICATES, SIGNED, STABILITY


class Groups(NamedTuple):
    """Who stays and who goes.

    Attributes
    ----------
    clusters : DataFrame
        The table ``clusters`` as this run wrote it.
    images : DataFrame
        Rows of ``images``: those in ``clusters``, and some more.
    """

    clusters: DataFrame
    images: DataFrame


def choose_keepers(
    run: Run,
    corpus: Corpus,
    pairs: DataFrame,
    decisions: DataFrame | None = None,
    stable: bool = False,
) -> Groups:
    """Decide which image of each group stays, and write ``clusters`` and ``duplicates``.

    Parameters
    ----------
    run : Run
        The run at work.
    corpus : Corpus
        What was signed.
    pairs : DataFrame
        The table ``pairs``.
    decisions : DataFrame, optional
        What `jobs.deciding.decisions_of` returned.
    stable : bool
        Whether a keeper of the run before stays unless something clearly better came. The report
        ``stability`` then lists where that makes a difference.

    Returns
    -------
    Groups
        What was written, and whom it is about.
    """
    with run.stage("choosing keepers"):
        if decisions is not None:
            pairs = run.stash(apart_by_decision(pairs, corpus.images, decisions), "decided_pairs")
        images = contested_images(corpus.images, pairs, run.stash)
        favoured = _by_decision(run, images, decisions)
        rows = _clusters(run, images, pairs, favoured, decisions)
        if stable:
            default = run.stash(rows, "default_clusters")
            favoured = _with_incumbents(run, images, pairs, favoured)
            rows = _clusters(run, images, pairs, favoured, decisions)
        clusters = run.write("clusters", rows)
        if stable:
            differences = stability_rows(clusters, default, images)
            listed = run.report("stability", differences, STABILITY)
            run.counts["kept_for_stability"] = listed.count()
    with run.stage("writing the report"):
        duplicates = run.report("duplicates", duplicate_rows(clusters, images), DUPLICATES)
        run.counts |= count_groups(clusters, duplicates)
    return Groups(clusters, images)


def _clusters(
    run: Run,
    images: DataFrame,
    pairs: DataFrame,
    favoured: DataFrame | None,
    decisions: DataFrame | None,
) -> DataFrame:
    """Rows of ``clusters``, not yet written."""
    ranked = rank_images(images, run.protected, run.settings.keepers.ranking)
    if favoured is not None:
        ranked = with_levels(ranked, favoured)
    signed = ranked.where(F.col("status") == SIGNED)
    places = number_signatures(representatives(signed), images.count(), run.stash)
    limit = run.settings.keepers.edges_in_one_task
    settled = settle_edges(ranked_edges(pairs, places), pairs.count(), limit, run.stash)
    run.counts["keeper_rounds"] = settled.rounds
    clusters = group_images(ranked, assign_keepers(settled.rows, places), run.run_id)
    return clusters if favoured is None else honoured(clusters, favoured, decisions)


def _by_decision(run: Run, images: DataFrame, decisions: DataFrame | None) -> DataFrame | None:
    if decisions is None:
        return None
    levels = decided_levels(images, decisions, preferred_sources(decisions))
    return run.stash(levels, "decided")


def _with_incumbents(
    run: Run, images: DataFrame, pairs: DataFrame, favoured: DataFrame | None
) -> DataFrame:
    levels = incumbent_levels(
        images,
        pairs,
        run.read("clusters"),
        run.protected,
        run.settings.keepers.clearly_better,
    )
    if favoured is not None:
        levels = levels.unionByName(favoured)
    return run.stash(levels, "incumbents")
