"""Which module reads locations of which scheme: the seam where S3, http and shards join.

A new kind of location is one module with the three functions of ``Fetcher`` and one line in
``_FETCHERS``; nothing else in the project changes.
"""

from collections.abc import Mapping
from typing import BinaryIO, Protocol

from fetch import local
from fetch.content import Fetched, Stat
from fetch.errors import UnsupportedSchemeError
from fetch.location import canonical, scheme_of


class Fetcher(Protocol):
    """What a module that reads one kind of location offers."""

    def fetch(self, path: str, max_bytes: int) -> Fetched:
        """Read a canonical path; see `fetch.registry.fetch`."""

    def stat(self, path: str) -> Stat:
        """Size and version of a canonical path; see `fetch.registry.stat`."""

    def open_stream(self, path: str) -> BinaryIO:
        """Open a canonical path; see `fetch.registry.open_stream`."""


_FETCHERS: Mapping[str, Fetcher] = {"file": local}


def fetch(path: str, max_bytes: int) -> Fetched:
    """Read a location.

    Parameters
    ----------
    path : str
        A path or URI; it need not be canonical.
    max_bytes : int
        A file above this size is refused, whatever size it was said to have before.

    Returns
    -------
    Fetched
        The bytes, their number, and what tells this version of the file from the next.

    Raises
    ------
    FetchError
        One of its subclasses; ``reason`` says which, ``transient`` whether to try again.
    """
    location = canonical(path)
    return _fetcher_of(location).fetch(location, max_bytes)


def stat(path: str) -> Stat:
    """Size and version of a location, without reading it.

    Parameters
    ----------
    path : str
        A path or URI; it need not be canonical.

    Returns
    -------
    Stat
        Size, modification time, etag.

    Raises
    ------
    FetchError
        As ``fetch`` does.
    """
    location = canonical(path)
    return _fetcher_of(location).stat(location)


def open_stream(path: str) -> BinaryIO:
    """Open a location that is read piece by piece, such as a manifest.

    Parameters
    ----------
    path : str
        A path or URI; it need not be canonical.

    Returns
    -------
    binary file
        Seekable, buffered, at its beginning; to be closed by the caller.

    Raises
    ------
    FetchError
        As ``fetch`` does, save TooManyBytesError.
    """
    location = canonical(path)
    return _fetcher_of(location).open_stream(location)


def _fetcher_of(location: str) -> Fetcher:
    scheme = scheme_of(location)
    if scheme not in _FETCHERS:
        known = ", ".join(sorted(_FETCHERS))
        raise UnsupportedSchemeError(f"{location}: this version reads only {known}, not {scheme}.")
    return _FETCHERS[scheme]
