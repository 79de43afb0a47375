"""The index profiles: what Elasticsearch gets, and that each line of them has its reason."""

import json
from pathlib import Path

import pytest

from elastic.__main__ import main
from elastic.errors import ElasticError
from elastic.mapping import PROFILES, index_body

PROJECT = Path(__file__).resolve().parents[3]
OURS = {"path", "metadata", "image_id", "added", "sig", "cells"}
THEIRS = {"signature", "timestamp"}
WORDS = {f"simple_word_{number}" for number in range(63)}


def test_profiles_have_the_fields_that_documents_have() -> None:
    full, lean = (index_body(profile, {})["mappings"] for profile in ("full", "lean"))
    assert set(full["properties"]) == OURS | THEIRS | WORDS
    assert set(lean["properties"]) == OURS | WORDS
    assert full["dynamic"] == lean["dynamic"] == "strict"
    assert lean["_source"] == {"includes": ["path", "metadata"]}
    assert "_source" not in full
    for mappings in (full, lean):
        assert mappings["properties"]["simple_word_62"] == {
            "type": "keyword", "doc_values": False, "similarity": "boolean"}  # fmt: skip
        assert mappings["properties"]["sig"] == {"type": "binary", "doc_values": True}


def test_meta_and_settings_are_put_in() -> None:
    body = index_body("full", {"signature_version": "v", "model_id": "m"}, shards=3, replicas=2)
    assert body["mappings"]["_meta"] == {
        "signature_version": "v", "model_id": "m", "profile": "full"}  # fmt: skip
    assert body["settings"]["index"] == {
        "codec": "best_compression", "number_of_shards": 3, "number_of_replicas": 2}  # fmt: skip


@pytest.mark.parametrize("profile", PROFILES)
def test_every_table_of_a_profile_has_a_reason(profile: str) -> None:
    lines = (PROJECT / "conf" / "elasticsearch" / f"{profile}.toml").read_text().splitlines()
    fields = [place for place, line in enumerate(lines) if line.startswith("[mappings.prop")]
    known = set()
    if profile == "lean":  # what is the same as in full has its reason there
        known = set((PROJECT / "conf" / "elasticsearch" / "full.toml").read_text().splitlines())
    for place in fields:
        block = lines[place : next((p for p in fields if p > place), len(lines))]
        settings = [line for line in block if "=" in line and not line.startswith("#")]
        new = [line for line in settings if line not in known]
        assert not new or any(line.startswith("#") for line in block) or len(new) == 1, block


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ElasticError, match="full or lean"):
        index_body("fat", {})


def test_the_command_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lean"]) == 0
    assert json.loads(capsys.readouterr().out) == index_body("lean", {})
    assert main(["fat"]) == 2
    assert main([]) == 2
    assert capsys.readouterr().err.count("\n") == 2
