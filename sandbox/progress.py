"""Whether a process gets on: how much processor time it has used, and whether it sleeps."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Where in ``/proc/PID/stat``, counted behind the name, the state and the two times stand.
_STATE: Final = 0
_USER: Final = 11
_SYSTEM: Final = 12
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Progress:
    """A look at a process.

    Attributes
    ----------
    cpu_seconds : float
        Processor time of all its threads since it started.
    asleep : bool
        Whether every thread waits for an event: none runs, is ready to run, or waits for a disk.
    """

    cpu_seconds: float
    asleep: bool


def progress_of(pid: int) -> Progress | None:
    """Look at a process.

    Parameters
    ----------
    pid : int
        Of a process on this machine.

    Returns
    -------
    Progress or None
        None where the system does not tell, or the process is gone.
    """
    try:
        whole = _fields(Path(f"/proc/{pid}/stat"))
        threads = [_fields(task / "stat") for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return None
    ticks = int(whole[_USER]) + int(whole[_SYSTEM])
    return Progress(ticks / _TICKS, all(thread[_STATE] == "S" for thread in threads))


def _fields(path: Path) -> list[str]:
    # The name stands in parentheses and may hold some itself.
    return path.read_text().rpartition(")")[2].split()
