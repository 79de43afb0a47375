"""The last look before a user deletes: keeper and copy still have the bytes that were compared.

Nothing is deleted here. A line is safe if both files can be read, both have the bytes that the
run saw, and they are two files, not one file under two names.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from fetch import FetchError, open_stream, scheme_of
from fetch.location import local_path
from store.errors import StoreError
from store.schemas import REMOVABLE

SAFE = "safe"
COPY_CHANGED = "copy changed"
COPY_UNREADABLE = "copy unreadable"
KEEPER_CHANGED = "keeper changed"
KEEPER_UNREADABLE = "keeper unreadable"
SAME_FILE = "same file as its keeper"

_KEEPERS_REMEMBERED = 4096
_BLOCK_BYTES = 2**20

Line = dict[str | None, str]


def check_removable(listed: str, safe: str | None = None) -> dict[str, int]:
    """Check every line of a list of removable files.

    Parameters
    ----------
    listed : str
        A CSV that ``--export-removable`` wrote.
    safe : str, optional
        Where to write the lines that are safe, in the same form.

    Returns
    -------
    dict of str to int
        Lines by state; `SAFE` or what is wrong.

    Raises
    ------
    StoreError
        If the list cannot be read or is none, or ``safe`` cannot be written.
    """
    if safe is not None and Path(safe).absolute() == Path(listed).absolute():
        raise StoreError(f"{safe} is the list itself: name another file for the safe lines")
    counts: Counter[str] = Counter()
    state_of = _Checker()
    try:
        with ExitStack() as stack:
            lines = _lines(stack, listed)
            write = _writer(stack, safe)
            for line in lines:
                if None in line:  # where csv puts what is beyond the last column
                    raise StoreError(f"{listed} is no list of removable files: a line is too long")
                state = state_of(line)
                counts[state] += 1
                if state == SAFE:
                    write(line)
    except OSError as error:
        raise StoreError(f"{error.filename}: {error.strerror}") from error
    except (csv.Error, UnicodeError) as error:
        raise StoreError(f"{listed} is no list of removable files: {error}") from error
    return dict(counts)


class _Checker:
    """Says of each line whether it is safe; remembers keepers, which come again and again."""

    def __init__(self) -> None:
        self._keeper = lru_cache(_KEEPERS_REMEMBERED)(_content)

    def __call__(self, line: Line) -> str:
        copy, keeper = _content(line["path"]), self._keeper(line["keeper_path"])
        if copy is None:
            return COPY_UNREADABLE
        if keeper is None:
            return KEEPER_UNREADABLE
        if copy != line["content_sha256"]:
            return COPY_CHANGED
        if keeper != line["keeper_content_sha256"]:
            return KEEPER_CHANGED
        return SAME_FILE if _is_same_file(line["path"], line["keeper_path"]) else SAFE


def _content(path: str) -> str | None:
    try:
        with open_stream(path) as file:
            digest = sha256()
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    except (FetchError, OSError):
        return None
    return digest.hexdigest()


def _is_same_file(path: str, keeper: str) -> bool:
    """Tell a link from a copy: to delete the one would be to lose the other, or to gain nothing."""
    if path == keeper:
        return True
    if scheme_of(path) != "file" or scheme_of(keeper) != "file":
        return False
    return local_path(path).samefile(local_path(keeper))


def _lines(stack: ExitStack, listed: str) -> Iterable[Line]:
    file = Path(listed).open(newline="", encoding="utf-8")  # noqa: SIM115 - the stack closes it
    stack.enter_context(file)
    reader = csv.DictReader(file, strict=True)
    if reader.fieldnames != REMOVABLE.names:
        raise StoreError(f"{listed} is no list of removable files: its header is another")
    return reader


def _writer(stack: ExitStack, safe: str | None) -> Callable[[Line], object]:
    if safe is None:
        return lambda _line: None
    file = Path(safe).open("w", newline="", encoding="utf-8")  # noqa: SIM115 - the stack closes it
    stack.enter_context(file)
    writer = csv.DictWriter(file, REMOVABLE.names, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    return writer.writerow
