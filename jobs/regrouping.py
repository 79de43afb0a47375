"""Keepers of a night: decided anew where something changed, and wherever that leads."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.newcoming import Update
from jobs.run import Run
from jobs.signing import Corpus
from jobs.stages.choose_keepers import assign_keepers, representatives, settle_edges
from jobs.stages.group_images import group_images
from jobs.stages.number_signatures import number_signatures
from jobs.stages.rank_images import rank_images
from jobs.stages.regroup_images import (
    edges_again,
    edges_to_settle,
    images_again,
    next_to_decide,
    regrouped,
    removed_signatures,
    with_neighbours,
)
from jobs.stages.update_pairs import ends_of, touching
from jobs.version import CODE_VERSION
from store.schemas import SIGNED

BY_RANKING = "keepers_by_ranking"
"""Counted 1 by a run whose groups are what the ranking says, without decisions, scopes or keepers
that stay: the next night may begin with them."""

_MOST_SHARE = 0.2
"""Of the corpus. If more is decided anew, all is: it then takes about as long."""

_MOST_ROUNDS = 6
"""Each looks through all pairs once. Most changes lead nowhere after two."""


@dataclass(frozen=True)
class Changes:
    """What can give images another keeper than the run before.

    Attributes
    ----------
    images : DataFrame
        Rows of ``images``, as they were and as they are, with ``was``: images that came, changed
        or went, and those of which a criterion changed.
    update : Update
        The pairs that came and went.
    """

    images: DataFrame
    update: Update


def regroup(run: Run, corpus: Corpus, changes: Changes) -> DataFrame | None:
    """Make ``clusters`` from that of the run before and what changed since.

    A signature is decided anew if it changed, a pair of it did, or a neighbour of it changed; then
    so is whoever has a better neighbour that turned from keeper to removed or back, until nobody
    else turns. All others keep their keepers, for nothing on which these depend has changed.

    Parameters
    ----------
    run : Run
        The run at work.
    corpus : Corpus
        All images as they are now.
    changes : Changes
        What came and went.

    Returns
    -------
    DataFrame or None
        Rows of ``clusters``; None where all must be decided anew: the groups of the run before
        were made by another rule, or too much changed.
    """
    touched = changes.update.touched
    if touched is None or not _same_rule(run):
        return None
    again = run.stash(_first_to_decide(changes, touched), "again_1")
    for number in range(1, _MOST_ROUNDS + 1):
        count = again.count()
        if count > _MOST_SHARE * corpus.count:
            return None
        decided = _decide(run, corpus, changes, again, number)
        more = run.stash(decided.more, f"more_{number}")
        if more.head() is None:
            run.counts |= {"keeper_rounds": number, "decided_anew": count}
            return _groups(run, corpus, changes, again, decided.keepers)
        again = run.stash(again.unionByName(more), f"again_{number + 1}")
    return None


@dataclass(frozen=True)
class _Decided:
    keepers: DataFrame
    more: DataFrame


def _same_rule(run: Run) -> bool:
    return (
        run.parent_counts.get(BY_RANKING) == 1
        and run.parent_code_version == CODE_VERSION
        and run.parent_settings.get("keepers") == run.settings.keepers.model_dump(mode="json")
    )


def _first_to_decide(changes: Changes, touched: DataFrame) -> DataFrame:
    update = changes.update
    shown = changes.images.where(F.col("status") == SIGNED).select("signature_id")
    changed = shown.unionByName(touched).distinct()
    near = with_neighbours(changed, update.pairs)
    if update.lost_from is None:
        return near
    return near.unionByName(with_neighbours(changed, update.lost_from)).distinct()


def _decide(run: Run, corpus: Corpus, changes: Changes, again: DataFrame, number: int) -> _Decided:
    """Decide some signatures, as if all others stayed what they are."""
    pairs = run.stash(touching(changes.update.pairs, again), f"pairs_{number}")
    nodes = run.stash(again.unionByName(ends_of(pairs)).distinct(), f"nodes_{number}")
    shown = corpus.images.where(F.col("status") == SIGNED)
    ranked = _ranked(run, shown.join(nodes, "signature_id", how="left_semi"))
    best = run.stash(ranked.select("image_id", "signature_id", "rank"), f"ranked_{number}")
    numbered = number_signatures(representatives(best), nodes.count(), run.stash)
    removed = removed_signatures(run.read("clusters"), _as_it_was(best, changes))
    places = run.stash(_with_what_is_known(numbered, again, removed), f"places_{number}")
    edges = run.stash(edges_again(pairs, places), f"edges_{number}")
    wanted = edges_to_settle(edges)
    limit = run.settings.keepers.edges_in_one_task
    settled = settle_edges(wanted, wanted.count(), limit, run.stash)
    keepers = run.stash(assign_keepers(settled.rows, places), f"keepers_{number}")
    return _Decided(keepers, next_to_decide(edges, places, keepers))


def _with_what_is_known(places: DataFrame, again: DataFrame, removed: DataFrame) -> DataFrame:
    for name, those in (("again", again), ("removed", removed)):
        marked = those.select("signature_id", F.lit(True).alias(name))
        places = places.join(marked, "signature_id", how="left").withColumn(
            name, F.coalesce(name, F.lit(False))
        )
    return places


def _as_it_was(shown: DataFrame, changes: Changes) -> DataFrame:
    """Images and their signatures, as they were when the run before grouped them."""
    names = ("image_id", "signature_id")
    before = changes.images.where("was").select(*names)
    same = shown.select(*names).join(changes.images.select("image_id"), "image_id", how="left_anti")
    return same.unionByName(before)


def _groups(
    run: Run, corpus: Corpus, changes: Changes, again: DataFrame, keepers: DataFrame
) -> DataFrame:
    ours = images_again(corpus.images, again, changes.images)
    context = keepers.select(F.col("keeper_signature_id").alias("signature_id")).distinct()
    context = context.join(again, "signature_id", how="left_anti")
    theirs = corpus.images.join(context, "signature_id", how="left_semi")
    ranked = _ranked(run, ours.unionByName(theirs.select(*ours.columns)))
    made = group_images(ranked, keepers, run.run_id)
    ids = ours.select("image_id").unionByName(changes.images.select("image_id")).distinct()
    return regrouped(run.read("clusters"), made, run.stash(ids, "images_again"), run.run_id)


def _ranked(run: Run, images: DataFrame) -> DataFrame:
    return rank_images(images, run.protected, run.settings.keepers.ranking)
