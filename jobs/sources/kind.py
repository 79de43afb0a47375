"""What the user's source is: a folder, a glob, one picture, or a manifest of some format."""

import os
import stat as modes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal, get_args

from fetch import FetchError, canonical, scheme_of
from fetch.location import local_path
from fetch.pattern import is_glob
from jobs.sources.errors import SourceError

SourceFormat = Literal["folder", "glob", "parquet", "csv", "jsonl"]
SOURCE_FORMATS: tuple[SourceFormat, ...] = get_args(SourceFormat)
AUTO = "auto"

_FORMAT_OF_SUFFIX: dict[str, SourceFormat] = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_PACKED_FORMATS = frozenset({"csv", "jsonl"})  # may end in .gz besides


@dataclass(frozen=True)
class Source:
    """A source that was looked at.

    Attributes
    ----------
    format : str
        One of ``SOURCE_FORMATS``.
    path : str
        Canonical path; for a glob the whole pattern.
    """

    format: SourceFormat
    path: str


def recognise(source: str, source_format: str = AUTO) -> Source:
    """Find out what a source is.

    Parameters
    ----------
    source : str
        Path, glob or ``file:`` URI, as the user wrote it.
    source_format : str
        One of ``SOURCE_FORMATS``, or ``auto``, which goes by what is at the path and by its name.

    Returns
    -------
    Source
        Its format and canonical path.

    Raises
    ------
    SourceError
        If the format is unknown, the scheme is not read yet, nothing is there, or what is there
        does not fit the format.
    """
    wanted = _wanted(source_format)
    try:
        path = canonical(source)
    except FetchError as error:
        raise SourceError(f"The source is no location: {error}") from error
    if scheme_of(path) != "file":
        raise SourceError(f"The source {source} is not on a file system, and no other is read yet.")
    mode = _mode_of(local_path(path))
    if wanted == "glob" or (wanted is None and mode is None and is_glob(source)):
        return Source("glob", path)
    if mode is None:
        raise SourceError(f"No such file or folder: {source}")
    if not (modes.S_ISDIR(mode) or modes.S_ISREG(mode)):
        raise SourceError(f"The source {source} is neither a file nor a folder.")
    return Source(wanted or _format_at(path, mode), path)


def _wanted(source_format: str) -> SourceFormat | None:
    for known in SOURCE_FORMATS:
        if source_format == known:
            return known
    if source_format == AUTO:
        return None
    choice = ", ".join((AUTO, *SOURCE_FORMATS))
    raise SourceError(f"The source format {source_format!r} is unknown; it is one of {choice}.")


def _format_at(path: str, mode: int) -> SourceFormat:
    found = format_of_name(path)
    if found is None and modes.S_ISDIR(mode):
        found = _format_of_parts(local_path(path))
    return found or "folder"


def format_of_name(name: str) -> SourceFormat | None:
    """Tell the manifest format that a file name's end stands for.

    Parameters
    ----------
    name : str
        File name or path.

    Returns
    -------
    str or None
        None where the end is none of ``.parquet .csv .jsonl .ndjson .json``, the text formats
        also with ``.gz`` behind.
    """
    file = PurePath(name.lower())
    if file.suffix != ".gz":
        return _FORMAT_OF_SUFFIX.get(file.suffix)
    packed = _FORMAT_OF_SUFFIX.get(PurePath(file.stem).suffix)
    return packed if packed in _PACKED_FORMATS else None


def _format_of_parts(folder: Path) -> SourceFormat | None:
    """Format of a folder that holds a job's part files and nothing else."""
    found: SourceFormat | None = None
    for name in _names_in(folder):
        if name.startswith(("_", ".")):
            continue
        part = format_of_name(name) if name.startswith("part-") else None
        if part is None or found not in (None, part):
            return None
        found = part
    return found


def _names_in(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:  # iterdir would list a folder of millions first
            for entry in entries:
                yield entry.name
    except OSError as error:
        described = error.strerror or str(error)
        raise SourceError(f"The folder {folder} cannot be read: {described}.") from error


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except OSError:
        return None
