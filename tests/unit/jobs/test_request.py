"""The command line becomes one checked request."""

import shutil
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from jobs.errors import UserError
from jobs.request import Request, parse_request, with_sample
from jobs.sample import read_truth
from jobs.settings import Settings

PHOTOS = Path(__file__).resolve().parents[3] / "sample" / "photos"


def parsed(*words: str) -> Request:
    return parse_request("build_index", words, Path("/project"))


def test_without_words_the_sample_is_meant() -> None:
    request = parsed()
    assert request == Request(
        source=None,
        source_format="auto",
        store="stores/sample",
        settings=Settings(),
        truth=None,
        export_removable=None,
        project=Path("/project"),
    )


def test_a_source_has_another_store_than_the_sample() -> None:
    assert parsed("--source", "/pictures").store == "stores/default"
    assert parsed("--source", "/pictures", "--store", "s").store == "s"
    assert parsed("--store", "s").store == "s"


def test_every_flag_arrives(tmp_path: Path) -> None:
    profile, truth, removable = (tmp_path / name for name in ("p.toml", "t.tsv", "r.csv"))
    profile.write_text("cutoff = 0.1\npartitions = 3\n")
    truth.touch()
    request = parsed(
        *("--source", "/a", "--source-format", "glob", "--store", "/s", "--profile", str(profile)),
        *("--truth", str(truth), "--export-removable", str(removable), "--cutoff", "0.2"),
        *("--rules", "words", "--protected", "/p", "--protected", "/q"),
        *("--max-failure-rate", "0.5", "--set", "matching.group_size=9"),
        *("--set", "signature.n=7"),
    )
    assert (request.source, request.source_format, request.store) == ("/a", "glob", "/s")
    assert (request.truth, request.export_removable) == (str(truth), str(removable))
    settings = request.settings
    assert (settings.cutoff, settings.partitions, settings.max_failure_rate) == (0.2, 3, 0.5)
    assert (settings.matching.rules, settings.matching.group_size) == ("words", 9)
    assert (settings.keepers.protected, settings.signature.n) == (("/p", "/q"), 7)


@pytest.mark.parametrize(
    ("header", "taken"), [("file\toriginal\ttransform\n", True), ("name\tlabel\n", False)]
)
def test_a_truth_in_the_source_is_taken_if_it_is_one(
    tmp_path: Path, header: str, taken: bool
) -> None:
    (tmp_path / "truth.tsv").write_text(f"{header}a\tb\tcrop\n")
    (tmp_path / "other.tsv").touch()
    assert parsed("--source", str(tmp_path)).truth == (
        str(tmp_path / "truth.tsv") if taken else None
    )
    other = str(tmp_path / "other.tsv")
    assert parsed("--source", str(tmp_path), "--truth", other).truth == other


def test_a_flag_that_is_not_given_does_not_hide_the_profile(tmp_path: Path) -> None:
    profile = tmp_path / "p.toml"
    profile.write_text(
        'cutoff = 0.1\nmax_failure_rate = 0.9\n[matching]\nrules = "words"\n'
        '[keepers]\nprotected = ["/p"]\n'
    )
    settings = parsed("--profile", str(profile)).settings
    assert (settings.cutoff, settings.max_failure_rate) == (0.1, 0.9)
    assert (settings.matching.rules, settings.keepers.protected) == ("words", ("/p",))


def test_a_request_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        parsed().store = "elsewhere"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "matching.rule=words"], "there is no setting matching.rule"),
        (["--set", "cutoff"], "NAME=VALUE"),
        (["--cutoff", "1.5"], "setting cutoff = 1.5"),
        (["--max-failure-rate", "2"], "setting max_failure_rate = 2.0"),
        (["--profile", "/no/such/profile"], "/no/such/profile"),
        (["--truth", "/no/such/truth"], "/no/such/truth"),
        (["--truth", "/"], "--truth /"),
        (["--export-removable", "/no/such/folder/file.csv"], "folder that exists"),
        (["--export-removable", "/"], "folder that exists"),
        (["--protected", ""], "protected"),
    ],
)
def test_a_mistake_is_told_before_anything_starts(words: list[str], said: str) -> None:
    with pytest.raises(UserError) as caught:
        parsed(*words)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [["--sauce", "/a"], ["--prof", "/a"], ["--cutoff", "low"], ["--rules", "cells"], ["/a"]],
)
def test_unknown_words_end_with_the_code_of_a_mistake(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed(*words)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_help_names_every_flag_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed("--help")
    assert caught.value.code == 0
    text = capsys.readouterr().out
    flags = "--source --source-format --store --export-removable --truth --profile --cutoff "
    flags += "--rules --protected --max-failure-rate --set"
    assert all(f"\n  {flag} " in text for flag in flags.split())
    assert "exit codes: 0 done; 1" in text


def test_a_source_that_was_given_is_left_alone() -> None:
    request = parsed("--source", "/pictures")
    assert with_sample(request) is request
    # An empty variable of a shell is a mistake, and no wish for the sample.
    empty = parsed("--source", "")
    assert with_sample(empty) is empty


def test_the_sample_brings_its_pictures_and_its_truth(tmp_path: Path) -> None:
    photos = tmp_path / "project" / "sample" / "photos"
    photos.mkdir(parents=True)
    for photo in sorted(PHOTOS.iterdir())[:2]:
        shutil.copy(photo, photos)
    store = str(tmp_path / "stores" / "mine")
    request = parse_request("build_index", ["--store", f"{store}/"], tmp_path / "project")
    sample = with_sample(request)
    assert Path(sample.source).parent == Path(f"{store}-corpus")
    assert len(list(Path(sample.source, "originals").iterdir())) == 2
    copies = read_truth(Path(sample.truth)).to_pylist()
    assert len(copies) > 2
    assert all(Path(copy["path"]).is_relative_to(sample.source) for copy in copies)
    assert all(Path(copy["path"]).is_file() for copy in copies)
    assert (sample.store, sample.settings) == (request.store, request.settings)


def test_a_project_without_photographs_is_told_in_a_sentence(tmp_path: Path) -> None:
    words = ["--store", str(tmp_path / "store")]
    with pytest.raises(UserError, match="photographs"):
        with_sample(parse_request("build_index", words, tmp_path))
