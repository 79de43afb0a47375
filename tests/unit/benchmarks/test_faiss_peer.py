"""FAISS finds brute force's pairs where it looks everywhere, and some of them elsewhere."""

import numpy as np
import pytest

from benchmarks import faiss_peer
from benchmarks.faiss_peer import built

from .examples import by_definition, signatures

#: High, so that there are pairs whose nearest lists differ.
CUTOFF = 0.6


@pytest.mark.parametrize("batch", [64, 16_384])
def test_with_all_lists_probed_it_finds_what_brute_force_finds(
    monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(faiss_peer, "_BATCH", batch)
    levels = signatures(300)
    answers = built(levels, CUTOFF, nlist=4, components=16).search(4)
    found = list(zip(answers.a.tolist(), answers.b.tolist(), strict=True))
    assert sorted(found) == sorted(by_definition(levels, CUTOFF))
    assert answers.comparisons == len(levels) ** 2


def test_with_few_lists_probed_it_finds_some_of_them_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faiss_peer, "_BATCH", 64)
    levels = signatures(300)
    peer = built(levels, CUTOFF, nlist=32, components=16)
    truth = by_definition(levels, CUTOFF)
    before = 0
    for nprobe in (1, 2, 4):
        answers = peer.search(nprobe)
        found = list(zip(answers.a.tolist(), answers.b.tolist(), strict=True))
        assert before < len(found) < len(truth)
        assert set(found) <= truth.keys()
        assert len(set(found)) == len(found)
        before = len(found)


def test_a_pair_is_found_if_either_finds_the_other() -> None:
    levels = signatures(300)
    peer = built(levels, CUTOFF, nlist=32, components=16)
    probes = peer._lists.nearest(levels, 3)
    expected = {
        (a, b)
        for a, b in by_definition(levels, CUTOFF)
        if probes[a, 0] in probes[b] or probes[b, 0] in probes[a]
    }
    answers = peer.search(3)
    assert set(zip(answers.a.tolist(), answers.b.tolist(), strict=True)) == expected
    sizes = np.bincount(probes[:, 0], minlength=32)
    assert answers.comparisons == sizes[probes].sum()


@pytest.mark.parametrize("nprobe", [1, 2, 4])
def test_what_a_search_would_find_is_what_it_finds(nprobe: int) -> None:
    levels = signatures(300)
    peer = built(levels, CUTOFF, nlist=32, components=16)
    a, b = np.array(sorted(by_definition(levels, CUTOFF)), np.int32).T
    foretold = peer.would_find(a, b, nprobe)
    answers = peer.search(nprobe)
    found = set(zip(answers.a.tolist(), answers.b.tolist(), strict=True))
    assert {
        pair for pair, will in zip(zip(a, b, strict=True), foretold, strict=True) if will
    } == found
