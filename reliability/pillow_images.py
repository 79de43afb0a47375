"""Pillow's own test images: the files that broke its decoders once, and hundreds that did not.

They lie in the source distribution of the installed version, which pip fetches from wherever it is
told to look. They are Pillow's, under its licence, and stay below ``build/``.
"""

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

PILLOW: Final = version("pillow")

_FOLDER: Final = Path(__file__).resolve().parent.parent / "build" / "pillow-images"
_INSIDE: Final = "Tests/images/"


def pillow_images() -> Path:
    """Fetch and unpack the images where they are missing.

    Returns
    -------
    Path
        Folder of the images of the installed version.

    Raises
    ------
    subprocess.CalledProcessError
        If pip cannot get them.
    """
    unpacked = _FOLDER / PILLOW
    if not unpacked.is_dir():
        _FOLDER.mkdir(parents=True, exist_ok=True)
        partial = _FOLDER / f"{PILLOW}.partial"
        with tarfile.open(_source()) as archive:
            archive.extractall(partial, _images(archive), filter="data")
        partial.rename(unpacked)
    return unpacked / f"pillow-{PILLOW}" / _INSIDE


def _source() -> Path:
    """The archive of Pillow's source, fetched if need be."""
    archive = _FOLDER / f"pillow-{PILLOW}.tar.gz"
    if not archive.is_file():
        pip = [sys.executable, "-m", "pip", "download", "--quiet"]
        subprocess.run(
            [*pip, "--no-deps", "--no-binary", "pillow", "--dest", _FOLDER, f"pillow=={PILLOW}"],
            check=True,
        )
    return archive


def _images(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in archive:
        if f"/{_INSIDE}" in member.name:
            yield member
