"""The corpora on which a calibration is tried, each drawn anew with every seed."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.labelled_copies import ORIGINAL, TURNS
from benchmarks.labelled_worlds import BOARDS, CLIP_ART, CLOTHING, TINY, Universe

Rows: TypeAlias = NDArray[np.int64]
Recipe: TypeAlias = Callable[[Universe, np.random.Generator], Rows]

#: Worlds of all there is hold this share of it, so that seeds differ.
_MOST: Final = 0.8
_SMALL: Final = 10_000
CLIQUE: Final = "clique"


def _plain(every: Universe, collections: Sequence[int]) -> Rows:
    """Pictures of some collections that are no copies."""
    plain = np.isin(every.transform, ["", ORIGINAL]) & np.isin(every.collection, collections)
    return np.flatnonzero(plain)


def _copies(every: Universe) -> Rows:
    altered = ~np.isin(every.transform, ["", ORIGINAL, CLIQUE, *TURNS])
    return np.flatnonzero(altered)


def _drawn(
    every: Universe,
    generator: np.random.Generator,
    pools: Sequence[Rows],
    size: int | None,
    duplicates: float,
) -> Rows:
    """Draw pictures evenly from pools of different collections, and a share of copies."""
    plain = None if size is None else round(size * (1 - duplicates) / len(pools))
    base = [
        generator.choice(pool, min(len(pool), plain or round(_MOST * len(pool))), replace=False)
        for pool in pools
    ]
    count = sum(map(len, base))
    copies = _copies(every)
    wanted = min(len(copies), round(count * duplicates / (1 - duplicates)))
    return np.concatenate([*base, generator.choice(copies, wanted, replace=False)])


def photographs(size: int | None, duplicates: float) -> Recipe:
    """Photographs of two collections, with a share of altered copies."""
    return lambda every, generator: _drawn(
        every, generator, [_plain(every, [TINY]), _plain(every, [CLOTHING])], size, duplicates
    )


def clip_art(every: Universe, generator: np.random.Generator) -> Rows:
    """Clip art among photographs, 5 % copies."""
    pools = [_plain(every, [CLIP_ART]), _plain(every, [TINY]), _plain(every, [BOARDS])]
    return _drawn(every, generator, pools, None, 0.05)


def symmetric(every: Universe, generator: np.random.Generator) -> Rows:
    """Pictures that look like their mirrors, from all collections, copies among them."""
    chosen = np.flatnonzero(every.symmetric & ~np.isin(every.transform, [CLIQUE, *TURNS]))
    return generator.choice(chosen, round(_MOST * len(chosen)), replace=False)


def boards(every: Universe, generator: np.random.Generator) -> Rows:
    """Pictures of a vision library's manual among clip art, 20 % copies."""
    pools = [_plain(every, [BOARDS]), _plain(every, [CLIP_ART])]
    return _drawn(every, generator, pools, None, 0.2)


def mirrored(every: Universe, generator: np.random.Generator) -> Rows:
    """Photographs with 10 % copies and as many mirrored ones."""
    chosen = photographs(None, 0.1)(every, generator)
    flips = np.flatnonzero(every.transform == "flip_horizontal")
    return np.concatenate([chosen, flips])


def one_clique(every: Universe, generator: np.random.Generator) -> Rows:
    """Photographs with 1 % copies and one picture stored 1,500 times with noise."""
    chosen = photographs(None, 0.01)(every, generator)
    return np.concatenate([chosen, np.flatnonzero(every.transform == CLIQUE)])


def everything(every: Universe, generator: np.random.Generator) -> Rows:
    """All collections whole, a quarter of it copies: a tenth of it has decoys enough to tell."""
    plain, copies = _plain(every, [TINY, CLOTHING, CLIP_ART, BOARDS]), _copies(every)
    count = min(len(copies), len(plain) // 3)
    return np.concatenate([plain, generator.choice(copies, count, replace=False)])


RECIPES: Final[dict[str, Recipe]] = {
    "photographs 10k, no duplicates": photographs(_SMALL, 0.0),
    "photographs 10k, 1 %": photographs(_SMALL, 0.01),
    "photographs 10k, 30 %": photographs(_SMALL, 0.3),
    "photographs, no duplicates": photographs(None, 0.0),
    "photographs, 1 %": photographs(None, 0.01),
    "photographs, 30 %": photographs(None, 0.3),
    "clip art": clip_art,
    "symmetric only": symmetric,
    "boards and clip art": boards,
    "mirrored copies": mirrored,
    "one clique": one_clique,
    "everything": everything,
}
