"""The list of removable files, as one CSV file on the driver's disk."""

from pathlib import Path

from jobs.errors import UserError
from jobs.grouping import Groups
from jobs.run import Run
from jobs.stages.group_images import removable_rows


def check_target(path: str | None) -> None:
    """Refuse a file that could not be written at the end of a long run.

    Parameters
    ----------
    path : str or None
        What the user named; None if no list is asked.

    Raises
    ------
    UserError
        If its folder is not there, or it is a folder.
    """
    if path is None:
        return
    target = Path(path)
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise UserError(f"--export-removable {path}: name a file in a folder that exists")


def export_removable(run: Run, groups: Groups, path: str) -> None:
    """Write each removable path beside its keeper's, with the bytes that both must still have.

    One task writes the whole list, so the driver holds none of it. Nothing is deleted, here or
    anywhere; ``python -m store check FILE`` says which lines are still safe to act on.

    Parameters
    ----------
    run : Run
        The run at work.
    groups : Groups
        What `jobs.grouping.choose_keepers` returned.
    path : str
        A local file, written over.
    """
    folder = f"{run.layout.staging(run.run_id)}/removable"
    rows = removable_rows(*groups).repartition(1).sortWithinPartitions("path")
    rows.write.csv(folder, mode="overwrite", header=True, quoteAll=True, escape='"', emptyValue="")
    (part,) = (name for name in run.files.names(folder) if name.endswith(".csv"))
    run.files.copy_to_local(f"{folder}/{part}", str(Path(path).absolute()))
