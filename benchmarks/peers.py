"""The pair search beside FAISS and beside brute force: one machine, one run, one cutoff.

``python benchmarks/peers.py --signatures FILE.npz --count 1000000`` grows the corpus
(`benchmarks.worlds`). The search runs through the real job's stages on ``local[2]``, Spark's start
included. FAISS (`benchmarks.faiss_peer`) gets the fewest probes with which it finds as much per
image in every bin of distance. Brute force is timed on a part. The last line is one JSON object.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent
sys.path[0] = str(_PROJECT)  # also when run as a file

from benchmarks.single_thread import one_thread_for_products  # noqa: E402

one_thread_for_products()

import numpy as np  # noqa: E402

from benchmarks.brute_force import NearPairs, all_pairs, pairs_of  # noqa: E402
from benchmarks.faiss_peer import Peer, built  # noqa: E402
from benchmarks.quality import Mask, Quality, are_found, quality, quality_lines  # noqa: E402
from benchmarks.signature_file import load  # noqa: E402
from benchmarks.spark_search import timed_search  # noqa: E402
from benchmarks.worlds import grow  # noqa: E402
from jobs.summary import table_lines  # noqa: E402

_SAMPLE = 3_000
_PART = 60_000
_SEED = 7
_PROBES = (4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)


def fewest_probes(peer: Peer, true: NearPairs, ours: Quality, counted: Mask, sample: Mask) -> int:
    """Return with how many probes FAISS finds as much per image, in every bin, as we did."""
    images = np.flatnonzero(sample)
    for probes in _PROBES:
        theirs = quality(true, peer.would_find(true.a, true.b, probes), counted, images)
        if all(_at_least(theirs, ours, name) for name in ours.recall_per_image):
            return probes
    return _PROBES[-1]


def _at_least(theirs: Quality, ours: Quality, name: str) -> bool:
    mine, other = ours.recall_per_image[name], theirs.recall_per_image[name]
    return mine is None or (other is not None and other >= mine)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all three, and print their times."""
    options = _options(arguments)
    corpus = grow(load(options.signatures), options.count, _SEED)
    counted = ~corpus.matches(options.exclude.split(","))
    rng = np.random.default_rng(_SEED)
    sample = np.zeros(len(corpus), np.bool_)
    sample[rng.choice(np.flatnonzero(counted), _SAMPLE, replace=False)] = True
    settings = {
        "cutoff": options.cutoff,
        "matching.exhaustive_up_to": 0,
        "matching.max_pairs_per_image": 100_000,  # FAISS drops nothing either
    }
    found, seconds = timed_search(corpus.levels, settings)
    true = pairs_of(np.flatnonzero(sample), corpus.levels, options.cutoff)
    ours = quality(true, are_found(true, found.a, found.b), counted, np.flatnonzero(sample))
    part = all_pairs(corpus.levels[rng.permutation(len(corpus))[:_PART]], options.cutoff)
    brute_seconds = len(corpus) * (len(corpus) - 1) / 2 / part.per_second
    peer = built(corpus.levels, options.cutoff, options.nlist)
    probes = fewest_probes(peer, true, ours, counted, sample)
    answers = peer.search(probes)
    theirs = quality(true, are_found(true, answers.a, answers.b), counted, np.flatnonzero(sample))
    faiss_seconds = peer.train_seconds + peer.add_seconds + answers.seconds
    for line in [*quality_lines(ours), "", "FAISS:", *quality_lines(theirs), ""]:
        print(line)
    rows = [
        ("this", f"{seconds:,.0f} s", f"{found.counts['comparisons']:,}"),
        (
            f"FAISS IVF {options.nlist}, {probes}",
            f"{faiss_seconds:,.0f} s",
            f"{answers.comparisons:,}",
        ),
        ("brute force", f"{brute_seconds:,.0f} s", f"{len(corpus) * (len(corpus) - 1) // 2:,}"),
    ]
    for line in table_lines(("", "wall", "comparisons"), rows):
        print(line)
    result = {
        "benchmark": "peers",
        "signatures": len(corpus),
        "cutoff": options.cutoff,
        "wall_s": {"this": seconds, "faiss": faiss_seconds, "brute_force": brute_seconds},
        "stages_s": found.seconds,
        "to_faiss": seconds / faiss_seconds,
        "brute_force_to_this": brute_seconds / seconds,
        "this": asdict(ours),
        "faiss": {"nlist": options.nlist, "nprobe": probes, **asdict(theirs)},
        "pairs": {"this": len(found.a), "faiss": len(answers.a)},
        "peak_memory_bytes": found.peak_worker_bytes,
    }
    print(json.dumps(result))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=Path, required=True, help="an .npz of sig and path")
    parser.add_argument("--exclude", default="debian-games", help="prefixes of paths")
    parser.add_argument("--count", type=int, default=1_000_000, help="signatures to grow to")
    parser.add_argument("--cutoff", type=float, default=0.45, help="default: 0.45")
    parser.add_argument("--nlist", type=int, default=4096, help="lists of FAISS's index")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
