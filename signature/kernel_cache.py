"""Where compiled functions are kept on disk, and how they travel inside the code's own zip.

numba finds machine code again by the path of its source file. Spark gives the zip of the code
another path for every job, so that every job would compile anew. Here the *content* of the source
file is what counts, and the code's zip may bring machine code along, in another zip: an executor
with the same processor and the same numba then compiles nothing.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from io import BytesIO
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import Any, Final, Protocol, cast
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


def _candidates() -> Iterator[Path]:
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(chosen)
    with suppress(RuntimeError):  # a user without HOME, whom the system does not know
        yield Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser(), _FOLDER)
    with suppress(FileNotFoundError):  # nowhere to put temporary files
        yield Path(tempfile.gettempdir(), f"{_FOLDER}-{os.getuid()}")


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
    """A cache of one compiled function, for numba to use.

    Whatever is wrong with it costs a compilation and nothing else.
    """

    _impl_class = _Kernels

    def load_overload(self, sig: object, target_context: object) -> object:
        """Return the machine code for a kind of arguments, or None.

        Parameters
        ----------
        sig : numba.core.typing.Signature
            Types of the arguments.
        target_context : numba.core.base.BaseContext
            Of the processor.

        Returns
        -------
        numba.core.compiler.CompileResult or None
            None if there is none that can be read; what is damaged is forgotten.
        """
        cache: Any = super()  # numba's methods have no types
        try:
            return cast("object", cache.load_overload(sig, target_context))
        except Exception:  # noqa: BLE001 - unpickling damaged bytes raises nearly everything
            try:
                cache.flush()
            except OSError:
                cache.disable()
            return None

    def save_overload(self, sig: object, data: object) -> None:
        """Keep machine code, if the disk takes it.

        Parameters
        ----------
        sig : numba.core.typing.Signature
            Types of the arguments.
        data : numba.core.compiler.CompileResult
            The machine code.
        """
        cache: Any = super()
        with suppress(OSError):  # a full disk; this process has what it compiled
            cache.save_overload(sig, data)


def _unpack(loader: zipimporter, key: str, folder: Path) -> None:
    """Copy what the code's zip has of machine code of one source file, if anything."""
    try:
        shipped = loader.get_data(f"{loader.archive}{os.sep}{SHIPPED}")
        with ZipFile(BytesIO(shipped)) as archive:
            names = [name for name in archive.namelist() if name.startswith(f"{key}/")]
            files = {PurePosixPath(name).name: archive.read(name) for name in names}
        if files:
            _make_folder(folder / key, files)
    except Exception:  # noqa: BLE001 - unzipping damaged bytes raises nearly everything
        return  # it is compiled here


def _make_folder(target: Path, files: dict[str, bytes]) -> None:
    """Make a folder with files in one step, unless another process is quicker."""
    unfinished = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        for name, content in files.items():
            (unfinished / name).write_bytes(content)
        unfinished.rename(target)
    finally:
        rmtree(unfinished, ignore_errors=True)  # gone by now if all went well
