"""Images that left a store: remembered, so that an index elsewhere lets them go, too."""

from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.errors import UserError
from jobs.run import Run
from jobs.stages.tell_changes import gone_images, tombstone_rows
from store.schemas import FORGOTTEN, IMAGES, TOMBSTONES


def forgotten_ids(run: Run, file: str | None = None) -> DataFrame:
    """Return the images that are not let in: those of a file, and of all runs before.

    Parameters
    ----------
    run : Run
        The run at work.
    file : str, optional
        Ids, one a line; held in the driver's memory.

    Returns
    -------
    DataFrame
        ``image_id``, each once.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    before = run.read_or_none("tombstones", TOMBSTONES)
    ids = before.where(F.col("reason") == FORGOTTEN).select("image_id")
    if file is None:
        return ids
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--forget {file}: {error}") from error
    wanted = [(line,) for line in dict.fromkeys(lines) if line]
    return ids.unionByName(run.spark.createDataFrame(wanted, "image_id string")).distinct()


def bury(run: Run, images: DataFrame, forgotten: DataFrame) -> dict[str, int]:
    """Write the table ``tombstones``: who left since the run before, and who had left by then.

    Parameters
    ----------
    run : Run
        The run at work.
    images : DataFrame
        The table ``images`` of this run.
    forgotten : DataFrame
        What `forgotten_ids` returned.

    Returns
    -------
    dict of str to int
        How many left now, by reason.
    """
    known = run.read_or_none("images", IMAGES)
    gone = run.stash(gone_images(known, images, forgotten), "gone_images")
    stones = run.read_or_none("tombstones", TOMBSTONES)
    run.write("tombstones", tombstone_rows(stones, gone, images, forgotten, run.run_id))
    return {row.reason: row["count"] for row in gone.groupBy("reason").count().collect()}
