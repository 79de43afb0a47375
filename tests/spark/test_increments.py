"""After any sequence of nights the pairs and groups are those of one build (docs/adr/0021)."""

import random
from collections.abc import Iterator

import pytest

from tests.spark.nights import LEVELS

pytestmark = pytest.mark.spark

# Few cells, so that buckets are capped, at 3 comparisons a row, and 2 pairs an image, so that
# most of a crowd is dropped.
TINY = {
    "cutoff": 0.45,
    "matching.rules": "cells",
    "matching.cells": 12,
    "matching.nearest": 4,
    "matching.bucket_rows": 20,
    "matching.bucket_comparisons_per_row": 3,
    "matching.max_pairs_per_image": 2,
}


def first_corpus(rng: random.Random, count: int) -> dict[str, int]:
    return {f"image {i}": rng.randrange(len(LEVELS)) for i in range(count)}


def nights_of(rng: random.Random, images: dict[str, int], number: int) -> Iterator[dict[str, int]]:
    """Change a corpus at random: additions, copies, other pictures under a name, removals."""
    for night in range(number):
        names = sorted(images)
        gone = set(rng.sample(names, rng.randint(0, len(names) // 8)))
        changed = rng.sample(names, rng.randint(0, len(names) // 10))
        copied = rng.sample(names, rng.randint(0, 3))
        images = {k: v for k, v in images.items() if k not in gone}
        images |= {name: rng.randrange(len(LEVELS)) for name in changed}
        images |= {f"copy {night} {i}": images.get(n, 0) for i, n in enumerate(copied)}
        added = rng.randint(0, len(names) // 8)
        images |= {f"new {night} {i}": rng.randrange(len(LEVELS)) for i in range(added)}
        yield images
