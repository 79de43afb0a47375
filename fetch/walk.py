"""List what lies in a folder, whole trees of it, without losing a name.

Names are bytes throughout, as Linux has them. Every entry that a pattern wants comes out: a
regular file (or a link to one) with its size and time, anything else with the reason why it
is no image. Links to folders are not entered, since they can lead in circles.
"""

import os
import stat as modes
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from fetch.errors import NotAFileError, from_os_error
from fetch.location import canonical_of_name
from fetch.pattern import EVERYTHING, Pattern, States

LINK_TO_FOLDER = "link_to_folder"

# What `split` may look at and hold: a second or two of scanning, a megabyte or two of names.
_SPLIT_ENTRIES = 1_000_000
_SPLIT_FOLDERS = 10_000
_NS_PER_US = 1000


class Subtree(NamedTuple):
    """A folder to be listed: one unit of work.

    Attributes
    ----------
    folder : bytes
        Absolute, normalised name.
    states : frozenset of int
        Where the pattern stands at this folder.
    deep : bool
        False where only the files directly in it are meant, because its folders are subtrees
        of their own.
    """

    folder: bytes
    states: States
    deep: bool


class Listed(NamedTuple):
    """One entry that was found.

    Attributes
    ----------
    path : str
        Canonical path.
    size : int or None
        Bytes; None where the entry is no file.
    mtime : int or None
        Microseconds since 1970-01-01 UTC; None likewise.
    reason : str or None
        Why it cannot be read, where that is known by now.
    """

    path: str
    size: int | None
    mtime: int | None
    reason: str | None


def walk(subtree: Subtree, pattern: Pattern = EVERYTHING) -> Iterator[Listed]:
    """List a subtree, holding only the names of folders still to be entered.

    Parameters
    ----------
    subtree : Subtree
        Where to begin.
    pattern : Pattern
        Which files are wanted, relative to the root that ``subtree.states`` count from.

    Yields
    ------
    Listed
        In the order of the file system, which no caller may rely on. A folder that cannot be
        read is one row with its reason.
    """
    waiting = [subtree]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here.folder) as entries:
                for entry in entries:
                    states = pattern.step(here.states, _text(entry.name))
                    if _is_folder(entry):
                        if here.deep and pattern.continues(states):
                            waiting.append(Subtree(entry.path, states, deep=True))
                    elif pattern.accepts(states):
                        yield _listed(entry)
        except OSError as error:
            yield _unreadable(here.folder, error)


def split(root: bytes, pattern: Pattern, wanted: int) -> list[Subtree]:
    """Cut a tree into subtrees that can be listed side by side.

    Goes down breadth first until there are ``wanted`` subtrees. It looks at no more than a
    million entries and holds no more than about ten thousand folders, whatever the tree is
    like; what lies deeper stays in one piece.

    Parameters
    ----------
    root : bytes
        Absolute, normalised name of a folder.
    pattern : Pattern
        Which files are wanted, relative to ``root``.
    wanted : int
        Number of subtrees to stop at.

    Returns
    -------
    list of Subtree
        Together they hold each folder of the tree once.
    """
    waiting = deque([Subtree(root, pattern.start, deep=True)])
    done: list[Subtree] = []
    entries_left = _SPLIT_ENTRIES
    while waiting and entries_left > 0 and len(waiting) + len(done) < wanted:
        here = waiting.popleft()
        seen, folders = _folders_in(here, pattern, entries_left)
        entries_left -= seen
        # A folder that could not be seen whole stays in one piece.
        done.append(here if folders is None else here._replace(deep=False))
        waiting.extend(folders or ())
    return [*done, *waiting]


def _folders_in(
    parent: Subtree, pattern: Pattern, entries_left: int
) -> tuple[int, list[Subtree] | None]:
    """Count the entries looked at, and give the folders that are worth entering."""
    folders: list[Subtree] = []
    seen = 0
    try:
        with os.scandir(parent.folder) as entries:
            for entry in entries:
                seen += 1
                if seen > entries_left or len(folders) >= _SPLIT_FOLDERS:
                    return seen, None
                if _is_folder(entry):
                    states = pattern.step(parent.states, _text(entry.name))
                    if pattern.continues(states):
                        folders.append(Subtree(entry.path, states, deep=True))
    except OSError:
        return seen, None  # the walk meets the same error and makes a row of it
    return seen, folders


def _is_folder(entry: os.DirEntry[bytes]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False  # one bad entry must not end its folder; `_listed` gives it its reason


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _listed(entry: os.DirEntry[bytes]) -> Listed:
    try:
        found = entry.stat()
    except OSError as error:
        return _unreadable(entry.path, error)
    path = canonical_of_name(entry.path)
    if modes.S_ISREG(found.st_mode):
        return Listed(path, found.st_size, found.st_mtime_ns // _NS_PER_US, None)
    link = modes.S_ISDIR(found.st_mode)
    return Listed(path, None, None, LINK_TO_FOLDER if link else NotAFileError.reason)


def _unreadable(name: bytes, error: OSError) -> Listed:
    path = canonical_of_name(name)
    return Listed(path, None, None, from_os_error(error, path).reason)
