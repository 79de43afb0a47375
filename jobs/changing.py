"""From a source and what the store holds to the images of tonight: only what changed is signed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.counting import ManifestCounts, check_failures, count_manifest, count_states
from jobs.errors import TooManyFailuresError
from jobs.forgetting import bury, forgotten_ids
from jobs.newcoming import Turnover
from jobs.night_request import NightRequest
from jobs.run import Run
from jobs.signing import Corpus, sign_listed, signing_task
from jobs.stages.admit_images import admit_images
from jobs.stages.schema import conform
from jobs.stages.sign_images import image_rows, rejected_rows
from jobs.stages.tell_changes import (
    look_at_files,
    unchanged_images,
    without_forgotten,
)
from jobs.turning import turn_over
from matching import Model
from store.schemas import FORGOTTEN, IMAGES, REJECTS, VANISHED
from udfs.looking import looker


def sign_changes(
    run: Run, manifest: DataFrame, model: Model, request: NightRequest
) -> tuple[Corpus, Turnover]:
    """Sign what is new or changed, and write ``images``, ``signatures`` and ``cells``.

    Parameters
    ----------
    run : Run
        The run at work.
    manifest : DataFrame
        What `jobs.sources.read_manifest` returns.
    model : Model
        Of the run before.
    request : NightRequest
        What the user asked for.

    Returns
    -------
    tuple of Corpus and Turnover
        All images of the store, and whose signatures came and went.

    Raises
    ------
    TooManyFailuresError
        If more images failed or vanished than the settings allow; the rejects are written.
    CountsError
        If an image ended in no state, or in two.
    """
    known = run.read("images")
    task = signing_task(run.settings)
    with run.stage("listing images"):
        forgotten = run.stash(forgotten_ids(run, request.forget), "forgotten")
        admitted = without_forgotten(admit_images(manifest), forgotten)
        look = looker(run.settings.decoding.max_image_bytes, request.contents)
        looked = run.stash(look_at_files(admitted, look), "admitted")
    with run.stage("comparing with the store"):
        kept = run.stash(_kept(known, looked, forgotten, request), "kept")
        changed = run.stash(looked.join(kept, "image_id", how="left_anti"), "changed")
        outside = _outside(kept, looked) if request.new_only else 0
        counted = _counted(run, looked, changed, outside)
    to_sign = count_manifest(changed).to_sign
    signed = sign_listed(run, changed, task, to_sign, request.contents)
    with run.stage("writing images"):
        fresh = image_rows(signed, changed, run.run_id)
        images = _written(run, known, kept, fresh)
        rejects = run.report("rejects", rejected_rows(images, looked), REJECTS)
        run.counts |= count_states(rejects, images, counted)
        check_failures(run.counts, run.settings, f"{run.layout.report(run.run_id)}/rejects.parquet")
        _count_leavers(run, known, bury(run, images, forgotten))
    left = known.join(kept, "image_id", how="left_anti").select("signature_id")
    left = run.stash(left.where(F.col("signature_id").isNotNull()).distinct(), "left")
    turnover = turn_over(run, model, images, signed, left)
    corpus = Corpus(images, turnover.living, turnover.count, task.version)
    return corpus, turnover


def _kept(
    known: DataFrame, looked: DataFrame, forgotten: DataFrame, request: NightRequest
) -> DataFrame:
    """Images of the store whose files need not be read again, with ``retold``."""
    same = unchanged_images(known, looked, request.contents)
    if not request.new_only:
        return same
    listed = looked.where("admitted").select("image_id").unionByName(forgotten).distinct()
    others = known.join(listed, "image_id", how="left_anti")
    return same.unionByName(others.withColumn("retold", F.lit(False)))


def _written(run: Run, known: DataFrame, kept: DataFrame, fresh: DataFrame) -> DataFrame:
    """The table ``images``: written anew if any row of it changes, else appended to."""
    if kept.where("not retold").count() == known.count():
        return run.append("images", conform(fresh, IMAGES))
    return run.write("images", kept.drop("retold").unionByName(fresh))


def _outside(kept: DataFrame, looked: DataFrame) -> int:
    listed = looked.where("admitted").select("image_id")
    return kept.join(listed, "image_id", how="left_anti").count()


def _counted(run: Run, looked: DataFrame, changed: DataFrame, outside: int) -> ManifestCounts:
    """The rows of the manifest, and of the store beside it."""
    listed = count_manifest(looked)
    known = run.read("images").select("image_id")
    changed_ids = changed.where("admitted").select("image_id")
    again = changed_ids.join(known, "image_id", how="left_semi").count()
    run.counts |= {
        "images_new": changed_ids.count() - again,
        "images_changed": again,
        "images_listed": listed.rows,
    }
    return ManifestCounts(listed.rows + outside, listed.to_sign, listed.homeless)


def _count_leavers(run: Run, known: DataFrame, left: dict[str, int]) -> None:
    """Count who left, and refuse if it is nearly everyone."""
    before, vanished = known.count(), left.get(VANISHED, 0)
    run.counts |= {
        "images_vanished": vanished,
        "images_forgotten": left.get(FORGOTTEN, 0),
        "images_unchanged": before - sum(left.values()) - run.counts["images_changed"],
    }
    if vanished > run.settings.max_vanished_rate * before:
        raise TooManyFailuresError(
            f"{vanished:,} of the store's {before:,} images are not in this source; the limit is "
            f"{run.settings.max_vanished_rate:.0%} (max_vanished_rate). Nothing was committed. "
            "Is the source the whole one? Else --new-only leaves the others in place"
        )
