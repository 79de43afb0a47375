"""What every writer of the run log agrees on, be it a job or ``python -m store rollback``."""

from secrets import token_hex

TRANSACTION = "spark-image-match.runs"
"""Delta's ``txnAppId`` of the log's rows; a row's sequence number is its ``txnVersion``."""


def new_run_id(sequence: int) -> str:
    """Return an id: the sequence number, for people, and 8 random digits, against collisions.

    Parameters
    ----------
    sequence : int
        One above the parent's.

    Returns
    -------
    str
        Such as ``000001-0a1b2c3d``.
    """
    return f"{sequence:06d}-{token_hex(4)}"


def sequence_of(run_id: str) -> str:
    """Return the part of an id that runs with one parent have in common.

    Parameters
    ----------
    run_id : str
        What `new_run_id` returned.

    Returns
    -------
    str
        The sequence number, as it is written there.
    """
    return run_id.split("-", 1)[0]
