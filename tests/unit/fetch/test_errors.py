import errno
import pickle

import pytest

from fetch import errors
from fetch.errors import FetchError, from_os_error

CLASSES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, FetchError) and kind is not FetchError
]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_survives_pickling_with_its_reason(kind: type[FetchError]) -> None:
    error = pickle.loads(pickle.dumps(kind("/x: gone.")))  # noqa: S301
    assert type(error) is kind
    assert (str(error), error.reason, error.transient) == ("/x: gone.", kind.reason, kind.transient)


def test_reasons_are_distinct() -> None:
    assert {kind.reason for kind in CLASSES} == {
        "not_found",
        "permission_denied",
        "not_a_file",
        "too_many_bytes",
        "unreadable",
        "timed_out",
        "private_address",
        "unsupported_scheme",
        "invalid_path",
    }


@pytest.mark.parametrize(
    ("number", "reason", "transient"),
    [
        (errno.ENOENT, "not_found", False),
        (errno.ENOTDIR, "not_found", False),
        (errno.ELOOP, "not_found", False),
        (errno.EACCES, "permission_denied", False),
        (errno.EPERM, "permission_denied", False),
        (errno.EISDIR, "not_a_file", False),
        (errno.ENXIO, "not_a_file", False),
        (errno.ENAMETOOLONG, "invalid_path", False),
        (errno.EIO, "unreadable", True),
        (errno.ESTALE, "unreadable", True),
        (None, "unreadable", True),
    ],
)
def test_errno_becomes_a_reason(number: int | None, reason: str, transient: bool) -> None:
    error = from_os_error(OSError(number, "why"), "/x")
    assert (error.reason, error.transient) == (reason, transient)
