"""Outcomes are counted, and what matters is listed."""

import json

from reliability.report import accidents, breaches, slowest, summary, table
from reliability.trials import Outcome

OUTCOMES = [
    Outcome("flip:0", "flip", "failed", "corrupt", "It is.", 0.1, None),
    Outcome("flip:1", "flip", "signed", None, None, 0.2, None),
    Outcome("flip:2", "flip", "signed", None, None, 0.3, "first line\nlast line\n"),
    Outcome("cut:0", "cut", "failed", "timeout", "It slept.", 9.0, None),
    Outcome("cut:1", "cut", None, None, None, 0.0, "LookupError: a fault"),
]


def test_table() -> None:
    assert table(OUTCOMES).splitlines() == [
        "|                | flip | cut | all |",
        "| -------------- | ---: | --: | --: |",
        "| signed         |    2 |   0 |   2 |",
        "| failed corrupt |    1 |   0 |   1 |",
        "| failed timeout |    0 |   1 |   1 |",
        "| no row         |    0 |   1 |   1 |",
        "| files          |    3 |   2 |   5 |",
    ]


def test_lists() -> None:
    assert accidents(OUTCOMES) == ["cut:0  timeout: It slept."]
    assert breaches(OUTCOMES) == ["flip:2  last line", "cut:1  LookupError: a fault"]
    assert slowest(OUTCOMES)[0] == "9.00 s  cut:0  failed timeout"


def test_summary_is_one_line_with_everything() -> None:
    text = summary(OUTCOMES, {"seed": 3})
    assert "\n" not in text
    told = json.loads(text)
    assert (told["seed"], told["files"]) == (3, 5)
    assert told["counts"] == {
        "flip": {"failed corrupt": 1, "signed": 2},
        "cut": {"failed timeout": 1, "no row": 1},
    }
    assert (len(told["accidents"]), len(told["breaches"])) == (1, 2)
