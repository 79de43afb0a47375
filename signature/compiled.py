"""Compiling the inner loops with numba, once a machine, wherever the code may lie."""

from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from signature.kernel_cache import KernelCache, cache_folder

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Scalar = TypeVar("Scalar", bound=np.generic)

# numba's decorator has no types; `compiled` gives the function's own types back.
_njit: Final[Any] = numba.njit


def compiled(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Compile a function to machine code on its first call.

    Importing compiles nothing. Machine code is kept on disk, see `signature.kernel_cache`; where
    no folder can be written, a process compiles for itself.

    A compiled function must not call one of another file: its machine code is found again by the
    content of its own file only.

    Parameters
    ----------
    function : callable
        A function on arrays and numbers in the part of Python that numba compiles.

    Returns
    -------
    callable
        The same function, compiled; its types and its docstring stay.
    """
    dispatcher = _njit(function)
    if cache_folder() is not None:
        # What numba's own `cache=True` does, with a cache that finds its way by content.
        kernels: Any = KernelCache  # numba has types for some of its own only
        dispatcher._cache = kernels(function)  # noqa: SLF001 - and no public way
    return cast("Callable[Arguments, Result]", dispatcher)


def read_only(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Return an array as compiled functions take it: they are compiled for each kind of array.

    Parameters
    ----------
    array : array
        Of Arrow, which cannot be written, or of numpy, in any order.

    Returns
    -------
    array
        The same values, in order of rows, not to be written.
    """
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
