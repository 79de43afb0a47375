"""Settings: read, overridden, and refused in one sentence."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from jobs.errors import UserError
from jobs.settings import Settings, parse_assignment, read_settings
from signature import DecodePolicy, SignatureParameters, signature_version


def refusal(profile: str | None = None, **overrides: object) -> str:
    """Return the message of a refusal, which is one line."""
    names = {name.replace("__", "."): value for name, value in overrides.items()}
    with pytest.raises(UserError) as caught:
        read_settings(profile, names)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "profile.toml"
    path.write_text(
        "cutoff = 0.3\npartitions = 7\n"
        '[matching]\nrules = "words"\nmax_document_frequency = 9\n'
        '[keepers]\nprotected = ["/a", "/b"]\n'
        "[signature]\nn = 7\ncrop_percentiles = [1, 99]\n"
    )
    return path


def test_without_profile_and_flags_the_defaults_hold() -> None:
    settings = read_settings(None, {})
    assert settings == Settings()
    assert settings.cutoff == 0.40
    assert settings.signature.parameters() == SignatureParameters()
    assert settings.decoding.policy() == DecodePolicy()


def test_a_profile_is_read(profile: Path) -> None:
    settings = read_settings(str(profile), {})
    assert (settings.cutoff, settings.partitions) == (0.3, 7)
    assert (settings.matching.rules, settings.matching.max_document_frequency) == ("words", 9)
    assert settings.keepers.protected == ("/a", "/b")
    assert settings.signature.parameters() == SignatureParameters(n=7, crop_percentiles=(1, 99))
    assert settings.matching.bucket_rows == Settings().matching.bucket_rows


def test_cropping_is_turned_off_by_name(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('[signature]\ncrop_percentiles = "none"\n')
    whole = SignatureParameters(crop_percentiles=None)
    assert read_settings(str(profile), {}).signature.parameters() == whole
    set_so = dict([parse_assignment("signature.crop_percentiles=none")])
    assert read_settings(None, set_so).signature.parameters() == whole
    assert "crop_percentiles" in refusal(**{"signature.crop_percentiles": "nothing"})


def test_the_limit_of_featureless_pictures_is_set_like_the_others() -> None:
    set_so = dict([parse_assignment("signature.min_nonzero_share=0.25")])
    parameters = read_settings(None, set_so).signature.parameters()
    assert parameters == SignatureParameters(min_nonzero_share=0.25)
    assert signature_version(parameters) != signature_version()


def test_overrides_win_and_none_is_passed_over(profile: Path) -> None:
    overrides = {"cutoff": 0.2, "partitions": None, "matching.rules": "exhaustive"}
    settings = read_settings(str(profile), overrides)
    assert (settings.cutoff, settings.partitions) == (0.2, 7)
    assert settings.matching.rules == "exhaustive"
    assert settings.matching.max_document_frequency == 9


def test_settings_do_not_change() -> None:
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.matching.bucket_rows = 5
    assert settings == Settings()


@pytest.mark.parametrize(
    "name", ["cutof", "matching.rule", "matching.deeper.still", "nothing.here", "signature.N"]
)
def test_an_unknown_key_is_refused_by_name(name: str) -> None:
    unknown = name if name != "matching.deeper.still" else "matching.deeper"
    if unknown == "nothing.here":
        unknown = "nothing"
    assert refusal(**{name: 1}) == f"there is no setting {unknown}"


def test_an_unknown_key_of_a_profile_is_refused_with_the_profile(tmp_path: Path) -> None:
    path = tmp_path / "typo.toml"
    path.write_text("[keepers]\nprotect = []\n")
    assert refusal(str(path)) == f"there is no setting keepers.protect (profile {path})"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cutoff", 0),
        ("cutoff", 1),
        ("cutoff", -0.4),
        ("cutoff", "low"),
        ("cutoff", float("nan")),
        ("max_failure_rate", 1.01),
        ("max_failure_rate", -0.1),
        ("max_failure_rate", float("nan")),
        ("partitions", -1),
        ("partitions", 1.5),
        ("matching.rules", "words,cells"),
        ("matching.rules", "cells,exhaustive"),
        ("matching.rules", ""),
        ("matching.max_document_frequency", 1),
        ("matching.exhaustive_up_to", -1),
        ("matching.cells", -1),
        ("matching.nearest", -1),
        ("matching.nearest", 65),
        ("matching.probes", 0),
        ("matching.reach", -1),
        ("matching.reach", 255),
        ("matching.fit_sample", 0),
        ("matching.seed", -1),
        ("matching.seed", 2**31),
        ("matching.bucket_rows", 1),
        ("matching.bucket_comparisons_per_row", -1),
        ("matching.max_pairs_per_image", -1),
        ("decoding.max_pixels", 0),
        ("decoding.max_image_bytes", 0),
        ("keepers.edges_in_one_task", 0),
        ("signature.n_levels", 3),
        ("signature.n_levels", 0),
        ("matching", 5),
        ("signature.n", 3),
        ("signature.min_nonzero_share", 1.5),
        ("signature.min_nonzero_share", -0.1),
    ],
)
def test_a_bad_value_is_refused_by_name_and_value(name: str, value: object) -> None:
    message = refusal(**{name: value})
    assert message.startswith(f"setting {name} = {value!r}: ")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("rules", ["auto", "cells", "words", "cells,words", "exhaustive"]),
        ("cells", [0, 1, 10**6]),
        ("nearest", [0, 1, 64]),
        ("probes", [1, 500]),
        ("reach", [0, 254]),
        ("fit_sample", [1, 10**7]),
        ("seed", [0, 2**31 - 1]),
        ("bucket_rows", [2, 10**6]),
        ("bucket_comparisons_per_row", [0, 10**9]),
        ("max_pairs_per_image", [0, 1, 10**6]),
        ("max_document_frequency", [2]),
        ("exhaustive_up_to", [0]),
    ],
)
def test_values_up_to_the_bounds_are_taken(name: str, values: list[object]) -> None:
    for value in values:
        assert getattr(read_settings(None, {f"matching.{name}": value}).matching, name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [("identical_tolerance", -1.0), ("crop_percentiles", (95, 5)), ("P", 0)],
)
def test_a_bad_parameter_of_the_signature_is_refused(name: str, value: object) -> None:
    message = refusal(**{f"signature.{name}": value})
    assert message.startswith("setting signature: ")
    assert name in message


def test_a_ranking_is_taken_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    path.write_text('[keepers]\nranking = ["protected", "metadata.Rating:larger", "date:newer"]\n')
    ranking = ("protected", "metadata.Rating:larger", "date:newer")
    assert read_settings(str(path), {}).keepers.ranking == ranking


@pytest.mark.parametrize(
    ("ranking", "said"),
    [
        (["pixels", "size"], "there is no criterion 'size', only protected, pixels, "),
        (["metadata.Rating"], "metadata.Rating:larger or metadata.Rating:smaller"),
        (["bytes", "bytes"], "'bytes' decides nothing"),
        ("bytes", "a list is needed, such as ['protected', 'pixels', "),
        ([], "at least 1 item"),
    ],
)
def test_a_ranking_is_refused_in_a_sentence(ranking: object, said: str) -> None:
    message = refusal(keepers__ranking=ranking)
    assert message.startswith(f"setting keepers.ranking = {ranking!r}: ")
    assert said in message


def test_folders_are_not_protected_in_vain() -> None:
    message = refusal(keepers__ranking=["bytes"], keepers__protected=["/kept"])
    assert "folders are protected, but ranking has no criterion 'protected'" in message


def test_several_mistakes_are_told_at_once() -> None:
    message = refusal(cutoff=2, partitionz=1)
    assert "setting cutoff = 2" in message
    assert "there is no setting partitionz" in message


def test_a_value_has_no_sections(tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    path.write_text("cutoff = 0.3\n")
    assert "cutoff" in refusal(str(path), cutoff__deeper=1)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot read"), (b"cutoff = ", "not valid TOML"), (b"# \xff", "not valid TOML")],
)
def test_a_profile_that_cannot_be_read(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "profile.toml"
    if content is not None:
        path.write_bytes(content)
    message = refusal(str(path))
    assert said in message
    assert str(path) in message


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("cutoff=0.3", "cutoff", 0.3),
        ("partitions=8", "partitions", 8),
        ("signature.fix_ratio=true", "signature.fix_ratio", True),
        ("matching.rules=words", "matching.rules", "words"),
        ("matching.rules=cells,words", "matching.rules", "cells,words"),
        ('matching.rules="words"', "matching.rules", "words"),
        (" name = 5 ", "name", 5),
        ('keepers.protected=["/a", "/b=c"]', "keepers.protected", ["/a", "/b=c"]),
        ("name=a=b", "name", "a=b"),
        ("name=", "name", ""),
    ],
)
def test_an_assignment_is_read_as_toml_or_text(text: str, name: str, value: object) -> None:
    parsed = parse_assignment(text)
    assert parsed == (name, value)
    assert type(parsed[1]) is type(value)


@pytest.mark.parametrize("text", ["cutoff", "", "=0.3", " = 3"])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="NAME=VALUE"):
        parse_assignment(text)
