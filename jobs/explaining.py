"""A planned search in words: what it will compare, the largest buckets, time and shuffle."""

from collections.abc import Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.planning import Plan
from jobs.run import Run
from jobs.searching import Search, comparing_tasks
from jobs.session import cores
from jobs.stages.find_pairs import bucket_examples
from jobs.summary import count_line, human_bytes, table_lines
from matching.model import EXHAUSTIVE
from matching.rules import FIRST_WORD, WORD_BASE
from udfs.rows import row_bytes

_ROW_SECONDS = 8e-6
"""Of one core, to make, shuffle, sort and read a row of the join table (measured)."""

_COMPARISONS_PER_SECOND = 5e7
"""Of one core, in buckets of a few hundred rows (measured)."""

_ROW_OVERHEAD_BYTES = 40
"""Spark's own, and key, part, side and cost."""


def plan_lines(run: Run, search: Search, images: DataFrame) -> list[str]:
    """Say what a search will take, before it is made.

    Parameters
    ----------
    run : Run
        The run at work.
    search : Search
        Planned.
    images : DataFrame
        The table ``images``, for the paths of examples.

    Returns
    -------
    list of str
        Lines without line ends.
    """
    plan, model = search.plan, search.model
    lines = [
        f"plan of the search (model {model.model_id}, rules: {model.rule})",
        count_line("planned comparisons", plan.comparisons, "about", 1),
        count_line("keys with two rows or more", plan.keys, "", 1),
        count_line("rows to shuffle", plan.rows, human_bytes(_shuffled(search)), 1),
        count_line("tasks", comparing_tasks(run, plan), "", 1),
    ]
    if plan.comparisons_bounded:
        lines.append(count_line("not compared", plan.comparisons_bounded, _bounds(plan), 1))
    if plan.signatures_without_key:
        lines.append(count_line("signatures without a key", plan.signatures_without_key, "", 1))
    lines.append(f"  about {_seconds(run, plan):,.0f} s on {cores(run.spark)} cores")
    if EXHAUSTIVE not in model.rules and plan.largest:
        lines += ["", *_largest(search, images)]
    return lines


def _shuffled(search: Search) -> int:
    return search.plan.rows * (row_bytes(search.model) + _ROW_OVERHEAD_BYTES)


def _seconds(run: Run, plan: Plan) -> float:
    work = plan.rows * _ROW_SECONDS + plan.comparisons / _COMPARISONS_PER_SECOND
    return work / cores(run.spark)


def _bounds(plan: Plan) -> str:
    parts = {"hot words": plan.hot_words, "capped buckets": plan.capped}
    return ", ".join(f"{number:,} {name}" for name, number in parts.items() if number)


def _largest(search: Search, images: DataFrame) -> Iterator[str]:
    keys = [bucket.key for bucket in search.plan.largest]
    examples = bucket_examples(search.assigned, search.model, keys)
    paths = images.groupBy("signature_id").agg(F.min("path").alias("path"))
    found = examples.join(paths, "signature_id", how="left").collect()
    path = {row.key: row.path or "" for row in found}
    header = ("largest buckets", "rows", "comparisons", "groups", "  example")
    rows = []
    for bucket in search.plan.largest:
        split = search.plan.buckets.get(bucket.key)
        comparisons = split.comparisons if split else bucket.comparisons
        groups = split.groups if split else 1
        cells = (f"{bucket.rows:,}", f"{comparisons:,}", f"{groups}")
        rows.append((f"  {_name(bucket.key)}", *cells, f"  {path.get(bucket.key, '')}"))
    yield from table_lines(header, rows)


def _name(key: int) -> str:
    if key < FIRST_WORD:
        return f"cell {key}"
    position, word = divmod(key - FIRST_WORD, WORD_BASE)
    return f"word {word} at {position}"
