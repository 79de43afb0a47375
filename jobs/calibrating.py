"""How much of what a run reports is false: estimates, the cutoff they lead to, and their tables."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from jobs.drawing import draw
from jobs.run import Run
from jobs.sampling import Compared
from jobs.summary import table_lines
from matching.calibration import (
    NOTHING,
    Calibration,
    Choice,
    Graph,
    Prediction,
    Verdict,
    calibrate,
    choose_cutoff,
    predict,
)
from matching.calibration.false_pairs import estimate_false_pairs

REPORT = "calibration"
"""Of the report's files, without their ends."""

_ESTIMATES = (
    "false_removals",
    "false_removals_high",
    "false_pairs",
    "false_pairs_low",
    "false_pairs_high",
)
"""Names in the run log: shares of the near removals, then pairs of the corpus."""

_TIMES = (10, 100)
_PAIRS_HEADER = ("distance", "real pairs", "decoys", "false, about", "up to here", "at most")
_REMOVALS_HEADER = ("cutoff", "removed", "false, about", "share", "at most")
_SHOWN = (0.25, 0.3, 0.35, 0.4, 0.45)
_SAME = 1e-9

_WHY = {
    Verdict.CERTIFIED: "certified: so sure that it is true in 95 of 100 corpora",
    Verdict.TOO_FEW_REMOVALS: "too few removals in the sample to certify any cutoff: the largest "
    "that is well below the first decoy",
    Verdict.NOTHING_CERTAIN: "nothing is certain enough: only exact copies are removed",
}


@dataclass(frozen=True)
class Judged:
    """What is thought of the matches of a corpus, at the cutoff that was taken.

    Attributes
    ----------
    calibration : Calibration
        Estimates by distance and by cutoff.
    choice : Choice or None
        What the data support, where a cutoff was asked for by its false share.
    predictions : tuple of Prediction
        For 10 and 100 times the corpus.
    images : int
        Of the sample.
    scale : float
        Signatures of the corpus for each of the sample.
    """

    calibration: Calibration
    choice: Choice | None
    predictions: tuple[Prediction, ...]
    images: int
    scale: float


def judge(run: Run, compared: Compared, recalibrate: bool) -> Judged | None:
    """Estimate what is false, fix the cutoff of the run, and write the report.

    Parameters
    ----------
    run : Run
        The run at work; its cutoff is fixed from now on.
    compared : Compared
        A sample beside the corpus.
    recalibrate : bool
        Whether a cutoff that an earlier run chose may be left.

    Returns
    -------
    Judged or None
        Written as ``calibration.json``, ``.png`` and ``.svg``. None where the sample is there for
        the audit alone.
    """
    if compared.graph is None:
        return None
    with run.stage("calibrating"):
        seed = run.settings.sample.seed
        graph = compared.graph
        calibration = calibrate(graph, seed, compared.ceiling)
        choice = None
        if run.settings.fdr is not None:
            choice = choose_cutoff(calibration.removals, run.settings.fdr)
            kept = _kept_cutoff(run, recalibrate)
            run.fix_cutoff(choice.cutoff if kept is None else kept)  # what is kept may be 0
        cutoff = run.settings.cutoff
        ahead = tuple(predict(graph, calibration.decoys, cutoff, times, seed) for times in _TIMES)
        sampled = int(np.count_nonzero(graph.sampled))
        judged = Judged(calibration, choice, ahead, sampled, graph.scale)
        if not calibration.findings.spoilt:
            run.estimates |= _estimates(graph, judged, cutoff, seed)
        _write(run, judged)
    return judged


def calibration_lines(run: Run, judged: Judged | None) -> list[str]:
    """Lay out the estimates as tables.

    Parameters
    ----------
    run : Run
        Brings the cutoff, and where the report is.
    judged : Judged or None
        What `judge` returned.

    Returns
    -------
    list of str
        Lines without line ends; none where nothing was judged.
    """
    if judged is None:
        return []
    findings = judged.calibration.findings
    lines = [f"calibration: {judged.images:,} images and their mirrored decoys beside all"]
    lines += table_lines(_PAIRS_HEADER, _pair_rows(judged))
    lines += ["", *table_lines(_REMOVALS_HEADER, _removal_rows(judged))]
    lines += ["", *_cutoff_lines(run, judged)]
    if findings.aligned:
        lines.append(
            f"lower bound: {findings.real:,} pairs of keepers beside {findings.decoy:,} of their "
            "decoys: the pictures face one way, and more may be false than is said here"
        )
    if findings.spoilt:
        lines.append(
            "cannot tell: the corpus holds mirrored and upside-down copies, which decoys match; "
            "the shares above are too high"
        )
    turned = {"mirrored": findings.mirrored_copies, "flipped": findings.flipped_copies}
    for name, count in turned.items():
        if count:
            lines.append(f"{name} copies: {count:,} pairs with the sample; they are not removed")
    lines += map(_prediction_line, judged.predictions, _TIMES)
    lines.append(f"plot     {run.layout.report(run.run_id)}/{REPORT}.png (.svg, .json)")
    return lines


def estimate_lines(run: Run) -> list[str]:
    """Say in two lines how much of a run's removals is false.

    Parameters
    ----------
    run : Run
        Brings the estimates.

    Returns
    -------
    list of str
        Empty where nothing was estimated.
    """
    known = run.estimates
    if "false_removals" not in known:
        return []
    share = f"{known['false_removals']:.1%}"
    note = f"at most {known['false_removals_high']:.1%} (with 95 % confidence)"
    pairs = f"{known['false_pairs']:,.0f}"
    range_ = f"{known['false_pairs_low']:,.0f} to {known['false_pairs_high']:,.0f}"
    return [
        f"{'false among near removals':<34}{share:>14}   {note}",
        f"{'false pairs, about':<34}{pairs:>14}   {range_}",
    ]


def _kept_cutoff(run: Run, recalibrate: bool) -> float | None:
    """The cutoff that the newest run chose by the same rate."""
    same = run.parent_settings.get("fdr") == run.settings.fdr
    return run.parent_cutoff if same and not recalibrate else None


def _at(values: np.ndarray[Any, np.dtype[np.float64]], cutoff: float) -> int:
    """Place of the smallest of some ascending cutoffs that is not below this one."""
    return min(int(np.searchsorted(values, cutoff - _SAME)), len(values) - 1)


def _estimates(graph: Graph, judged: Judged, cutoff: float, seed: int) -> dict[str, float]:
    removals = judged.calibration.removals
    if cutoff <= NOTHING:
        return dict.fromkeys(_ESTIMATES, 0.0)
    decoys = judged.calibration.decoys
    pairs = estimate_false_pairs(graph, decoys, seed, (0.0, cutoff))
    at = _at(removals.cutoffs, cutoff)
    values = (
        removals.share[at],
        removals.share_high[at],
        pairs.false_below[0],
        pairs.false_low[0],
        pairs.false_high[0],
    )
    return dict(zip(_ESTIMATES, map(float, values), strict=True))


def _write(run: Run, judged: Judged) -> None:
    path = f"{run.layout.report(run.run_id)}/{REPORT}"
    text = json.dumps(_report(run, judged), indent=1)
    run.files.write(f"{path}.json", text.encode())
    pairs, removals = judged.calibration.pairs, judged.calibration.removals
    for kind, picture in draw(pairs, removals, run.settings.cutoff, judged.scale).items():
        run.files.write(f"{path}.{kind}", picture)


def _report(run: Run, judged: Judged) -> dict[str, Any]:
    pairs, removals, findings, _ = judged.calibration
    by_distance = pairs._asdict()
    edges = by_distance.pop("edges")
    bins = {"from": edges[:-1], "below": edges[1:], **by_distance}
    shares = {"share": removals.share, "share_high": removals.share_high}
    choice = judged.choice
    return {
        "sample": judged.images,
        "scale": judged.scale,
        "cutoff": run.settings.cutoff,
        "fdr": run.settings.fdr,
        "choice": choice and {**choice._asdict(), "verdict": choice.verdict.value},
        "pairs": _columns(bins),
        "removals": _columns({**removals._asdict(), **shares}),
        "findings": findings._asdict(),
        "predictions": [
            {"times": times, **_told(ahead)}
            for times, ahead in zip(_TIMES, judged.predictions, strict=True)
        ],
    }


def _columns(arrays: dict[str, Any]) -> dict[str, list[float]]:
    return {name: np.asarray(values).tolist() for name, values in arrays.items()}


def _told(ahead: Prediction) -> dict[str, Any]:
    """What is not known is null: JSON has no NaN."""
    return {
        name: None if isinstance(value, float) and np.isnan(value) else value
        for name, value in ahead._asdict().items()
    }


def _pair_rows(judged: Judged) -> Iterator[tuple[str, ...]]:
    pairs = judged.calibration.pairs
    for i, (low, high) in enumerate(zip(pairs.edges[:-1], pairs.edges[1:], strict=True)):
        values = (pairs.real, pairs.decoy, pairs.false, pairs.false_below, pairs.false_high)
        yield (f"{low:.3f} to {high:.3f}", *(f"{value[i]:,.0f}" for value in values))


def _removal_rows(judged: Judged) -> Iterator[tuple[str, ...]]:
    removals, scale = judged.calibration.removals, judged.scale
    for cutoff in _SHOWN:
        i = _at(removals.cutoffs, cutoff)
        yield (
            f"{cutoff:.2f}",
            f"{removals.removed[i] * scale:,.0f}",
            f"{removals.false[i] * scale:,.0f}",
            f"{removals.share[i]:.1%}",
            f"{removals.share_high[i]:.1%}",
        )


def _cutoff_lines(run: Run, judged: Judged) -> Iterator[str]:
    choice, cutoff = judged.choice, run.settings.cutoff
    if choice is None:
        yield f"cutoff {cutoff:g}, as it was asked for"
        return
    asked = f"fdr:{run.settings.fdr:g}"
    if choice.cutoff == cutoff:
        yield f"cutoff {cutoff:g} for {asked}: {_WHY[choice.verdict]}"
        return
    yield f"cutoff {cutoff:g} for {asked}, as an earlier run of this store chose it"
    yield f"  now it would be {choice.cutoff:g} ({_WHY[choice.verdict]})"
    yield "  to take that: --recalibrate"


def _prediction_line(ahead: Prediction, times: int) -> str:
    size = f"in {times} times as many images ({ahead.corpus:,.0f})"
    if not ahead.certain:
        return f"{size}: cannot tell, from {ahead.decoy_pairs:,} decoy pairs"
    return (
        f"{size}: {ahead.false_pairs:,.0f} false pairs ({ahead.false_pairs_low:,.0f} to "
        f"{ahead.false_pairs_high:,.0f}), {ahead.false_removals:,.0f} false removals "
        f"({ahead.false_removals_low:,.0f} to {ahead.false_removals_high:,.0f})"
    )
