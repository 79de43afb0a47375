"""Random graphs of matches for tests, with slow readings of what the fast code does."""

import numpy as np
import numpy.typing as npt

from matching.calibration.matches import Matches

Flags = npt.NDArray[np.bool_]


def matches_of(*pairs: tuple[int, int, float, float, float, int]) -> Matches:
    """Return matches of (asked, other, real, mirror, flip, usable)."""
    asked, other, real, mirror, flip, usable = zip(*pairs, strict=True) if pairs else [()] * 6
    return Matches(
        np.array(asked, np.int64),
        np.array(other, np.int64),
        np.array(real, np.float64),
        np.array(mirror, np.float64),
        np.array(flip, np.float64),
        np.array(usable, np.uint8),
    )


def both_ways(matches: Matches) -> Matches:
    """Return the matches as a scan of all images finds them: each pair from both ends."""
    return Matches(
        np.concatenate([matches.asked, matches.other]),
        np.concatenate([matches.other, matches.asked]),
        *(np.concatenate([column, column]) for column in matches[2:]),
    )


def false_pairs(generator: np.random.Generator, images: int, pairs: int) -> tuple[Matches, Flags]:
    """Return matches of unrelated images, of which a decoy is as likely the nearer one.

    Distances grow as they do among photographs: three times as many for each 0.05.
    """
    ends = np.stack([generator.choice(images, 2, replace=False) for _ in range(pairs)])
    ends = np.unique(np.sort(ends, axis=1), axis=0)
    far = np.maximum(0.45 + np.log(generator.random((len(ends), 3))) / 22, 0.05)
    far[:, 1] = np.where(generator.random(len(ends)) < 0.5, far[:, 1], far[:, 1] + 0.3)
    swap = generator.random(len(ends)) < 0.5
    far[swap, 0], far[swap, 1] = far[swap, 1], far[swap, 0]
    usable = np.full(len(ends), 3, np.uint8)
    found = Matches(ends[:, 1], ends[:, 0], far[:, 0], far[:, 1], far[:, 2], usable)
    return found, np.ones(len(ends), np.bool_)


def true_pairs(generator: np.random.Generator, images: int, copies: int) -> Matches:
    """Return matches of copies with their originals, two of different numbers each."""
    ends = np.sort(generator.permutation(images)[: 2 * copies].reshape(-1, 2), axis=1)
    real = generator.uniform(0.02, 0.2, copies)
    far = np.full(copies, 0.7)
    return Matches(ends[:, 1], ends[:, 0], real, far, far, np.full(copies, 3, np.uint8))
