"""The scan finds what brute force finds, in whatever blocks it is done."""

from typing import Any

import numpy as np
import pytest

from matching import decoys
from matching.calibration import scan
from matching.calibration.matches import FAR, Matches, concatenated, no_matches
from matching.calibration.scan import Ranked, matches_in_block, rivals_in_block
from matching.decoys import flipped, mirrored, self_distances, usable_decoys
from signature import distances

from .examples import Levels, random_levels, signatures

Found = dict[tuple[int, int], tuple[float, float, float, int]]
GRID = (6, False)


def as_dict(found: Matches) -> Found:
    values = zip(*(column.tolist() for column in found), strict=True)
    named = {(row[0], row[1]): row[2:] for row in values}
    assert len(named) == len(found.asked), "a pair was found twice"
    return named


def brute_force(asked: Ranked, block: Ranked, ceiling: float) -> Found:
    far = [
        np.nan_to_num(distances(turned, block.levels), nan=2.0)
        for turned in (asked.levels, mirrored(asked.levels), flipped(asked.levels))
    ]
    ours = usable_decoys(self_distances(asked.levels))
    theirs = usable_decoys(self_distances(block.levels))
    return {
        (int(r), int(s)): (*(float(d[i, j]) for d in far), int(ours[i] & theirs[j]))
        for i, r in enumerate(asked.rank)
        for j, s in enumerate(block.rank)
        if r != s and min(d[i, j] for d in far) < ceiling
    }


def corpus(count: int = 200) -> Ranked:
    """A corpus with copies, turned copies and symmetric pictures; the ranks have gaps."""
    some = signatures(count)
    halves = [np.clip(some[1:9] + turn(some[1:9]), -2, 2) for turn in (mirrored, flipped)]
    levels = np.concatenate([some, mirrored(some[1:20]), flipped(some[20:40]), *halves])
    ranks = 3 * np.random.default_rng(2).permutation(len(levels)) + 1
    return Ranked(levels, ranks)


def part(every: Ranked, rows: slice) -> Ranked:
    return Ranked(every.levels[rows], every.rank[rows])


@pytest.mark.parametrize("ceiling", [0.2, 0.45, 0.7])
def test_a_block_gives_what_brute_force_gives(ceiling: float) -> None:
    every = corpus()
    asked = part(every, slice(0, None, 3))
    expected = brute_force(asked, every, ceiling)
    only_decoys = [row for row in expected.values() if row[0] >= ceiling]
    assert len(only_decoys) > 20
    assert ceiling < 0.4 or {row[3] for row in expected.values()} >= {1, 2, 3}
    assert as_dict(matches_in_block(asked, every, ceiling)) == expected


@pytest.mark.parametrize(("asked_rows", "block_rows"), [(1, 7), (64, 30), (7, 1000)])
def test_blocks_change_nothing(
    monkeypatch: pytest.MonkeyPatch, asked_rows: int, block_rows: int
) -> None:
    every = corpus(120)
    expected = as_dict(matches_in_block(part(every, slice(0, 50)), every))
    monkeypatch.setattr(scan, "_ASKED_ROWS", asked_rows)
    monkeypatch.setattr(scan, "_BLOCK_ROWS", block_rows)
    asked = part(every, slice(0, 50))
    parts = [part(every, slice(start, start + 33)) for start in range(0, len(every.rank), 33)]
    found = concatenated(matches_in_block(asked, block) for block in parts)
    assert as_dict(found) == expected


def test_rivals_are_the_better_ranked_real_matches() -> None:
    every = corpus()
    asked = part(every, slice(0, 70))
    expected = {
        pair: (real, FAR, FAR, 0)
        for pair, (real, *_) in brute_force(asked, every, 0.45).items()
        if real < 0.45 and pair[1] < pair[0]
    }
    assert expected
    assert as_dict(rivals_in_block(asked, every, 0.45)) == expected


def test_a_distance_equal_to_the_ceiling_is_not_below_it() -> None:
    every = corpus(60)
    for (a, b), row in list(as_dict(matches_in_block(every, every)).items())[:30]:
        rows = np.flatnonzero(np.isin(every.rank, (a, b)))
        two = Ranked(every.levels[rows], every.rank[rows])
        least = min(row[:3])
        assert (a, b) not in as_dict(matches_in_block(two, two, least))
        assert (a, b) in as_dict(matches_in_block(two, two, float(np.nextafter(least, 1))))


def test_other_grids() -> None:
    levels = random_levels(np.random.default_rng(4), 30, 60)
    levels[15:] = mirrored(levels[:15], *GRID)
    every = Ranked(levels, np.arange(30))
    found = as_dict(matches_in_block(every, every, 0.3, *GRID))
    assert all(found[(i, i + 15)][1] == 0.0 for i in range(15))


def test_machine_code_is_the_same_for_arrays_of_any_kind() -> None:
    every = corpus(20)
    matches_in_block(every, every)
    rivals_in_block(every, every)
    kernels: list[Any] = [scan._candidates, scan._decide, decoys._rowwise]
    before = [len(kernel.signatures) for kernel in kernels]
    fixed = every.levels.copy()
    fixed.flags.writeable = False
    wide = np.repeat(every.levels, 2, axis=1)[:, ::2]
    for levels in (fixed, wide):
        other = Ranked(levels, every.rank)
        found = matches_in_block(other, other)
        assert as_dict(found) == as_dict(matches_in_block(every, every))
        rivals_in_block(other, other)
    assert [len(kernel.signatures) for kernel in kernels] == before


@pytest.mark.parametrize("empty", ["asked", "block", "both"])
def test_an_empty_side_gives_no_matches(empty: str) -> None:
    some = corpus(20)
    none = part(some, slice(0, 0))
    asked = some if empty == "block" else none
    block = some if empty == "asked" else none
    for found in (matches_in_block(asked, block), rivals_in_block(asked, block)):
        assert [c.dtype for c in found] == [c.dtype for c in no_matches()]
        assert not len(found.asked)


def test_featureless_signatures_match_nothing() -> None:
    levels: Levels = np.zeros((3, 272), np.int8)
    levels[2] = signatures(20)[3]
    every = Ranked(levels, np.arange(3))
    assert not len(matches_in_block(every, every, 0.99).asked)
