"""How much memory the Python processes of a running job take, read from ``/proc`` on Linux."""

import os
import threading
from pathlib import Path

_EVERY = 0.2  # seconds
_OF_WORKERS = b"pyspark.daemon"


def cpu_seconds() -> float:
    """Return the processor time of this process and all below it, so far.

    Returns
    -------
    float
        Seconds, of all cores together; of ended processes as far as their parents waited.
    """
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            process = int(folder.name)
            children.setdefault(_parent(process), []).append(process)
    total, waiting = 0.0, [os.getpid()]
    while waiting:
        process = waiting.pop()
        total += _cpu(process)
        waiting += children.get(process, [])
    return total


def _cpu(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def peak_bytes(process: int) -> int:
    """Return the most memory that a process had so far.

    Parameters
    ----------
    process : int
        Its id.

    Returns
    -------
    int
        Bytes, resident; 0 if there is no such process.
    """
    return _status(process, "VmHWM:") * 1024


class PeakMemory:
    """Watches Spark's Python workers, and the children in which they decode, while it is open.

    Attributes
    ----------
    worker, child : int
        The most bytes of memory (resident set) that one of them was seen with.
    """

    def __init__(self) -> None:
        self.worker = 0
        self.child = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY):
            parents = {process: _parent(process) for process in _python_workers()}
            for process, parent in parents.items():
                grandparent = parents.get(parent)
                if grandparent is None:
                    continue  # the daemon that forks the workers
                if grandparent in parents:
                    self.child = max(self.child, peak_bytes(process))
                else:
                    self.worker = max(self.worker, peak_bytes(process))


def _python_workers() -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                if _OF_WORKERS in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


def _status(process: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def _parent(process: int) -> int:
    return _status(process, "PPid:")
