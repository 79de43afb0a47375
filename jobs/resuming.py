"""What a run that died had signed: facts, which the next run need not work out again."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.run import Run
from jobs.stages.schema import conform, spark_schema
from jobs.stages.tell_changes import look_at_files, unchanged_images
from store.schemas import FAILED, IMAGES
from udfs.looking import LOOKED_ROWS, looker
from udfs.signing import SIGNED_ROWS, SigningTask


def staged_name(task: SigningTask) -> str:
    """Name the folder of what a run signs: rows of another version are never taken over.

    Parameters
    ----------
    task : SigningTask
        How to sign.

    Returns
    -------
    str
        For `jobs.staging.Staging.stash`.
    """
    return f"signed-{task.version}"


def signed_before(
    run: Run, admitted: DataFrame, task: SigningTask, contents: bool
) -> DataFrame | None:
    """Return what runs that died since the newest one had signed, and that still holds.

    Parameters
    ----------
    run : Run
        The run at work.
    admitted : DataFrame
        The images to sign.
    task : SigningTask
        How to sign.
    contents : bool
        Whether equal bytes count, and not equal size and time; then they were looked at.

    Returns
    -------
    DataFrame or None
        Of `udfs.signing.SIGNED_ROWS`, written down; each image once. None where no run died.
    """
    left = run.staging.left_behind(staged_name(task), spark_schema(SIGNED_ROWS))
    if left is None:
        return None
    with run.stage("taking over signed images"):
        rows = run.stash(
            left.where(F.col("status") != FAILED).dropDuplicates(["image_id"]), "left_behind"
        )
        listed = admitted.join(rows.select("image_id"), "image_id", how="left_semi")
        same = unchanged_images(_known(rows), _looked(listed, task), contents)
        fresh = same.select("image_id", "metadata")
        found = rows.drop("metadata").join(fresh, "image_id", how="inner")
        taken = run.stash(conform(found, SIGNED_ROWS), "taken_over")
        run.counts["images_taken_over"] = taken.count()
    return taken


def _known(rows: DataFrame) -> DataFrame:
    """Signed rows, as the table ``images`` would have them."""
    as_stored = {"mtime": F.timestamp_micros("mtime"), "run_id": F.lit(None).cast("string")}
    return conform(rows.withColumns(as_stored), IMAGES)


def _looked(listed: DataFrame, task: SigningTask) -> DataFrame:
    """The versions of files now; an increment has looked already."""
    if set(LOOKED_ROWS.names) <= set(listed.columns):
        return listed
    return look_at_files(listed, looker(task.max_image_bytes, contents=False))
