"""Scopes: groups within one value of a column, and a store against another one."""

from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.errors import UserError
from jobs.newcoming import companies_of
from jobs.run import Run
from jobs.signing import Corpus
from jobs.sinks.run_log import RunLog
from jobs.stages.find_pairs import find_cells
from jobs.stages.scope_images import scoped_images, scoped_pairs
from jobs.stages.tell_leaks import leak_rows
from jobs.stages.update_pairs import meet_newcomers
from jobs.summary import count_line
from matching import Model
from store.layout import Layout
from store.schemas import LEAKS, SIGNED

_MOST_OTHERS = 1_000_000


def within(
    run: Run, corpus: Corpus, pairs: DataFrame, column: str | None
) -> tuple[Corpus, DataFrame]:
    """Return a corpus and pairs from which groups come out within equal values only.

    Parameters
    ----------
    run : Run
        The run at work.
    corpus : Corpus
        What was signed.
    pairs : DataFrame
        The table ``pairs``, which stays as it is.
    column : str or None
        A name in the images' metadata; None for no scope.

    Returns
    -------
    tuple of Corpus and DataFrame
        For `jobs.grouping.choose_keepers`.
    """
    if column is None:
        return corpus, pairs
    with run.stage("telling scopes apart"):
        images = run.stash(scoped_images(corpus.images, column), "scoped_images")
        scoped = run.stash(scoped_pairs(pairs, images), "scoped_pairs")
        signed = images.where(F.col("status") == SIGNED)
        count = signed.select("signature_id").distinct().count()
        run.counts["pairs_within"] = scoped.count()
    return replace(corpus, images=images, count=count), scoped


def against(
    run: Run, model: Model, corpus: Corpus, cells: DataFrame, other: str | None
) -> list[str]:
    """Compare the images of this store with those of another, and write the report ``against``.

    Parameters
    ----------
    run : Run
        The run at work.
    model : Model
        Of this store, under which both are compared.
    corpus : Corpus
        The images of this store.
    cells : DataFrame
        Rows of ``cells`` of all signatures that these images need.
    other : str or None
        The folder of the other store; nothing happens without one.

    Returns
    -------
    list of str
        What to print.

    Raises
    ------
    UserError
        If there is no such store, it has signatures of another version, or more than a million.
    """
    if other is None:
        return []
    images, signatures = _tables_of(run, other, model)
    with run.stage("comparing with the other store"):
        theirs = run.stash(find_cells(signatures, model), "others")
        if theirs.count() > _MOST_OTHERS:
            raise UserError(f"--against {other}: it has more than {_MOST_OTHERS:,} signatures")
        # Those who pass are strangers to them: equal signatures are pairs, too.
        companies = [replace(c, every_id=c.every_id[:0]) for c in companies_of(theirs, model)]
        capped = model.caps.by_key()
        parts = [meet_newcomers(cells, model, one, capped) for one in companies]
        found = parts[0]
        for part in parts[1:]:
            found = found.unionByName(part)
        found = run.stash(found, "found_against")
        report = run.report("against", leak_rows(found, corpus.images, images), LEAKS)
        run.counts["against"] = report.count()
    leaked = report.select("image_id").distinct().count()
    note = f"of {leaked:,} images here; reports/{run.run_id}/against.parquet"
    return [count_line(f"pairs with {other}", run.counts["against"], note)]


def _tables_of(run: Run, other: str, model: Model) -> tuple[DataFrame, DataFrame]:
    layout = Layout(other)
    newest = RunLog(run.spark, layout).newest()
    if newest is None:
        raise UserError(f"--against {other}: no committed run there")
    if newest.signature_version != model.signature_version:
        raise UserError(
            f"--against {other}: its signatures have version {newest.signature_version}, "
            f"and those here {model.signature_version}"
        )
    images, signatures = (
        run.spark.read.format("delta")
        .option("versionAsOf", newest.versions[name])
        .load(layout.table(name))
        for name in ("images", "signatures")
    )
    needed = images.where(F.col("status") == SIGNED).select("signature_id").distinct()
    return images, signatures.join(needed, "signature_id", how="left_semi")
