"""The shape of JSON texts: which keys there are and what is behind them, over any number of texts.

Spark writes a JSON object only with a schema. One pass over the texts finds the one that fits them
all, so that no key is lost.

A shape is itself JSON: ``"long"``, ``"double"``, ``"boolean"``, ``"string"``, ``"null"``, a list
with one shape, or an object from keys to shapes.
"""

import json
from collections.abc import Iterator
from functools import reduce
from typing import Any, TypeAlias

import pyarrow as pa

from udfs.arrow import Batches

SHAPES = pa.schema([("shape", pa.string()), ("objects", pa.int64()), ("others", pa.int64())])
"""One row a partition: the shape of its objects, how many they are, and how many texts are none."""

NULL = "null"
STRING = "string"
LONG = "long"
DOUBLE = "double"
BOOLEAN = "boolean"

_LONGEST = 2**63

_SPARK_TYPES = {
    NULL: "string",
    STRING: "string",
    LONG: "bigint",
    DOUBLE: "double",
    BOOLEAN: "boolean",
}

Shape: TypeAlias = Any
Value: TypeAlias = Any


def find_shapes(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Find the shape of a partition's metadata.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
        With ``metadata``, text.

    Yields
    ------
    pyarrow.RecordBatch
        Of `SHAPES`, one row.
    """
    shape: Shape = {}
    objects = others = 0
    for batch in batches:
        for text in batch["metadata"].to_pylist():
            value = _parsed(text)
            if isinstance(value, dict):
                shape = merged(shape, shape_of(value))
                objects += 1
            else:
                others += text is not None
    row = {"shape": json.dumps(shape), "objects": objects, "others": others}
    yield pa.RecordBatch.from_pylist([row], SHAPES)


def shape_of(value: Value) -> Shape:
    """Return the shape of a JSON value.

    Parameters
    ----------
    value : object
        Of `json.loads`.

    Returns
    -------
    shape
        See the module's page.
    """
    if isinstance(value, dict):
        return {key: shape_of(member) for key, member in value.items()}
    if isinstance(value, list):
        return [reduce(merged, map(shape_of, value), NULL)]
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int):
        return LONG if -_LONGEST <= value < _LONGEST else STRING
    return DOUBLE if isinstance(value, float) else STRING


def merged(one: Shape, other: Shape) -> Shape:
    """Return the shape that holds the values of both.

    Parameters
    ----------
    one, other : shape
        See the module's page.

    Returns
    -------
    shape
        ``"string"`` where they have nothing in common: the value's own text is written then.
    """
    if other in (one, NULL):
        return one
    if one == NULL:
        return other
    if isinstance(one, dict) and isinstance(other, dict):
        keys = {**one, **other}
        return {key: merged(one.get(key, NULL), other.get(key, NULL)) for key in keys}
    if isinstance(one, list) and isinstance(other, list):
        return [merged(one[0], other[0])]
    return STRING


def spark_type(shape: Shape) -> str:
    """Return a shape in Spark's language of types.

    Parameters
    ----------
    shape : shape
        See the module's page.

    Returns
    -------
    str
        For `pyspark.sql.functions.from_json`.
    """
    if isinstance(shape, dict):
        fields = (f"{_quoted(key)}: {spark_type(shape[key])}" for key in sorted(shape))
        return f"struct<{', '.join(fields)}>"
    if isinstance(shape, list):
        return f"array<{spark_type(shape[0])}>"
    return _SPARK_TYPES[shape]


def fields_of(shape: Shape) -> int:
    """Count the keys of a shape, at all depths.

    Parameters
    ----------
    shape : shape
        See the module's page.

    Returns
    -------
    int
        0 for a plain value.
    """
    if isinstance(shape, dict):
        return len(shape) + sum(map(fields_of, shape.values()))
    return fields_of(shape[0]) if isinstance(shape, list) else 0


def _parsed(text: str | None) -> Value:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return None


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
