"""The command line becomes one checked request."""

import re
import shutil
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from jobs import request as module
from jobs.errors import UserError
from jobs.request import Request, parse_request, with_sample
from jobs.sample import read_truth
from jobs.settings import Settings
from jobs.store_request import parse_store_request

PHOTOS = Path(__file__).resolve().parents[3] / "sample" / "photos"


def parsed(*words: str) -> Request:
    return parse_request("build_index", ["--source", "/pictures", *words], Path("/project"))


def of_store(*words: str) -> Request:
    return parse_store_request("fit_model", words, Path("/project"))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Path]]:
    """The sample corpora that were asked for: photographs, and folder. None is made."""
    asked: list[tuple[Path, Path]] = []

    def make(photos: Path, pictures: Path, seed: int) -> Path:
        asked.append((photos, pictures))
        return pictures / "made"

    monkeypatch.setattr(module, "make_sample_corpus", make)
    return asked


def test_without_words_the_sample_is_meant(made: list[tuple[Path, Path]]) -> None:
    request = parse_request("build_index", [], Path("/project"))
    assert made == [(Path("/project/sample/photos"), Path("stores/sample-corpus"))]
    assert request == Request(
        source="stores/sample-corpus/made/pictures",
        source_format="auto",
        store="stores/sample",
        settings=Settings(),
        truth="stores/sample-corpus/made/truth.tsv",
        export_removable=None,
        project=Path("/project"),
        model=None,
        explain_cost=False,
    )


def test_a_source_has_another_store_than_the_sample(made: list[tuple[Path, Path]]) -> None:
    assert parsed().store == "stores/default"
    assert parsed("--store", "s").store == "s"
    assert made == []
    assert parse_request("build_index", ["--store", "s"], Path("/project")).store == "s"
    assert made == [(Path("/project/sample/photos"), Path("s-corpus"))]


def test_every_flag_arrives(tmp_path: Path) -> None:
    profile, truth, removable = (tmp_path / name for name in ("p.toml", "t.tsv", "r.csv"))
    profile.write_text("cutoff = 0.1\npartitions = 3\n")
    truth.touch()
    request = parsed(
        *("--source", "/a", "--source-format", "glob", "--store", "/s", "--profile", str(profile)),
        *("--truth", str(truth), "--export-removable", str(removable), "--cutoff", "0.2"),
        *("--rules", "cells,words", "--protected", "/p", "--protected", "/q"),
        *("--max-failure-rate", "0.5", "--set", "matching.bucket_rows=9"),
        *("--set", "signature.n=7", "--model", "0123456789abcdef", "--explain-cost"),
    )
    assert (request.source, request.source_format, request.store) == ("/a", "glob", "/s")
    assert (request.truth, request.export_removable) == (str(truth), str(removable))
    settings = request.settings
    assert (settings.cutoff, settings.partitions, settings.max_failure_rate) == (0.2, 3, 0.5)
    assert (settings.matching.rules, settings.matching.bucket_rows) == ("cells,words", 9)
    assert (settings.keepers.protected, settings.signature.n) == (("/p", "/q"), 7)
    assert (request.model, request.explain_cost) == ("0123456789abcdef", True)


@pytest.mark.parametrize("rules", ["auto", "cells", "words", "cells,words", "exhaustive"])
def test_every_rule_can_be_asked_for(rules: str) -> None:
    assert parsed("--rules", rules).settings.matching.rules == rules
    assert of_store("--store", "s", "--rules", rules).settings.matching.rules == rules


def test_what_is_set_by_name_wins_over_its_flag() -> None:
    words = ("--cutoff", "0.3", "--set", "cutoff=0.2", "--rules", "words")
    settings = parsed(*words, "--set", "matching.rules=cells").settings
    assert (settings.cutoff, settings.matching.rules) == (0.2, "cells")


@pytest.mark.parametrize(
    ("header", "taken"), [("file\toriginal\ttransform\n", True), ("name\tlabel\n", False)]
)
def test_a_truth_in_the_source_is_taken_if_it_is_one(
    tmp_path: Path, header: str, taken: bool
) -> None:
    (tmp_path / "truth.tsv").write_text(f"{header}a\tb\tcrop\n")
    (tmp_path / "other.tsv").touch()
    beside = str(tmp_path / "truth.tsv")
    assert parsed("--source", str(tmp_path)).truth == (beside if taken else None)
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
    [
        ["--sauce", "/a"],
        ["--prof", "/a"],
        ["--cutoff", "low"],
        ["--rules", "words,cells"],
        ["--rules", "all"],
        ["--model"],
        ["--explain-cost", "yes"],
        ["/a"],
    ],
)
def test_unknown_words_end_with_the_code_of_a_mistake(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed(*words)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_job_on_a_store_takes_the_settings_of_its_model(tmp_path: Path) -> None:
    profile = tmp_path / "p.toml"
    profile.write_text("partitions = 3\n[matching]\nnearest = 5\n")
    request = of_store(
        *("--store", "/s", "--profile", str(profile), "--cutoff", "0.3"),
        *("--rules", "cells", "--set", "matching.cells=7", "--set", "matching.seed=9"),
    )
    settings = request.settings
    assert request == Request(
        source=None,
        source_format="auto",
        store="/s",
        settings=settings,
        truth=None,
        export_removable=None,
        project=Path("/project"),
    )
    assert (settings.cutoff, settings.partitions) == (0.3, 3)
    matching = settings.matching
    assert (matching.rules, matching.cells, matching.nearest) == ("cells", 7, 5)
    assert matching.seed == 9
    assert of_store("--store", "/s").settings == Settings()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--rules", "words"],
        ["--store", "s", "--source", "/a"],
        ["--store", "s", "--model", "0"],
        ["--store", "s", "--explain-cost"],
        ["--store", "s", "--protected", "/a"],
        ["--store", "s", "--max-failure-rate", "0.1"],
    ],
)
def test_a_job_on_a_store_takes_nothing_else(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        of_store(*words)
    assert caught.value.code == 2
    assert "jobs/fit_model.py" in capsys.readouterr().err


def test_a_mistake_in_the_settings_of_a_store_s_job_is_told_in_a_sentence() -> None:
    with pytest.raises(UserError, match=r"setting cutoff = 2.0"):
        of_store("--store", "s", "--cutoff", "2")


def test_help_names_every_flag_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed("--help")
    assert caught.value.code == 0
    text = capsys.readouterr().out
    flags = "--source --source-format --store --export-removable --truth --profile --cutoff "
    flags += "--rules --protected --max-failure-rate --set --model --explain-cost"
    assert all(re.search(rf"\n  {flag}\s", text) for flag in flags.split())
    assert "exit codes: 0 done; 1" in text
    assert "sample corpus" in text


def test_help_of_a_store_s_job_names_its_flags_only(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        of_store("--help")
    assert caught.value.code == 0
    text = capsys.readouterr().out
    named = set(re.findall(r"\n  (--[a-z-]+)\s", text))
    assert named == {"--store", "--profile", "--cutoff", "--rules", "--set"}
    assert "exit codes: 0 done; 1" in text
    assert "jobs/fit_model.py" in text
    assert "sample corpus" not in text


def test_a_source_that_was_given_is_left_alone(made: list[tuple[Path, Path]]) -> None:
    request = parsed("--source", "/pictures")
    assert with_sample(request) is request
    # An empty variable of a shell is a mistake, and no wish for the sample.
    assert parsed("--source", "").source == ""
    assert made == []


def test_the_sample_brings_its_pictures_and_its_truth(tmp_path: Path) -> None:
    photos = tmp_path / "project" / "sample" / "photos"
    photos.mkdir(parents=True)
    for photo in sorted(PHOTOS.iterdir())[:2]:
        shutil.copy(photo, photos)
    store = str(tmp_path / "stores" / "mine")
    words = ["--store", f"{store}/", "--model", "abc", "--explain-cost"]
    sample = parse_request("build_index", words, tmp_path / "project")
    assert sample.source is not None
    assert sample.truth is not None
    assert Path(sample.source).parent == Path(f"{store}-corpus")
    assert len(list(Path(sample.source, "originals").iterdir())) == 2
    copies = read_truth(Path(sample.truth)).to_pylist()
    assert len(copies) > 2
    assert all(Path(copy["path"]).is_relative_to(sample.source) for copy in copies)
    assert all(Path(copy["path"]).is_file() for copy in copies)
    assert (sample.store, sample.settings) == (f"{store}/", Settings())
    assert (sample.model, sample.explain_cost) == ("abc", True)


def test_a_project_without_photographs_is_told_in_a_sentence(tmp_path: Path) -> None:
    words = ["--store", str(tmp_path / "store")]
    with pytest.raises(UserError, match="photographs"):
        parse_request("build_index", words, tmp_path)
