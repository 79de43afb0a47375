"""Shapes of metadata: no key may get lost, and what has two types is text."""

import json
from functools import reduce

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.metadata import fields_of, find_shapes, merged, shape_of, spark_type

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=2), VALUES, max_size=3)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "bigint"),
        ([1, 2.5], "string"),
        ([1.5, 2.5], "double"),
        ([True, None], "boolean"),
        ([2**63], "string"),
        ([-(2**63)], "bigint"),
        ([1, "x"], "string"),
        ([None], "string"),
        ([[], [1]], "array<bigint>"),
        ([[1], ["x"]], "array<string>"),
        ([{"b": 1}, {"a": None}], "struct<`a`: string, `b`: bigint>"),
        ([{"a": 1}, 5], "string"),
        ([{"a.`": [{"b": True}]}], "struct<`a.```: array<struct<`b`: boolean>>>"),
    ],
)
def test_values_become_sparks_types(values: list[object], kind: str) -> None:
    assert spark_type(reduce(merged, map(shape_of, values))) == kind


@given(st.lists(OBJECTS, min_size=1, max_size=5))
def test_the_order_of_texts_does_not_matter(values: list[dict[str, object]]) -> None:
    shapes = [shape_of(value) for value in values]
    forth, back = reduce(merged, shapes), reduce(merged, reversed(shapes))
    assert spark_type(forth) == spark_type(back)
    assert reduce(merged, [forth, *shapes]) == forth  # it holds each of them
    assert fields_of(forth) == fields_of(back)


@given(st.lists(OBJECTS, max_size=6), st.integers(0, 6))
def test_parts_and_the_whole_have_one_shape(values: list[dict[str, object]], cut: int) -> None:
    texts = [json.dumps(value) for value in values]

    def found(some: list[str]) -> tuple[object, int]:
        rows = pa.RecordBatch.from_pydict({"metadata": pa.array(some, pa.string())})
        (batch,) = find_shapes([rows])
        (row,) = batch.to_pylist()
        assert row["others"] == 0
        return json.loads(row["shape"]), row["objects"]

    whole, count = found(texts)
    (first, some), (last, rest) = found(texts[:cut]), found(texts[cut:])
    assert spark_type(merged(first, last)) == spark_type(whole)
    assert some + rest == count == len(texts)


def test_texts_that_are_no_objects_are_counted() -> None:
    texts = ['{"a": 1}', None, "[1]", "no json", "5", "{}"]
    rows = pa.RecordBatch.from_pydict({"metadata": pa.array(texts, pa.string())})
    (batch,) = find_shapes([rows, rows])
    assert batch.to_pylist() == [{"shape": '{"a": "long"}', "objects": 4, "others": 6}]
