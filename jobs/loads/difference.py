"""What an index lacks that holds all of an earlier run."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.loads.stored import Documents, Stored
from jobs.run import Run

_COMPARED = ("path", "metadata", "timestamp", "signature_id")


@dataclass(frozen=True)
class Difference:
    """Documents to write and to delete.

    Attributes
    ----------
    new : DataFrame
        Of `jobs.loads.stored.Documents.images`: images that came or changed.
    gone : DataFrame
        ``image_id`` of those that left.
    """

    new: DataFrame
    gone: DataFrame


def difference(run: Run, documents: Documents, before: Stored, after: Stored) -> Difference:
    """Compare the images of two runs, and write down where they differ.

    Parameters
    ----------
    run : Run
        The run at work.
    documents : Documents
        Reads both.
    before, after : Stored
        Under one model, with signatures of one version.

    Returns
    -------
    Difference
        Between their documents.
    """
    old, now = documents.images(before), documents.images(after)
    same = old.withColumn("same", F.struct(*_COMPARED)).select("image_id", "same")
    joined = now.join(same, on="image_id", how="left")
    different = ~F.struct(*_COMPARED).eqNullSafe(F.col("same"))
    new = run.stash(joined.where(different).drop("same"), f"new-{after.sequence}")
    gone = old.select("image_id").join(now, on="image_id", how="left_anti")
    return Difference(new, run.stash(gone.select("image_id"), f"gone-{after.sequence}"))
