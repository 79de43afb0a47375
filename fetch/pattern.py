"""Glob patterns over the names beneath a folder, one path segment at a time.

A pattern is run as a small automaton: its states are positions in the pattern, and each
folder or file name on the way down moves them. So a walk knows at each folder whether
anything beneath it can still match, and leaves the rest of the tree alone.

``*``, ``?`` and ``[...]`` are those of ``fnmatch`` and match within one segment; ``**`` alone
in a segment matches any number of folders, none included, and at the end everything beneath.
Unlike a shell's, they match names that begin with a dot: nothing is left out in silence. Case
counts. Braces are plain text.
"""

import fnmatch
import re
from dataclasses import dataclass
from functools import lru_cache

_MAGIC = re.compile(r"[*?\[]")
_ANY_DEPTH = "**"

States = frozenset[int]


@dataclass(frozen=True)
class Pattern:
    """A pattern relative to some folder.

    Attributes
    ----------
    segments : tuple of str
        Such as ``("2024-*", "**", "*.jpg")``.
    """

    segments: tuple[str, ...]

    @property
    def start(self) -> States:
        """The states at the folder itself."""
        return self._reach({0})

    def step(self, states: States, name: str) -> States:
        """Move the states by one more name on the way down.

        Parameters
        ----------
        states : frozenset of int
            From ``start`` or ``step``.
        name : str
            A folder's or file's own name, bytes that are not UTF-8 as surrogates.

        Returns
        -------
        frozenset of int
            Empty where nothing at or beneath ``name`` can match.
        """
        end = len(self.segments)
        moved: set[int] = set()
        for state in states:
            if state == end:
                continue
            if self.segments[state] == _ANY_DEPTH:
                # At the end of a pattern it stands for folders and the file's own name.
                moved.update((state, end) if state + 1 == end else (state,))
            elif _compiled(self.segments[state]).match(name):
                moved.add(state + 1)
        return self._reach(moved)

    def accepts(self, states: States) -> bool:
        """Tell whether a file with these states matches the whole pattern.

        Parameters
        ----------
        states : frozenset of int
            After the file's own name.

        Returns
        -------
        bool
            True if the file is wanted.
        """
        return len(self.segments) in states

    def continues(self, states: States) -> bool:
        """Tell whether something beneath a folder with these states can match.

        Parameters
        ----------
        states : frozenset of int
            After the folder's own name.

        Returns
        -------
        bool
            True if the folder is to be entered.
        """
        return any(state < len(self.segments) for state in states)

    def _reach(self, states: set[int]) -> States:
        """``states``, and those behind a ``**`` that matches no folder at all."""
        reached = set(states)
        for state, segment in enumerate(self.segments[:-1]):
            if state in reached and segment == _ANY_DEPTH:
                reached.add(state + 1)
        return frozenset(reached)


EVERYTHING = Pattern((_ANY_DEPTH,))


def is_glob(path: str) -> bool:
    """Tell whether a path holds a character that patterns give a meaning.

    Parameters
    ----------
    path : str
        A path as the user wrote it.

    Returns
    -------
    bool
        True for ``*``, ``?`` and ``[``.
    """
    return _MAGIC.search(path) is not None


def split_glob(path: str) -> tuple[str, Pattern]:
    """Part a path with wildcards into a fixed folder and the pattern beneath it.

    Parameters
    ----------
    path : str
        Absolute local path.

    Returns
    -------
    folder : str
        Everything before the first segment with a wildcard.
    pattern : Pattern
        The rest.

    Examples
    --------
    >>> split_glob("/data/2024-*/**/*.jpg")
    ('/data', Pattern(segments=('2024-*', '**', '*.jpg')))
    """
    segments = [segment for segment in path.split("/") if segment]
    fixed = next((i for i, segment in enumerate(segments) if is_glob(segment)), len(segments))
    return "/" + "/".join(segments[:fixed]), Pattern(tuple(segments[fixed:]))


@lru_cache(maxsize=256)
def _compiled(segment: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(segment))
