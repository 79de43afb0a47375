"""What Delta raises when two write one table at once, as this project's one error."""

from collections.abc import Iterator
from contextlib import contextmanager

from delta.exceptions import (
    ConcurrentAppendException,
    ConcurrentDeleteDeleteException,
    ConcurrentDeleteReadException,
    ConcurrentTransactionException,
    ConcurrentWriteException,
    DeltaConcurrentModificationException,
    MetadataChangedException,
    ProtocolChangedException,
)

from jobs.errors import ConflictError

# Siblings in Delta's Python package, though children of the first in its Scala one.
_CONFLICTS = (
    DeltaConcurrentModificationException,
    ConcurrentAppendException,
    ConcurrentDeleteDeleteException,
    ConcurrentDeleteReadException,
    ConcurrentTransactionException,
    ConcurrentWriteException,
    MetadataChangedException,
    ProtocolChangedException,
)


@contextmanager
def conflicts_told() -> Iterator[None]:
    """Turn any of Delta's conflicts into a sentence.

    Raises
    ------
    ConflictError
        If another run wrote the same table while the block did.
    """
    try:
        yield
    except _CONFLICTS as error:
        raise ConflictError(
            "another run is writing this store at the same time: this one ends here, "
            "and nothing of it is visible; start it again when the other is done"
        ) from error
