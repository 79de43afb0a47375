"""Why a database could not do what it was asked, each with a one-line meaning.

A picture that cannot be had or signed is no fault of a database: `fetch.FetchError` and
`signature.SignatureError` say what is wrong with it.
"""

from typing import Any


class DatabaseError(Exception):
    """A database of signatures cannot do as asked; the message says why."""


class RequestError(DatabaseError, ValueError):
    """What was asked makes no sense; nothing was sent."""


class ReadOnlyError(DatabaseError):
    """A database that is only read here was to be changed."""


class NoSuchDatabaseError(DatabaseError):
    """The index, or the store, does not exist."""


class VersionError(DatabaseError):
    """The database holds signatures of another version, or cells of another model."""


class UnreachableError(DatabaseError):
    """The server does not answer, or breaks off."""


class RejectedError(DatabaseError):
    """The server answers that it will not do it."""


class IncompleteError(DatabaseError):
    """A search saw only a part of the database.

    Parameters
    ----------
    message : str
        One sentence.
    matches : list of dict
        What was found in the part that was seen.

    Attributes
    ----------
    matches : list of dict
        The same.
    """

    def __init__(self, message: str, matches: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.matches = matches or []


class SearchTimedOutError(IncompleteError):
    """A search was not done in its time."""
