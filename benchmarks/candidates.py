"""The pair search beside brute force, through the real job's stages on ``local[2]``.

``python benchmarks/candidates.py --signatures FILE.npz [--exclude PREFIX,PREFIX]``: FILE holds
``sig`` (N, 272) int8 and ``path`` (N,). Prints how much of what brute force finds the search
found, by distance, and what both took; the last line is one JSON object. ``recall_per_image`` is
averaged over images that have a pair in the bin, without paths that begin with an excluded prefix.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).resolve().parent.parent
sys.path[0] = str(_PROJECT)  # also when run as a file

from benchmarks.single_thread import one_thread_for_products  # noqa: E402

one_thread_for_products()

from benchmarks.brute_force import all_pairs  # noqa: E402
from benchmarks.quality import are_found, quality, quality_lines  # noqa: E402
from benchmarks.signature_file import load  # noqa: E402
from benchmarks.spark_search import search, session  # noqa: E402
from jobs.summary import count_line  # noqa: E402

_CEILING = 0.45
_EXHAUSTIVE_NEVER = 0


def settings_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that the command line asks for; the rest keeps its default."""
    asked = {
        "cutoff": options.cutoff,
        "matching.rules": options.rules,
        "matching.cells": options.cells,
        "matching.nearest": options.nearest,
        "matching.reach": options.reach,
        "matching.exhaustive_up_to": _EXHAUSTIVE_NEVER,
    }
    return {name: value for name, value in asked.items() if value is not None}


def main(arguments: Sequence[str] | None = None) -> None:
    """Search, compare all with all, and print both."""
    options = _options(arguments)
    corpus = load(options.signatures)
    with session() as spark:
        found = search(spark, corpus.levels, settings_of(options))
    true = all_pairs(corpus.levels, options.cutoff)
    measured = quality(
        true,
        are_found(true, found.a, found.b),
        ~corpus.matches(options.exclude.split(",")),
    )
    comparisons = found.counts["comparisons"]
    result = {
        "benchmark": "candidates",
        "signatures": len(corpus),
        "rules": found.model.rule,
        "cells": found.model.codebook.cells if found.model.codebook else 0,
        "nearest": found.model.nearest,
        "reach": found.model.reach,
        **asdict(measured),
        "comparisons": comparisons,
        "share_of_brute_force": comparisons / true.comparisons,
        "found_pairs": len(found.a),
        "pairs_dropped": found.counts["pairs_dropped"],
        "wall_s": {**found.seconds, "brute_force": true.seconds},
        "brute_force_to_assign_and_compare": true.seconds
        / (found.seconds["assign"] + found.seconds["compare"]),
        "core_seconds": found.core_seconds,
        "peak_memory_bytes": found.peak_worker_bytes,
    }
    for line in quality_lines(measured):
        print(line)
    print(count_line("comparisons", comparisons, f"{result['share_of_brute_force']:.2%} of all"))
    for name, seconds in result["wall_s"].items():
        print(f"{name:<34}{seconds:>14.1f} s")
    print(json.dumps(result))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=Path, required=True, help="an .npz of sig and path")
    parser.add_argument("--exclude", default="", help="prefixes of paths, with commas between")
    parser.add_argument("--rules", help="as for build_index")
    parser.add_argument("--cells", type=int, help="how many cells")
    parser.add_argument("--nearest", type=int, help="in how many a signature is")
    parser.add_argument("--reach", type=int, help="how far they meet")
    parser.add_argument("--cutoff", type=float, default=_CEILING, help="default: 0.45")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
