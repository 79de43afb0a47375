"""A planned search in words. Examples of large buckets need Spark."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from jobs import explaining
from jobs.explaining import plan_lines
from jobs.planning import Plan
from jobs.run import Run
from jobs.searching import Search
from jobs.settings import Settings
from matching import Model
from matching.rules import FIRST_WORD

MODEL = Model("v1", 9, True, ("exhaustive",), 0.4)
PLAN = Plan(1, 20_000, 12_345_678, 0, 0, 0, 0, {}, ())


def told(plan: Plan, model: Model = MODEL, cores: int = 2) -> list[str]:
    """The lines, with single spaces."""
    spark = SimpleNamespace(sparkContext=SimpleNamespace(defaultParallelism=cores))
    run = cast("Run", SimpleNamespace(spark=spark, settings=Settings(partitions=7)))
    lines = plan_lines(run, Search(model, cast("Any", None), plan), cast("Any", None))
    return [" ".join(line.split()) for line in lines]


def seconds(lines: list[str]) -> int:
    (found,) = (re.fullmatch(r"about ([\d,]+) s on \d+ cores", line) for line in lines[-1:])
    assert found
    return int(found[1].replace(",", ""))


def test_a_search_is_told_before_it_is_made() -> None:
    lines = told(PLAN)
    assert lines[:3] == [
        f"plan of the search (model {MODEL.model_id}, rules: exhaustive)",
        "planned comparisons 12,345,678 about",
        "keys with two rows or more 1",
    ]
    # 107 bytes a packed row, and Spark's own.
    shuffled = re.fullmatch(r"rows to shuffle 20,000 ([\d.]+) MB", lines[3])
    assert shuffled
    assert 2.2 < float(shuffled[1]) < 4
    assert lines[4] == "tasks 7"
    assert len(lines) == 6
    seconds(lines)


def test_what_is_not_compared_is_told_with_its_reason() -> None:
    lines = told(replace(PLAN, comparisons_bounded=5_000, capped=2, hot_words=1_000))
    assert lines[5] == "not compared 5,000 1,000 hot words, 2 capped buckets"
    lines = told(replace(PLAN, signatures_without_key=9))
    assert lines[5] == "signatures without a key 9"


def test_time_grows_with_the_work_and_falls_with_the_cores() -> None:
    much = replace(PLAN, rows=10**9, comparisons=10**13)
    rows, comparisons = replace(much, comparisons=0), replace(much, rows=0)
    assert min(seconds(told(rows)), seconds(told(comparisons))) > 100
    both = seconds(told(rows)) + seconds(told(comparisons))
    assert abs(seconds(told(much)) - both) <= 1
    assert abs(seconds(told(much)) - 5 * seconds(told(much, cores=10))) <= 5


def test_keys_have_names() -> None:
    assert explaining._name(70) == "cell 70"
    assert explaining._name(FIRST_WORD - 1) == f"cell {2**32 - 1}"
    assert explaining._name(FIRST_WORD) == "word 0 at 0"
    assert explaining._name(FIRST_WORD + 62 * 3**16 + 5) == "word 5 at 62"
