"""Compiling the inner loops with numba, wherever the code may lie."""

from collections.abc import Callable
from os import W_OK, access
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast

import numba

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

# numba's decorator has no types; `compiled` gives the function's own types back.
_njit: Final[Any] = numba.njit


def compiled(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Compile a function to machine code on its first call.

    Importing compiles nothing. The machine code is cached on disk where numba finds a place for
    it: beside the source, in ``NUMBA_CACHE_DIR``, or in the user's cache folder. Where there is no
    such place (a read-only folder or a zip, on an executor without a home) numba raises, when it
    decorates or later; such a process compiles once for itself.

    A compiled function must not call one of another file: numba's cache notices a changed source
    only in the file of the function itself.

    Parameters
    ----------
    function : callable
        A function on arrays and numbers in the part of Python that numba compiles.

    Returns
    -------
    callable
        The same function, compiled; its types and its docstring stay.
    """
    try:
        cached = _njit(cache=True)(function)
    except RuntimeError:
        cached = None
    if cached is None or not _can_be_written(Path(cached.stats.cache_path)):
        cached = _njit(function)
    return cast("Callable[Arguments, Result]", cached)


def _can_be_written(folder: Path) -> bool:
    """Whether a folder can be made or written, which numba does not ask for code in a zip."""
    existing = next(part for part in (folder, *folder.parents) if part.exists())
    return existing.is_dir() and access(existing, W_OK)
