"""What fetching gives: the bytes of a file, and what tells its versions apart."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stat:
    """Size and version of a file.

    Attributes
    ----------
    size : int
        Bytes.
    mtime : int or None
        Last modification, microseconds since 1970-01-01 UTC; None where the store has none.
        An integer, because equality decides whether a file has changed.
    etag : str or None
        The store's own version tag; None for local files.
    """

    size: int
    mtime: int | None
    etag: str | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file's content.

    Attributes
    ----------
    data : bytes
        The whole content.
    size : int
        ``len(data)``: what was read, not what a listing said earlier.
    mtime : int or None
        As in ``Stat``, taken before the first byte was read, so that a file which changes
        while it is read looks changed to the next run.
    etag : str or None
        As in ``Stat``.
    """

    data: bytes
    size: int
    mtime: int | None
    etag: str | None
