"""The lines that a run prints at its end."""

from pathlib import Path

import pandas as pd
import pytest

from jobs.summary import count_line, human_bytes, reading_lines, summary_lines, table_lines

COUNTS = {
    "images": 1_234_567,
    "signed": 1_234_000,
    "skipped": 60,
    "skipped.featureless": 60,
    "failed": 507,
    "failed.truncated": 500,
    "failed.not_found": 7,
    "signatures": 1_000_000,
    "comparisons": 499_999_500_000,
    "comparisons_bounded": 0,
    "hot_words": 0,
    "capped": 0,
    "pairs_dropped": 0,
    "signatures_without_key": 0,
    "pairs": 12,
    "pairs.0.0-0.1": 5,
    "pairs.0.3-0.4": 7,
    "groups": 3,
    "removable": 9,
    "removable_bytes": 12_345_678,
    "removable.near": 4,
    "removable.same_bytes": 5,
}

EXHAUSTIVE = """\
images                                 1,234,567
  signed                               1,234,000
  skipped                                     60
    featureless                               60
  failed                                     507
    not_found                                  7
    truncated                                500
distinct signatures                    1,000,000
copies of one of them                    234,000
pairs below 0.35                              12   rule: exhaustive
  0 to 0.1                                     5
  0.3 to 0.35                                  7
comparisons                       499,999,500,000
groups (one keeper each)                       3
removable images                               9   12.3 MB to gain
  same bytes                                   5
  near                                         4"""


def test_a_run_by_the_exhaustive_rule() -> None:
    # The last bin ends at the cutoff.
    assert "\n".join(summary_lines(COUNTS, 0.35, "exhaustive")) == EXHAUSTIVE


def after_comparisons(counts: dict[str, int], rule: str) -> list[str]:
    """The lines between comparisons and groups, with single spaces."""
    lines = [" ".join(line.split()) for line in summary_lines(COUNTS | counts, 0.4, rule)]
    first = next(i for i, line in enumerate(lines) if line.startswith("comparisons "))
    last = next(i for i, line in enumerate(lines) if line.startswith("groups "))
    return lines[first + 1 : last]


def test_a_run_by_words_says_what_was_bounded_away() -> None:
    counts = {"comparisons_bounded": 88_000, "hot_words": 1_200, "signatures_without_key": 3}
    bounded, without, missed = after_comparisons(counts, "words")
    assert bounded == "comparisons bounded away 88,000 1,200 hot words"
    assert without == "signatures without a key 3 in no pair"
    assert "not found by this rule" in missed


@pytest.mark.parametrize(
    ("counts", "rule", "lines"),
    [
        ({}, "cells", []),
        ({}, "cells,words", []),
        (
            {"comparisons_bounded": 5_000, "capped": 2},
            "cells",
            ["comparisons bounded away 5,000 2 capped buckets"],
        ),
        (
            {"comparisons_bounded": 5_000, "capped": 2_000, "hot_words": 1},
            "cells,words",
            ["comparisons bounded away 5,000 1 hot words, 2,000 capped buckets"],
        ),
        (
            {"pairs_dropped": 1_234},
            "exhaustive",
            ["pairs dropped 1,234 both ends have nearer ones"],
        ),
        (
            {"signatures_without_key": 9, "pairs_dropped": 1},
            "cells",
            [
                "pairs dropped 1 both ends have nearer ones",
                "signatures without a key 9 in no pair",
            ],
        ),
    ],
)
def test_what_is_bounded_or_dropped_has_a_line(
    counts: dict[str, int], rule: str, lines: list[str]
) -> None:
    assert after_comparisons(counts, rule) == lines


def test_a_count_has_its_name_to_the_left_and_its_number_to_the_right() -> None:
    assert count_line("tasks", 1_234_567) == f"{'tasks':<34}     1,234,567"
    assert count_line("tasks", 8, "about", 2) == f"    {'tasks':<30}             8   about"


def test_an_empty_run_has_no_lines_for_what_is_not_there() -> None:
    empty = {name: 0 for name in COUNTS if "." not in name}
    lines = summary_lines(empty, 0.4, "exhaustive")
    assert len(lines) == 10
    assert all(" 0" in line for line in lines)


def test_the_reading_lines_work(tmp_path: Path) -> None:
    report = str(tmp_path / "it's a report")
    Path(report, "duplicates.parquet").mkdir(parents=True)
    frame = pd.DataFrame({"image_id": ["a", "b"]})
    frame.to_parquet(Path(report, "duplicates.parquet", "part-0.parquet"))
    where, pandas, duck = reading_lines(report)
    assert where.endswith(report)
    call = pandas.removeprefix("pandas").strip()
    assert eval(call, {"pd": pd})["image_id"].tolist() == ["a", "b"]  # noqa: S307
    assert duck.endswith("/duplicates.parquet/*.parquet'")


def test_a_table_is_aligned() -> None:
    lines = table_lines(("transform", "found"), [("crop", "1,000"), ("a long name", "7")])
    assert lines == ["transform    found", "crop         1,000", "a long name      7"]


def test_a_table_without_rows_has_its_header() -> None:
    assert table_lines(("transform", "found"), []) == ["transform  found"]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (1_500, "1.5 KB"),
        (12_345_678, "12.3 MB"),
        (999_949, "999.9 KB"),
        (999_950, "1.0 MB"),
        (7 * 10**12, "7.0 TB"),
        (5 * 10**18, "5,000.0 PB"),
    ],
)
def test_human_bytes(count: int, text: str) -> None:
    assert human_bytes(count) == text
