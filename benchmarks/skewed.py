"""Corpora in which a few pictures have many near-duplicates, as large as a given even one.

Part of the real pictures give way to what films and shops have: frames, each a little different
from the one before, and copies of a few pictures. Real frames and copies change some levels by
one step; so do these.
"""

from typing import Final, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.signature_file import Corpus, Levels, joined
from benchmarks.worlds import pieces
from signature import SignatureParameters

Counts: TypeAlias = NDArray[np.int64]

#: Frames of a film. Those up to some 70 apart are pairs below 0.45.
_FILM: Final = 300
#: Levels that change from a frame to the next.
_STEP: Final = 4
#: Levels in which a copy differs from its picture, from and to: a distance of 0.07 to 0.16 for
#: most. Fewer than the lower bound and two of 200,000 copies might be equal.
_NOISE: Final = (8, 41)
_OUTERMOST: Final = SignatureParameters().n_levels


def frames(corpus: Corpus, seed: int, share: float = 0.3) -> Corpus:
    """Put films in the place of part of a corpus.

    Parameters
    ----------
    corpus : Corpus
        An even one.
    seed : int
        Decides everything.
    share : float
        How much of the corpus the frames are, in (0, 1].

    Returns
    -------
    Corpus
        As many distinct signatures: pieces of the corpus, then films of 300 frames
        (``frames/7/299``). A film begins with a picture that gave way, and 4 of 272 levels change
        by one step from frame to frame.
    """
    rng = np.random.default_rng(seed)
    count = round(share * len(corpus))
    films = -(-count // _FILM)
    kept = pieces(len(corpus), len(corpus) - count, seed)
    gone = np.delete(np.arange(len(corpus)), kept)
    levels = corpus.levels[rng.choice(gone, films, replace=False)]
    made = [levels]
    for _ in range(1, _FILM):
        levels = _stepped(levels, np.full(films, _STEP), rng)
        made.append(levels)
    paths = [f"frames/{film}/{frame}" for film in range(films) for frame in range(_FILM)]
    of_films = np.stack(made, axis=1).reshape(-1, levels.shape[1])
    return _with_made(corpus.take(kept), of_films[:count], paths[:count])


def copies(corpus: Corpus, seed: int, count: int = 200_000, pictures: int = 8) -> Corpus:
    """Put noisy copies of a few pictures in the place of part of a corpus.

    Parameters
    ----------
    corpus : Corpus
        An even one.
    seed : int
        Decides everything.
    count : int
        How many copies; at most as many as the corpus has signatures.
    pictures : int
        Of how many pictures, which are among those of the corpus with the most levels.

    Returns
    -------
    Corpus
        As many distinct signatures: pieces of the corpus, then copies (``copies/7/24999``), each
        with 8 to 40 of 272 levels changed by one step.
    """
    rng = np.random.default_rng(seed)
    rich = np.argsort(-np.count_nonzero(corpus.levels, axis=1), kind="stable")
    chosen = rng.choice(rich[: max(len(rich) // 2, pictures)], pictures, replace=False)
    of_picture = np.arange(count) % pictures
    levels = _stepped(corpus.levels[chosen[of_picture]], rng.integers(*_NOISE, count), rng)
    paths = [f"copies/{i % pictures}/{i // pictures}" for i in range(count)]
    kept = pieces(len(corpus), len(corpus) - count, seed)
    return _with_made(corpus.take(kept), levels, paths)


def _stepped(levels: Levels, steps: Counts, rng: Generator) -> Levels:
    """Change so many levels of each signature by one step; at the end of the scale, back."""
    lots = rng.random(levels.shape, np.float32)
    last = np.take_along_axis(np.sort(lots, axis=1), steps[:, np.newaxis] - 1, axis=1)
    step = rng.choice(np.array([-1, 1], np.int8), levels.shape) * (lots <= last)
    moved: Levels = levels + step
    outside = np.abs(moved) > _OUTERMOST
    moved[outside] -= 2 * step[outside]
    return moved


def _with_made(kept: Corpus, levels: Levels, paths: list[str]) -> Corpus:
    return joined([kept, Corpus(levels, np.array(paths, object))])
