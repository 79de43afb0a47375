"""Where compiled functions are kept on disk, and how they travel inside the code's own zip.

numba finds machine code again by the path of its source file. Spark gives the zip of the code
another path for every job, so that every job would compile anew. Here the *content* of the source
file is what counts, and the code's zip may bring machine code along, in another zip: an executor
with the same processor and the same numba then compiles nothing.
"""

import os
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from io import BytesIO
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import Any, Final, Protocol
from zipfile import ZipFile
from zipimport import zipimporter

from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator

#: The zip inside the code's zip that holds machine code: one entry, because Spark makes every
#: Python worker read the list of entries anew for each task.
SHIPPED: Final = "kernels.zip"

_FOLDER: Final = "spark-image-match"
_PRIVATE: Final = 0o700


class _Loader(Protocol):
    def get_data(self, path: str, /) -> bytes:
        """Return a file's content."""


@cache
def cache_folder() -> Path | None:
    """Return the folder that machine code is kept in.

    Returns
    -------
    Path or None
        The first that can be written of ``NUMBA_CACHE_DIR``, a folder in the user's cache, and
        one among the temporary files; None if there is none.
    """
    for folder in _candidates():
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
            # Machine code of somebody else is not run.
            if folder.stat().st_uid == os.getuid() and os.access(folder, os.W_OK | os.X_OK):
                return folder
        except OSError:
            continue
    return None


def _candidates() -> list[Path]:
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    temporary = Path(tempfile.gettempdir(), f"{_FOLDER}-{os.getuid()}")
    return [*([Path(chosen)] if chosen else []), user / _FOLDER, temporary]


def content_key(source: bytes) -> str:
    """Name of the folder for the machine code of a source file.

    Parameters
    ----------
    source : bytes
        The file's content.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    return blake2b(source, digest_size=8).hexdigest()


class _ByContent(_CacheLocator):
    """Tells numba where the machine code of a function lies, and which source it is of."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        loader: _Loader = function.__globals__["__loader__"]
        self._key = content_key(loader.get_data(file))
        self._line = function.__code__.co_firstlineno
        folder = cache_folder() or Path()
        self._folder = folder / self._key
        if isinstance(loader, zipimporter) and not self._folder.exists():
            _unpack(loader, self._key, folder)

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> "_ByContent":
        return cls(py_func, py_file)

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return self._key

    def get_disambiguator(self) -> str:
        return str(self._line)


class _Kernels(CompileResultCacheImpl):
    _locator_classes: list[type[object]] = [_ByContent]  # noqa: RUF012 - as numba declares it


class KernelCache(FunctionCache):
    """A cache of one compiled function, for numba to use."""

    _impl_class = _Kernels


def _unpack(loader: zipimporter, key: str, folder: Path) -> None:
    """Copy what the code's zip has of machine code of one source file, in one step."""
    try:
        shipped = loader.get_data(f"{loader.archive}{os.sep}{SHIPPED}")
    except OSError:
        return
    with ZipFile(BytesIO(shipped)) as archive:
        names = [name for name in archive.namelist() if name.startswith(f"{key}/")]
        if not names:
            return
        unfinished = Path(tempfile.mkdtemp(dir=folder))
        for name in names:
            (unfinished / PurePosixPath(name).name).write_bytes(archive.read(name))
    try:
        unfinished.rename(folder / key)
    except OSError:  # another process was quicker
        rmtree(unfinished)
