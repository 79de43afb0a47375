"""Numpy's matrix products on one thread each, whatever the environment said when it was loaded.

Threads that multiply side by side need it: those of OpenBLAS wait for each other in busy loops,
and on two shared cores made brute force seven times slower. numpy has no function for it; this
calls the one of the library that numpy's wheels bring along.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

#: Where numpy's wheels for Linux keep OpenBLAS, and what its functions are called there.
_FOLDER: Final = Path(np.__file__).parent.with_name("numpy.libs")
_FILES: Final = "*openblas*"
_GET: Final = "scipy_openblas_get_num_threads64_"
_SET: Final = "scipy_openblas_set_num_threads64_"


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let each product take one thread, in the whole process, until the context is left.

    Another numpy than that of the wheels is left as it is: for it, set what its library reads
    from the environment, such as ``OPENBLAS_NUM_THREADS``.

    Yields
    ------
    None
        Nothing.
    """
    before = blas_threads()
    _set(1)
    try:
        yield
    finally:
        _set(before)


def blas_threads() -> int | None:
    """How many threads a product may take.

    Returns
    -------
    int or None
        None where that is not known.
    """
    library = _library()
    return getattr(library, _GET)() if library else None


def _set(count: int | None) -> None:
    library = _library()
    if library and count:
        getattr(library, _SET)(count)


def _library() -> ctypes.CDLL | None:
    """The library that numpy uses already; opening it again gives the same one."""
    libraries = (ctypes.CDLL(str(file)) for file in _FOLDER.glob(_FILES))
    return next((found for found in libraries if hasattr(found, _SET)), None)
