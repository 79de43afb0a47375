"""Places for byte strings in a block of memory that is used round and round."""

import mmap
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a byte string lies: whole pages, so that they can be given back.

    Attributes
    ----------
    begin, end : int
        In bytes; the end is exclusive.
    """

    begin: int
    end: int


class Ring:
    """Takes places in a row and gives them back in the same order.

    Parameters
    ----------
    first, last : int
        Begin and end of the memory, in bytes; ``first`` begins a page.
    """

    def __init__(self, first: int, last: int) -> None:
        self._first = first
        self._last = last
        self._taken: deque[Place] = deque()

    def take(self, length: int) -> Place | None:
        """Take a place.

        Parameters
        ----------
        length : int
            Bytes that it must hold.

        Returns
        -------
        Place or None
            None if so many bytes in one piece are not free now.
        """
        size = max(-(-length // mmap.PAGESIZE), 1) * mmap.PAGESIZE
        begin = self._begin_of(size)
        if begin is None:
            return None
        place = Place(begin, begin + size)
        self._taken.append(place)
        return place

    def give_back_oldest(self) -> None:
        """Give back the place that was taken first."""
        self._taken.popleft()

    def _begin_of(self, size: int) -> int | None:
        if not self._taken:
            return self._first if self._first + size <= self._last else None
        oldest, newest = self._taken[0], self._taken[-1]
        if newest.begin < oldest.begin:  # it has gone round: what is free lies between them
            return newest.end if newest.end + size <= oldest.begin else None
        if newest.end + size <= self._last:
            return newest.end
        return self._first if self._first + size <= oldest.begin else None
