"""Builds the zip of this project's packages that Spark ships to every Python.

With the packages goes the machine code that numba makes of them, so that executors like this
machine compile nothing (`signature.kernel_cache` looks for it there).

Beside them go the index mappings, which a driver on a cluster reads from here.

Only ``.py`` files in folders with an ``__init__.py`` go in: people keep their stores and
pictures inside package folders too (``store/photos``), and those are neither shipped nor
walked. The name holds a hash of the content, so that a new build never replaces the zip
under a job that still imports from it.

Run as ``python code_zip.py PROJECT OUT_FOLDER [KERNELS_FOLDER]``: prints the zip's path. Standard
library only, because it runs before anything is on the path. Without a folder for machine code
there is none in the zip; with one, this Python must be the environment's.
"""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

PACKAGES = (
    "sandbox",
    "signature",
    "matching",
    "fetch",
    "store",
    "elastic",
    "udfs",
    "jobs",
    "lookup",
)
COMPILED = ("udfs", "lookup")  # packages with a module `kernels`, which compiles ahead
MAPPINGS = "conf/elasticsearch"
EARLIEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # one date for all: equal sources, equal bytes
KEPT_DAYS = 7  # older zips of other sources go; no job is expected to run that long


def sources_of(package: Path) -> Iterator[Path]:
    """The Python files of a package and its subpackages.

    Parameters
    ----------
    package : Path
        A folder; without an ``__init__.py`` it is no package and has no sources.

    Yields
    ------
    Path
        One file, in a fixed order.
    """
    if not (package / "__init__.py").is_file():
        return
    with os.scandir(package) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if entry.is_dir(follow_symlinks=False):
            yield from sources_of(Path(entry.path))
        elif entry.name.endswith(".py") and entry.is_file():
            yield Path(entry.path)


def read_sources(project: Path) -> list[tuple[str, bytes]]:
    """Every source file of the project's packages, and the index mappings.

    Parameters
    ----------
    project : Path
        The project's root.

    Returns
    -------
    list of (str, bytes)
        Name inside the zip, and content.
    """
    sources = [source for package in PACKAGES for source in sources_of(project / package)]
    sources += sorted((project / MAPPINGS).glob("*.toml"))
    return [(source.relative_to(project).as_posix(), source.read_bytes()) for source in sources]


def compile_ahead(project: Path, kernels: Path) -> None:
    """Make the machine code of all that executors run, and of what lookup runs.

    Parameters
    ----------
    project : Path
        The project's root.
    kernels : Path
        Where to put it; what is there already is not made again.

    Raises
    ------
    subprocess.CalledProcessError
        If the code cannot be compiled; what is wrong was printed.
    """
    print("spark-submit.sh: compiling this code for this machine, once", file=sys.stderr)
    environment = {**os.environ, "PYTHONPATH": str(project), "NUMBA_CACHE_DIR": str(kernels)}
    for package in COMPILED:
        command = [sys.executable, "-P", "-m", f"{package}.kernels"]
        subprocess.run(command, check=True, env=environment, cwd=project)  # noqa: S603 - ours


def read_kernels(sources: list[tuple[str, bytes]], kernels: Path) -> list[tuple[str, bytes]]:
    """Machine code that belongs to sources.

    Parameters
    ----------
    sources : list of (str, bytes)
        Name inside the zip, and content.
    kernels : Path
        Where `compile_ahead` put it.

    Returns
    -------
    list of (str, bytes)
        Name inside its zip, and content.
    """
    # `signature.kernel_cache.content_key` names the folders alike.
    keys = sorted({hashlib.blake2b(source, digest_size=8).hexdigest() for _, source in sources})
    for folder in filter(Path.exists, (kernels / key for key in keys)):
        os.utime(folder)  # in use, see `remove_old`
    return [
        (f"{key}/{file.name}", file.read_bytes())
        for key in keys
        for file in sorted((kernels / key).glob("*.nb[ci]"))
    ]


def zipped(entries: list[tuple[str, bytes]]) -> bytes:
    """Content of a zip; equal entries give equal bytes.

    Parameters
    ----------
    entries : list of (str, bytes)
        Name inside the zip, and content.

    Returns
    -------
    bytes
        The zip.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in entries:
            entry = zipfile.ZipInfo(name, EARLIEST_ZIP_DATE)
            entry.create_system = 3  # Unix, wherever it is built
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def write_at_once(content: bytes, target: Path) -> None:
    """Write a file in one step, so that nobody reads half of one.

    Parameters
    ----------
    content : bytes
        Of the file.
    target : Path
        Where it appears.
    """
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(target)


def remove_old(folder: Path, pattern: str) -> None:
    """Delete what no start has made or used for `KEPT_DAYS`.

    Parameters
    ----------
    folder : Path
        Where zips or folders of machine code are.
    pattern : str
        Of their names.
    """
    oldest = time.time() - KEPT_DAYS * 24 * 3600
    for old in folder.glob(pattern):
        try:
            if old.stat().st_mtime < oldest:
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        except FileNotFoundError:  # another start was quicker
            continue


def build_code_zip(project: Path, folder: Path, kernels: Path | None = None) -> Path:
    """Build the zip if there is none of these very sources.

    Parameters
    ----------
    project : Path
        The project's root.
    folder : Path
        Where to put the zip; made if it is missing.
    kernels : Path or None
        Where machine code is kept; None to ship none.

    Returns
    -------
    Path
        The zip, named by a hash of the sources and, with machine code, of Python and its packages.
    """
    sources = read_sources(project)
    digest = hashlib.blake2b(digest_size=6)
    for name, content in sources:
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    if kernels is not None:
        digest.update(str(sys.implementation.cache_tag).encode())
        digest.update((project / "requirements.lock").read_bytes())  # numba's version, for one
    target = folder / f"app-{digest.hexdigest()}.zip"
    folder.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        if kernels is not None:
            compile_ahead(project, kernels)
            # One entry, see `signature.kernel_cache`.
            sources.append(("kernels.zip", zipped(read_kernels(sources, kernels))))
            remove_old(kernels, "*")
        write_at_once(zipped(sources), target)
    os.utime(target)
    remove_old(folder, "app-*.zip")
    return target


if __name__ == "__main__":
    try:
        print(build_code_zip(*map(Path, sys.argv[1:])))
    except subprocess.CalledProcessError:
        sys.exit("spark-submit.sh: this code cannot be compiled, for the reason above")
