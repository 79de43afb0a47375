"""One file goes the way of production, and what becomes of it is judged."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from reliability.reasons import reasons_of_content
from reliability.routes import Routes
from store.schemas import SIGNED
from udfs.answers import warm_up
from udfs.signing import SIGNED_ROWS, SigningTask, sandbox_for, signed_rows

_LEVELS = 272
_LARGEST = 2  # of a level, on both sides of 0


@dataclass(frozen=True)
class Subject:
    """A file to be tried.

    Attributes
    ----------
    group : str
        Where it is from; the report counts by it.
    name : str
        Unique in its group.
    path : Path
        Where it lies while it is tried.
    """

    group: str
    name: str
    path: Path

    def __str__(self) -> str:
        """Group and name, as ``--only`` takes them."""
        return f"{self.group}:{self.name}"


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes
    ----------
    subject : str
        The file.
    group : str
        Its group.
    status, reason, message : str or None
        Of its row; None where there is none.
    seconds : float
        From its path to its row, by the clock.
    breach : str or None
        How the guarantee was broken.
    """

    subject: str
    group: str
    status: str | None
    reason: str | None
    message: str | None
    seconds: float
    breach: str | None


class Trials:
    """Tries files, one after the other, in child processes with a job's limits.

    Parameters
    ----------
    task : SigningTask
        How to sign.
    """

    def __init__(self, task: SigningTask) -> None:
        self._task = task
        self._allowed = reasons_of_content()
        self._open = ExitStack()

    def __enter__(self) -> "Trials":
        warm_up(self._task.parameters)
        self._signing = self._open.enter_context(sandbox_for(self._task))
        self._routes = self._open.enter_context(Routes(self._task))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def routes_compared(self) -> int:
        """The number of files whose signature was made by all routes."""
        return self._routes.compared

    def outcome(self, subject: Subject) -> Outcome:
        """Try a file.

        Parameters
        ----------
        subject : Subject
            The file.

        Returns
        -------
        Outcome
            Also if the guarantee was broken.
        """
        start = time.perf_counter()
        try:
            row, breach = self._row(subject.path), None
        except Exception as error:  # noqa: BLE001 - any exception is what is looked for
            row, breach = {}, f"{type(error).__name__}: {error}"
        seconds = time.perf_counter() - start
        status, reason, message = (row.get(name) for name in ("status", "reason", "message"))
        breach = breach or self._breach(row, subject.path)
        return Outcome(str(subject), subject.group, status, reason, message, seconds, breach)

    def _row(self, path: Path) -> dict[str, Any]:
        asked = {"image_id": "one", "path": path.absolute().as_uri(), "metadata": None}
        (row,) = signed_rows([asked], self._task, self._signing)
        pa.RecordBatch.from_pylist([row], SIGNED_ROWS)  # as every row is sent to Spark
        return row

    def _breach(self, row: Mapping[str, Any], path: Path) -> str | None:
        status, reason = row["status"], row.get("reason")
        if reason not in self._allowed.get(status, ()):
            return f"status {status} with reason {reason} is not documented"
        if status != SIGNED:
            told = row["message"] and "signature" not in row
            return None if told else "there is no message, or there are levels"
        levels = np.frombuffer(row["signature"], np.int8)
        if len(levels) != _LEVELS or (np.abs(levels) > _LARGEST).any():
            return "the levels are none"
        return self._routes.difference(path, levels)
