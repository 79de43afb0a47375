"""Calibration by decoys beside certain truth, on corpora of many kinds.

``python -m benchmarks.calibration --data DIR --signatures FILE.npz`` prints tables, and one JSON
object as its last line. DIR holds ``photos/`` and ``pairs/make_pairs.py``; FILE holds ``sig``
(N, 272) int8 and ``path`` (N,), a path beginning with its collection. Signing the copies takes
0.2 s a photograph; ``--copies FILE`` keeps them for the next time.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias

import numpy as np

from benchmarks.calibration_measures import (
    against_truth,
    aligned,
    fates,
    predicted,
    promises,
    sampled,
)
from benchmarks.calibration_recipes import RECIPES, Recipe
from benchmarks.labelled_copies import copies_from
from benchmarks.labelled_worlds import Universe, universe, world
from matching.calibration import calibrate

Row: TypeAlias = dict[str, Any]

#: From so many true ones on, an estimate should be within a factor: of pairs, and of removals.
PAIRS_WITHIN: Final = {100: 1.3}
REMOVALS_WITHIN: Final = {80: 1.5, 20: 2.0}
PREDICTED_WITHIN: Final = 2.0


def tried(every: Universe, recipe: Recipe, seeds: int, sample: int) -> dict[str, list[Row]]:
    """Calibrate on one kind of corpus with several seeds."""
    rows: dict[str, list[Row]] = {
        "truth": [],
        "whole": [],
        "sample": [],
        "fates": [],
        "predicted": [],
    }
    for seed in range(seeds):
        generator = np.random.default_rng(seed)
        here = world(every, recipe(every, generator), generator)
        whole = calibrate(here.graph, seed)
        rows["truth"].extend(against_truth(here, whole))
        rows["whole"].extend(promises(here, whole))
        if sample < here.graph.corpus:
            rows["sample"].extend(promises(here, calibrate(sampled(here, sample, seed), seed)))
            rows["fates"].extend(fates(here, sample, seed))
        rows["predicted"].extend(predicted(here, seed))
    return rows


def summary(rows: dict[str, list[Row]]) -> Row:
    """Shares of runs that did what they should; None where no run could tell."""
    truth = rows["truth"]
    result: Row = {}
    kinds = {"pairs": PAIRS_WITHIN, "removals": REMOVALS_WITHIN, "assigned": REMOVALS_WITHIN}
    for what, bounds in kinds.items():
        highest = np.inf
        for least, factor in bounds.items():
            some = [r for r in truth if least <= r[f"true {what}"] < highest]
            ratios = [r[what] / r[f"true {what}"] for r in some]
            result[f"{what} from {least}"] = _ratios(ratios, factor)
            highest = least
        covered = [r[f"true {what}"] <= r[f"{what} high"] for r in truth]
        result[f"{what} covered"] = _share(covered)
    for kind in ("whole", "sample"):
        for alpha in sorted({row["alpha"] for row in rows[kind]}):
            some = [row for row in rows[kind] if row["alpha"] == alpha]
            result[f"{kind} fdr:{alpha}"] = {
                "kept": _share([row["kept"] for row in some]),
                "assigned kept": _share([row["assigned kept"] for row in some]),
                "worst share": max(row["true share"] for row in some),
                "cutoffs": [row["cutoff"] for row in some],
                "verdicts": sorted({row["verdict"] for row in some}),
            }
    result |= _against_whole(rows["fates"])
    for what in ("pairs", "removals"):
        told = [row for row in rows["predicted"] if row[f"true {what}"]]
        ratios = [row[f"false_{what}"] / row[f"true {what}"] for row in told]
        result[f"predicted {what}"] = _ratios(ratios, PREDICTED_WITHIN)
        low, high = f"false_{what}_low", f"false_{what}_high"
        covered = [row[low] <= row[f"true {what}"] <= row[high] for row in told]
        result[f"predicted {what} covered"] = _share(covered)
    return result


def _against_whole(rows: list[Row]) -> Row:
    """Removals that a sample shows over those of the whole graph, summed over the seeds."""
    result: Row = {}
    for passes in (1, 2):
        for cutoff in sorted({row["cutoff"] for row in rows}):
            some = [r for r in rows if (r["passes"], r["cutoff"]) == (passes, cutoff)]
            for what in ("removed", "false"):
                whole = sum(row[f"whole {what}"] for row in some)
                ratio = round(sum(row[what] for row in some) / whole, 3) if whole else None
                result[f"{what} below {cutoff} in {passes} pass"] = ratio
    return result


def _ratios(ratios: list[float], factor: float) -> Row | None:
    if not ratios:
        return None
    low, median, high = np.percentile(ratios, [0, 50, 100]).round(2).tolist()
    within = _share([1 / factor <= ratio <= factor for ratio in ratios])
    return {"runs": len(ratios), "low": low, "median": median, "high": high, "within": within}


def _share(kept: list[bool]) -> float | None:
    return round(float(np.mean(kept)), 3) if kept else None


def printed(name: str, rows: dict[str, list[Row]], result: Row) -> None:
    """Print the first seed's figures, then the summary of all."""
    print(f"\n{name}")
    for row in rows["truth"][:4]:
        print(
            f"  below {row['cutoff']:.2f}"
            f"  false pairs {row['pairs']:>8.0f} of {row['true pairs']:>6}"
            f" (at most {row['pairs high']:.0f})  removed {row['removed']:>6}  false"
            f" {row['removals']:>5} of {row['true removals']:>5} ({row['true assigned']})"
            f" (at most {row['removals high']:.0f})"
        )
    for key, value in result.items():
        print(f"  {key:<26} {value}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the worlds, calibrate on each, and print how near the truth is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--signatures", type=Path, required=True)
    parser.add_argument("--copies", type=Path, help="keeps signed copies; made if it is not there")
    parser.add_argument("--photographs", type=int, default=300, help="that get altered copies")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sample", type=int, default=5_000, help="images, where not all are known")
    parser.add_argument("--only", default="", help="worlds whose name holds this")
    flags = parser.parse_args(arguments)
    start = time.perf_counter()
    with TemporaryDirectory() as folder:
        file = flags.copies or Path(folder) / "copies.npz"
        copies = copies_from(file, flags.data, flags.photographs)
    every = universe(flags.signatures, flags.data, copies, int(copies.origin.max()) + 1)
    print(f"{len(every.origin)} pictures, {len(every.true)} known matches")
    results: Row = {}
    facing = aligned(flags.signatures)
    print(f"sprites that face one way: {facing}")
    for name, recipe in RECIPES.items():
        if flags.only in name:
            rows = tried(every, recipe, flags.seeds, flags.sample)
            results[name] = summary(rows)
            printed(name, rows, results[name])
    wall_s = time.perf_counter() - start
    print(
        json.dumps(
            {"benchmark": "calibration", "wall_s": wall_s, "aligned": facing, "worlds": results}
        )
    )


if __name__ == "__main__":
    main()
