"""Secrets in settings, and the flags of an index."""

import argparse

import pytest

from jobs.errors import UserError
from jobs.loads.backfill_request import parse_backfill_request
from jobs.loads.flags import add_index_flags, index_overrides
from jobs.request import parse_request
from jobs.settings import read_settings
from tests.conftest import PROJECT

PLANTED = "planted-4711"
WHERE = ["--elasticsearch", "http://a:1", "--index", "pictures"]


@pytest.mark.parametrize("name", ["elasticsearch.password", "elasticsearch.api_key"])
def test_a_secret_that_is_written_into_a_setting_is_refused_and_not_shown(name: str) -> None:
    with pytest.raises(UserError) as caught:
        read_settings(None, {name: PLANTED})
    assert name in str(caught.value)
    assert PLANTED not in str(caught.value)
    assert read_settings(None, {name: "env:X"}).model_dump()["elasticsearch"]


def test_address_and_name_go_together() -> None:
    parser = argparse.ArgumentParser()
    add_index_flags(parser)
    assert index_overrides(parser.parse_args(WHERE)) == {
        "elasticsearch.url": "http://a:1", "elasticsearch.index": "pictures"}  # fmt: skip
    assert not any(index_overrides(parser.parse_args([])).values())
    for alone in (WHERE[:2], WHERE[2:]):
        with pytest.raises(UserError, match="go together"):
            index_overrides(parser.parse_args(alone))


def test_build_index_takes_both_flags() -> None:
    request = parse_request("build_index", ["--source", "x", *WHERE], PROJECT)
    assert request.settings.elasticsearch.url == "http://a:1"
    assert request.settings.elasticsearch.index == "pictures"
    assert (
        parse_request("build_index", ["--source", "x"], PROJECT).settings.elasticsearch.url is None
    )


def test_backfill_reads_its_wishes() -> None:
    words = ["--store", "s", *WHERE, "--chunk-documents", "7", "--remove-old", "--dry-run"]
    request = parse_backfill_request("backfill", words, PROJECT)
    assert request.settings.backfill.chunk_documents == 7
    assert request.settings.backfill.remove_old
    assert request.explain_cost
    assert request.source is None
    plain = parse_backfill_request("backfill", ["--store", "s", *WHERE, "--keep-old"], PROJECT)
    assert not plain.settings.backfill.remove_old
    assert plain.settings.backfill.chunk_documents == 1_000_000


@pytest.mark.parametrize(
    "words", [["--store", "s"], ["--store", "s", "--elasticsearch", "http://a", "--index", "A*"]]
)
def test_backfill_wants_to_know_where(words: list[str]) -> None:
    with pytest.raises(UserError):
        parse_backfill_request("backfill", words, PROJECT)
