"""The command lines of jobs that work on what a store holds."""

from pathlib import Path

import pytest

from jobs.store_request import CompactRequest, parse_compact_request


def parse(*words: str) -> CompactRequest:
    return parse_compact_request("compact", words, Path("/project"))


def test_a_compaction_keeps_a_week_unless_it_is_told_otherwise() -> None:
    assert parse("--store", "s").retention_hours == 168
    assert parse("--store", "s", "--retention-hours", "0").retention_hours == 0
    assert parse("--store", "s").store == "s"


@pytest.mark.parametrize("hours", ["-1", "721", "1.5", "a week"])
def test_hours_that_cannot_be_kept_are_refused(
    hours: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse("--store", "s", "--retention-hours", hours)
    assert caught.value.code == 2
    assert "720" in capsys.readouterr().err.splitlines()[-1]
