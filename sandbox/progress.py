"""Whether a process gets on: how much processor time it has used, and whether it sleeps."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Where in ``/proc/PID/stat``, counted behind the name, the two times stand.
_USER: Final = 11
_SYSTEM: Final = 12
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Progress:
    """A look at a process; two that are equal have seen nothing happen between them.

    Attributes
    ----------
    cpu_seconds : float
        Processor time of all its threads since it started.
    asleep : bool
        Whether every thread waits for an event: none runs, is ready to run, or waits for a disk.
    waits : int
        How often its threads have begun to wait.
    """

    cpu_seconds: float
    asleep: bool
    waits: int


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
        # The name stands in parentheses and may hold some itself.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        threads = list(_threads(Path(f"/proc/{pid}/task")))
    except OSError:
        return None
    return Progress(
        cpu_seconds=(int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS,
        asleep=all(thread["State"].startswith("S") for thread in threads),
        waits=sum(int(thread.get("voluntary_ctxt_switches", 0)) for thread in threads),
    )


def _threads(tasks: Path) -> Iterator[dict[str, str]]:
    for task in tasks.iterdir():
        with suppress(OSError):  # it has ended since they were listed
            lines = (task / "status").read_text().splitlines()
            entries = (line.partition(":") for line in lines)
            yield {name: value.strip() for name, _, value in entries}
