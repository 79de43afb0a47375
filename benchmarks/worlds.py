"""Larger corpora that are as real as a small one: its pictures turned, mirrored and inverted.

Each of the 8 orientations of all pictures, and of their negatives, is a *world*. Signatures move
by a permutation and a change of signs that is the same for the whole world, so that distances and
neighbours within a world are those of the real corpus to the last bit. A picture that looks like
itself when it is moved would have itself for a neighbour, and all others of its kind (boards,
pages): it is left out of a world if it lies below `ALIKE` of its own form in a world before. Else
pictures of two worlds are neighbours as unrelated pictures are.

Measured on 72,585 real pictures, of which 16 worlds make 1.11 million: neighbours of a picture that
is no frame of a game, in brackets the share of pictures that have any, 3,000 and more sampled (a
hundredth of the pictures holds most neighbours, so that the means are good to a fifth or so).

    signatures  below .2       .2 to .3       .3 to .4       .4 to .45
        72,585  0.35 (3.2 %)   2.2 (4.1 %)    7.2 (7.8 %)    3.1 (14.5 %)
       125,000  0.36 (3.3 %)   2.2 (3.9 %)    7.3 (7.1 %)    3.4 (14.2 %)
       250,000  0.30 (3.5 %)   2.6 (4.3 %)    8.6 (8.1 %)    4.0 (16.9 %)
       500,000  0.19 (3.1 %)   2.3 (4.1 %)    9.3 (8.9 %)    9.2 (19.6 %)
     1,000,000  0.17 (2.6 %)   1.2 (3.6 %)    7.1 (9.6 %)   10.3 (22.1 %)

What grows are the false pairs just below 0.45, as they do in any corpus: unrelated pictures alone
have 3.4 at a million (design, section 7).
There are no other worlds: only these 16 moves map neighbouring grid points to neighbouring ones
and differences of means to differences of means. More signatures than that need more pictures.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from benchmarks.blocks import Distances
from benchmarks.signature_file import Corpus, Levels, Rows, first_of_each, joined
from signature import Orientation, inverted, oriented


class Move(NamedTuple):
    """What is done to all pictures of a world."""

    orientation: Orientation
    negative: bool

    def of(self, levels: Levels) -> Levels:
        """Signatures of moved pictures.

        Parameters
        ----------
        levels : (n, 272) int8
            Of the pictures.

        Returns
        -------
        (n, 272) int8
            A new array.
        """
        turned = oriented(levels, self.orientation)
        return inverted(turned) if self.negative else turned

    def after(self, other: "Move") -> "Move":
        """The move that leads from another world to this one.

        Parameters
        ----------
        other : Move
            What was done already.

        Returns
        -------
        Move
            As seen from the pictures that are not moved: distances are the same there.
        """
        return Move(
            self.orientation.then(other.orientation.inverse), self.negative != other.negative
        )


#: The picture itself first, and mirrored pictures, which look most like it, last.
MOVES: Final = tuple(
    Move(orientation, negative)
    for orientation in (
        Orientation.UPRIGHT,
        Orientation.TURNED_RIGHT,
        Orientation.TURNED_LEFT,
        Orientation.TURNED_180,
        Orientation.TRANSPOSED,
        Orientation.TRANSVERSED,
        Orientation.FLIPPED,
        Orientation.MIRRORED,
    )
    for negative in (False, True)
)
#: Distance of a picture from itself, moved, below which it is left out. 0.35 keeps the neighbours
#: below 0.40 of an average picture; 0.30 gives 13 % more of them, 0.45 leaves 38 %.
ALIKE: Final = 0.35
#: Pictures of one piece of a world that is not taken whole. Of the pairs below 0.40 in a real
#: corpus of 72,585, nine of ten are at most 1,024 apart in path order.
_PIECE: Final = 4096


def worlds(corpus: Corpus) -> Iterator[Corpus]:
    """Yield the 16 worlds of a corpus.

    Parameters
    ----------
    corpus : Corpus
        Real pictures, none of norm 0.

    Yields
    ------
    Corpus
        The corpus itself, then the others in the same order, without pictures that look like
        themselves. A mark such as ``@turned_right`` or ``@turned_right_negative`` follows a path.
    """
    own = {move: _own_distances(corpus.levels, move) for move in MOVES}
    for number, move in enumerate(MOVES):
        before = [own[move.after(other)] for other in MOVES[:number]]
        rows = np.flatnonzero(_least(before, len(corpus)) >= ALIKE)
        name = move.orientation.name.lower() + "_negative" * move.negative
        mark = f"@{name}" if number else ""
        yield Corpus(move.of(corpus.levels[rows]), corpus.paths[rows] + mark)


def grow(corpus: Corpus, count: int, seed: int) -> Corpus:
    """Make a corpus of another size with the neighbours of a real one.

    Parameters
    ----------
    corpus : Corpus
        Real pictures in path order.
    count : int
        How many signatures; some 14 times as many as the corpus has are the most.
    seed : int
        Decides which part of the last world is taken: pieces of a few thousand pictures that
        follow one another, so that most near-duplicates stay together.

    Returns
    -------
    Corpus
        ``count`` distinct signatures, whole worlds first. A larger one holds all whole worlds of a
        smaller one.

    Raises
    ------
    ValueError
        If the worlds do not have so many.
    """
    parts: list[Corpus] = []
    seen: set[bytes] = set()
    missing = count
    for world in worlds(corpus):
        fresh = world.take(_unseen(world, seen))
        if len(fresh) > missing:
            fresh = fresh.take(pieces(len(fresh), missing, seed))
        parts.append(fresh)
        missing -= len(fresh)
        if not missing:
            return joined(parts)
    raise ValueError(f"The worlds of {len(corpus):,} signatures have {count - missing:,}, no more.")


def pieces(length: int, count: int, seed: int) -> Rows:
    """Choose rows in pieces that follow one another.

    Parameters
    ----------
    length : int
        Of how many rows.
    count : int
        How many; at most ``length``.
    seed : int
        Decides which pieces.

    Returns
    -------
    (count,) intp
        Ascending, each once.
    """
    starts = np.random.default_rng(seed).permutation(np.arange(0, length, _PIECE))
    rows = np.concatenate([np.arange(s, min(s + _PIECE, length)) for s in starts])
    return np.sort(rows[:count])


def _unseen(world: Corpus, seen: set[bytes]) -> Rows:
    """Rows whose signatures are in no world before, which they then are."""
    rows = [row for row in first_of_each(world.levels) if world.levels[row].tobytes() not in seen]
    seen.update(world.levels[row].tobytes() for row in rows)
    return np.array(rows, np.intp)


def _own_distances(levels: Levels, move: Move) -> Distances:
    """Distance of each picture from its moved form."""
    here, there = levels.astype(np.float32), move.of(levels).astype(np.float32)
    squares = np.einsum("ij,ij->i", here, here)
    apart: Distances = np.sqrt((1 - np.einsum("ij,ij->i", here, there) / squares) / 2)
    return apart


def _least(distances: Sequence[Distances], count: int) -> Distances:
    least: Distances = np.minimum.reduce([np.ones(count), *distances])
    return least
