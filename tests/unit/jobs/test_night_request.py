"""The command line of an increment becomes one checked request."""

from pathlib import Path

import pytest

from jobs.errors import UserError
from jobs.night_request import NightRequest, parse_night_request
from jobs.settings import Settings

PLACES = ["--source", "/pictures", "--store", "s"]


def parsed(*words: str) -> NightRequest:
    return parse_night_request("dedupe_report", [*PLACES, *words], Path("/project"))


def test_nothing_else_is_needed() -> None:
    request = parsed()
    assert (request.source, request.store, request.source_format) == ("/pictures", "s", "auto")
    assert {request.new_only, request.contents, request.stable} == {False}
    assert request.forget is request.decisions is request.within is request.against is None
    sample = {"calibrated": 0, "audited": 0}
    assert request.settings == Settings.model_validate({"sample": sample})


@pytest.mark.parametrize("missing", [["--source", "s"], ["--store", "s"]])
def test_source_and_store_are_needed(missing: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_night_request("dedupe_report", missing, Path("/project"))
    assert caught.value.code == 2


def test_every_flag_arrives(tmp_path: Path) -> None:
    file = tmp_path / "ids"
    file.write_text("a\n")
    request = parsed(
        *("--new-only", "--compare-contents", "--audit", "--keeper-stability", "on"),
        *("--forget", str(file), "--decisions", str(file), "--within", "seller"),
        *("--against", "t", "--set", "max_vanished_rate=1.0", "--protected", "/p"),
    )
    assert request.new_only
    assert request.contents
    assert request.stable
    assert (request.forget, request.decisions) == (str(file), str(file))
    assert (request.within, request.against) == ("seller", "t")
    expected = {"max_vanished_rate": 1.0, "keepers": {"protected": ("/p",)}}
    assert request.settings == Settings.model_validate(expected)


@pytest.mark.parametrize("flag", ["--forget", "--decisions"])
def test_a_file_that_is_not_there_is_told_before_any_work(flag: str) -> None:
    with pytest.raises(UserError, match=f"{flag} gone: there is no such file"):
        parsed(flag, "gone")


@pytest.mark.parametrize("flag", ["--cutoff", "--rules", "--model"])
def test_what_the_store_decides_cannot_be_asked_for(flag: str) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed(flag, "0.3")
    assert caught.value.code == 2
