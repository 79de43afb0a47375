"""How long a search may still take."""

import re
import time
from typing import Final

from lookup.errors import RequestError, SearchTimedOutError

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}
_TIME: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m)?\s*")


def seconds_of(timeout: str | float) -> float:
    """Read a time as image-match's users write it.

    Parameters
    ----------
    timeout : str or float
        Such as ``10s``, ``500ms`` or ``1m``; a number is seconds.

    Returns
    -------
    float
        Seconds, above 0.

    Raises
    ------
    RequestError
        If it is no such time.

    Examples
    --------
    >>> seconds_of("500ms")
    0.5
    """
    found = _TIME.fullmatch(str(timeout))
    seconds = float(found[1]) * _UNITS[found[2] or "s"] if found else 0.0
    if seconds <= 0:
        raise RequestError(f"A timeout is a time such as '10s', not {timeout!r}.")
    return seconds


class TimeLeft:
    """The time that all requests of one search have together.

    Parameters
    ----------
    seconds : float
        From now on.
    """

    def __init__(self, seconds: float) -> None:
        self.all = seconds
        self._end = time.monotonic() + seconds

    def seconds(self) -> float:
        """Return what is left.

        Returns
        -------
        float
            Seconds, above 0.

        Raises
        ------
        SearchTimedOutError
            If there is nothing left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise SearchTimedOutError(f"The search was not done within {self.all:g} s.")
        return left
