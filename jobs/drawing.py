"""The calibration as a picture that needs no manual."""

import io
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from matching.calibration import FalsePairs, FalseRemovals

_REAL, _FALSE = "#4477aa", "#cc3311"  # told apart by colour-blind readers, and in grey
_SIZE = (11.0, 4.8)
_DOTS_PER_INCH = 130
_LEAST_SHARE = 0.02
_ROOM = 1.6
_ROOM_FOR_NAMES = 30

_COUNT = FuncFormatter(lambda value, _: f"{value:,.0f}")


def draw(
    pairs: FalsePairs, removals: FalseRemovals, cutoff: float, scale: float
) -> dict[str, bytes]:
    """Draw a calibration.

    Parameters
    ----------
    pairs : FalsePairs
        Pairs by distance.
    removals : FalseRemovals
        Removed images by cutoff.
    cutoff : float
        That of the run.
    scale : float
        Signatures of the corpus for each of the sample.

    Returns
    -------
    dict of str to bytes
        ``png`` and ``svg`` to the picture, the same bytes for the same numbers.
    """
    figure = Figure(figsize=_SIZE, layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_pairs(left, pairs, cutoff)
    _draw_removals(right, removals, cutoff, scale)
    png, svg = io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    return {"png": png.getvalue(), "svg": svg.getvalue()}


def _draw_pairs(axes: Any, pairs: FalsePairs, cutoff: float) -> None:  # noqa: ANN401 - untyped
    """Two bars in each bin of distance: what was found, and how much of it chance explains."""
    edges = pairs.edges
    place = np.arange(len(edges) - 1)
    axes.bar(place - 0.2, pairs.real, 0.4, color=_REAL, label="pairs that look alike")
    axes.bar(place + 0.2, pairs.false, 0.4, color=_FALSE, label="of these by chance (estimate)")
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(0, _ROOM_FOR_NAMES * max(1.0, float(pairs.real.max())))
    axes.yaxis.set_major_formatter(_COUNT)
    axes.set_xticks(place, [f"{low:g}\nto {high:g}" for low, high in pairwise(edges)])
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel("distance of the two pictures (0: the same)")
    axes.set_ylabel("pairs in the corpus")
    axes.set_title("How many pairs are alike only by chance?", fontsize=11, pad=18)
    at = float(np.interp(cutoff, edges, np.arange(len(edges)))) - 0.5
    _name_cutoff(axes, at, cutoff)
    axes.legend(loc="upper left", fontsize=8, frameon=False)


def _name_cutoff(axes: Any, at: float, cutoff: float) -> None:  # noqa: ANN401 - untyped
    axes.axvline(at, color="black", linestyle="--", linewidth=1)
    above = axes.get_xaxis_transform()  # x as drawn, y from 0 below to 1 above
    name = f"this run's cutoff: {cutoff:g}"
    axes.text(at, 1.01, name, ha="center", va="bottom", fontsize=8, transform=above)


def _draw_removals(
    axes: Any,  # noqa: ANN401 - untyped
    removals: FalseRemovals,
    cutoff: float,
    scale: float,
) -> None:
    """The false share of the removed images at each cutoff, and how sure that is."""
    some = removals.removed > 0
    x = removals.cutoffs[some]
    axes.fill_between(
        x,
        np.minimum(removals.low[some] / removals.removed[some], 1),
        removals.share_high[some],
        color=_FALSE,
        alpha=0.2,
        linewidth=0,
        label="range of the estimate (90 % sure)",
    )
    axes.plot(x, removals.share[some], color=_FALSE, label="removed by mistake (estimate)")
    highest = removals.share_high[some][x <= max(cutoff, x[0] if len(x) else 0)]
    top = max(_LEAST_SHARE, _ROOM * float(highest[-1] if len(highest) else 0))
    axes.set_ylim(0, min(1.0, top))
    axes.set_xlim(removals.cutoffs[0], removals.cutoffs[-1])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    _name_cutoff(axes, cutoff, cutoff)
    axes.set_xlabel("cutoff: remove what is nearer than this")
    axes.set_ylabel("share of the removed images")
    axes.set_title("Of the images that go, how many by mistake?", fontsize=11, pad=18)
    other = axes.twinx()
    other.plot(removals.cutoffs, removals.removed * scale, color=_REAL, linewidth=1)
    other.set_ylabel("images that go (blue)", color=_REAL)
    other.yaxis.set_major_formatter(_COUNT)
    other.set_ylim(0, None)
    axes.legend(loc="upper left", fontsize=8, frameon=False)
