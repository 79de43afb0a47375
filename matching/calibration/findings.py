"""What a calibration sees of a corpus besides its counts: when not to believe them."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.calibration.graph import Decoys, Graph, removed_at
from matching.calibration.scan import CEILING
from matching.decoys import FLIP, MIRROR

COPY_BELOW: Final = 0.20
"""A mirrored picture that lies nearer to another is a mirrored copy of it.

Among 20,000 photographs there was none; 5,000 pieces of clip art had 34.
"""

_KEEPERS_BELOW: Final = 0.40
_ALIGNED_ABOVE: Final = 2.0
"""Real pairs for each decoy pair between keepers.

Photographs had 1.0 to 1.3, clip art 1.7, sprites that face one way 11. Photographs with 30 %
altered copies had up to 2.0: those that lie just beyond 0.40 count as real pairs.
"""

_ENOUGH_PAIRS: Final = 30
_FEW_COPIES: Final = 5


class Findings(NamedTuple):
    """Signs that the decoys of a corpus say too little or too much.

    Attributes
    ----------
    real, decoy : int
        Pairs between keepers from 0.40 to the ceiling, and decoy pairs.
    aligned : bool
        Whether the real ones are more than twice as many: the pictures all face one way, as
        product shots do, and collide more than mirrored ones. Estimates are then lower bounds.
    mirrored_copies, flipped_copies : int
        Pairs with the sample of which one is a mirrored, or a flipped, copy of the other
        (`turned_copies`). They count as false removals: estimates are then too high.
    """

    real: int
    decoy: int
    aligned: bool
    mirrored_copies: int
    flipped_copies: int

    @property
    def spoilt(self) -> bool:
        """The answer to whether copies spoil both kinds of decoys: then nothing can be told."""
        return min(self.mirrored_copies, self.flipped_copies) > _FEW_COPIES

    @property
    def preferred(self) -> int | None:
        """The decoys to trust, `MIRROR` or `FLIP`, where copies spoil the others; else None."""
        many = self.mirrored_copies > _FEW_COPIES, self.flipped_copies > _FEW_COPIES
        return {(True, False): FLIP, (False, True): MIRROR}.get(many)


def find(graph: Graph, decoys: Decoys, ceiling: float = CEILING) -> Findings:
    """Look for aligned pictures and for mirrored copies.

    Parameters
    ----------
    graph : Graph
        What is known.
    decoys : Decoys
        Of its edges, mirrors first.
    ceiling : float
        Of the scan, above 0.40 for aligned pictures to be seen.

    Returns
    -------
    Findings
        Of the sample.
    """
    of_sample = graph.sampled[graph.better] | graph.sampled[graph.worse]
    kept = ~removed_at(graph, min(_KEEPERS_BELOW, ceiling))
    between = of_sample & kept[graph.better] & kept[graph.worse]
    real = _between(graph.real[between], ceiling)
    decoy = _between(decoys.distance[between], ceiling)
    return Findings(
        real,
        decoy,
        real >= _ENOUGH_PAIRS and real > _ALIGNED_ABOVE * decoy,
        len(turned_copies(graph, MIRROR)),
        len(turned_copies(graph, FLIP)),
    )


def turned_copies(graph: Graph, turn: int) -> npt.NDArray[np.int64]:
    """Return the pairs of pictures of which one is a turned copy of the other.

    Parameters
    ----------
    graph : Graph
        What is known.
    turn : int
        `MIRROR` or ``FLIP``.

    Returns
    -------
    (k, 2) int64
        Ranks, the better one first. Pictures that look like their own decoys are left out.
    """
    distance = graph.mirror if turn == MIRROR else graph.flip
    copies = np.flatnonzero((distance < COPY_BELOW) & ((graph.usable & turn) > 0))
    return graph.rank[np.stack([graph.better[copies], graph.worse[copies]], axis=1)]


def _between(distance: npt.NDArray[np.float64], ceiling: float) -> int:
    return int(np.count_nonzero((distance >= _KEEPERS_BELOW) & (distance < ceiling)))
