"""Calls of Elasticsearch's client whose failures are errors of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from elasticsearch import (
    ApiError,
    AuthenticationException,
    AuthorizationException,
    ConnectionError,  # noqa: A004 - the client's own
    ConnectionTimeout,
    Elasticsearch,
    NotFoundError,
    SerializationError,
    TransportError,
    UnsupportedProductError,
)

from lookup.errors import (
    DatabaseError,
    NoSuchDatabaseError,
    RejectedError,
    SearchTimedOutError,
    UnreachableError,
)
from lookup.time_left import TimeLeft

_BUSY: Final = frozenset({429, 503})
_MOST_WORDS: Final = 300


@contextmanager
def failures_named(index: str) -> Iterator[None]:
    """Raise what the client raises as an error of this package.

    Parameters
    ----------
    index : str
        For the message.

    Yields
    ------
    None
        While the client is called.
    """
    try:
        yield
    except NotFoundError as error:
        raise NoSuchDatabaseError(f"There is no index {index}: {_reason(error)}.") from error
    except (AuthenticationException, AuthorizationException) as error:
        raise RejectedError(
            f"Elasticsearch does not let us into {index}: {_reason(error)}."
        ) from error
    except ApiError as error:
        kind = UnreachableError if error.status_code in _BUSY else RejectedError
        raise kind(f"Elasticsearch answers {error.status_code}: {_reason(error)}.") from error
    except ConnectionTimeout as error:
        raise SearchTimedOutError("Elasticsearch did not answer in time.") from error
    except UnsupportedProductError as error:
        raise RejectedError("What answers there is not Elasticsearch.") from error
    except (ConnectionError, SerializationError, TransportError) as error:
        raise UnreachableError(f"Elasticsearch cannot be reached: {_shown(error)}.") from error


def patient(es: Elasticsearch, left: TimeLeft) -> Elasticsearch:
    """Return a client whose next request ends when the time does.

    Parameters
    ----------
    es : Elasticsearch
        The user's.
    left : TimeLeft
        Of the whole search.

    Returns
    -------
    Elasticsearch
        Shares its connections; it tries once.
    """
    return es.options(request_timeout=left.seconds(), max_retries=0, retry_on_timeout=False)


def _reason(error: ApiError) -> str:
    """The server's reason, the innermost one."""
    body: Any = error.body
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        causes = body["error"].get("root_cause") or [body["error"]]
        reason = causes[0].get("reason") or body["error"].get("type")
        return str(reason)[:_MOST_WORDS]
    return str(error.message)[:_MOST_WORDS]


def _shown(error: Exception) -> str:
    return (str(getattr(error, "message", "")) or type(error).__name__)[:_MOST_WORDS]


def one_reason(item: Any) -> DatabaseError:  # noqa: ANN401 - an item of a bulk answer
    """Make an error of an item that a bulk refused.

    Parameters
    ----------
    item : mapping
        Of the answer, below its action.

    Returns
    -------
    DatabaseError
        With the server's reason.
    """
    error = item.get("error")
    reason = error.get("reason") if isinstance(error, dict) else error
    return RejectedError(f"Elasticsearch answers {item.get('status')}: {reason}."[:_MOST_WORDS])
