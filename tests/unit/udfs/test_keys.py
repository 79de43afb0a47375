"""The join table: which rows a signature gets."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from matching.rules import word_keys
from signature import pack_levels
from tests.unit.matching.examples import signatures
from udfs import keys as module
from udfs.keys import EACH_OTHER, LEFT, RIGHT, exploder, keyless_counter, word_counter

from .buckets import hot_words, ids_of, keyed_rows, model_of, signature_rows

LEVELS = signatures(90)
IDS = ids_of(LEVELS)


def batches() -> list[pa.RecordBatch]:
    """The signatures in batches of several sizes, one of them empty."""
    whole = signature_rows(LEVELS, IDS)
    return [whole.slice(0, 7), whole.slice(7, 0), whole.slice(7, 50), whole.slice(57)]


def test_a_signature_has_one_row_under_each_of_its_words() -> None:
    rows = keyed_rows(LEVELS, IDS, model_of("words"))
    assert rows.num_rows == 90 * 63
    under = {(row["signature_id"], row["key"]) for row in rows.to_pylist()}
    keys = word_keys(LEVELS).tolist()
    assert under == {(IDS[i].tobytes(), key) for i, row in enumerate(keys) for key in row}
    assert set(rows["part"].to_pylist()) == {0}
    assert set(rows["side"].to_pylist()) == {EACH_OTHER}


def test_hot_words_have_no_rows() -> None:
    hot = hot_words(LEVELS, 3)
    rows = keyed_rows(LEVELS, IDS, model_of("words", hot_words=hot))
    keys = word_keys(LEVELS)
    expected = Counter(keys[~np.isin(keys, hot)].tolist())
    assert Counter(rows["key"].to_pylist()) == expected
    assert max(expected.values()) <= 3
    assert rows.num_rows < keys.size


def test_every_row_brings_its_own_signature() -> None:
    packed = {i.tobytes(): p.tobytes() for i, p in zip(IDS, pack_levels(LEVELS), strict=True)}
    for rule in ("words", "exhaustive"):
        for row in keyed_rows(LEVELS, IDS, model_of(rule)).to_pylist():
            assert packed[row["signature_id"]] == row["packed"]


def test_each_two_signatures_meet_in_one_part_of_a_split_key() -> None:
    rows = keyed_rows(LEVELS, IDS, model_of("exhaustive", group_size=10))
    assert rows.num_rows == 90 * 9
    members: dict[int, dict[int, list[bytes]]] = {}
    for row in rows.to_pylist():
        sides = members.setdefault(row["part"], {EACH_OTHER: [], LEFT: [], RIGHT: []})
        sides[row["side"]].append(row["signature_id"])
    meetings: Counter[frozenset[bytes]] = Counter()
    for sides in members.values():
        assert not (sides[EACH_OTHER] and (sides[LEFT] or sides[RIGHT]))
        alone = sides[EACH_OTHER]
        meetings.update(frozenset({a, b}) for i, a in enumerate(alone) for b in alone[:i])
        meetings.update(frozenset({a, b}) for a in sides[LEFT] for b in sides[RIGHT])
    assert len(meetings) == 90 * 89 // 2
    assert set(meetings.values()) == {1}


def test_batches_and_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of("exhaustive")
    whole = keyed_rows(LEVELS, IDS, model).to_pylist()
    monkeypatch.setattr(module, "_SIGNATURES_AT_ONCE", 11)
    parts = [row for b in exploder(model, 90)(iter(batches())) for row in b.to_pylist()]

    def by_content(row: dict[str, object]) -> str:
        return repr(sorted(row.items()))

    assert sorted(parts, key=by_content) == sorted(whole, key=by_content)


def test_no_rows_in_no_rows_out() -> None:
    for function in (exploder(model_of("words"), 0), word_counter(model_of("words"))):
        assert [row for batch in function(iter([])) for row in batch.to_pylist()] == []
        empty = function(iter([signature_rows(LEVELS[:0], IDS[:0])]))
        assert [row for batch in empty for row in batch.to_pylist()] == []


def test_words_are_listed_to_be_counted() -> None:
    listed = [
        row["key"] for b in word_counter(model_of("words"))(batches()) for row in b.to_pylist()
    ]
    assert Counter(listed) == Counter(word_keys(LEVELS).ravel().tolist())


def test_signatures_without_a_key_are_counted() -> None:
    of_two = np.unique(word_keys(LEVELS[[3, 60]]))
    model = model_of("words", hot_words=of_two)
    keyless = int(np.isin(word_keys(LEVELS), of_two).all(axis=1).sum())
    assert keyless >= 2
    counted = [row["keyless"] for b in keyless_counter(model)(batches()) for row in b.to_pylist()]
    assert sum(counted) == keyless


def test_signatures_of_another_size() -> None:
    levels = LEVELS[:, :110]
    model = model_of("exhaustive", n=6)
    rows = keyed_rows(levels, IDS, model)
    assert {len(value) for value in rows["packed"].to_pylist()} == {37}
