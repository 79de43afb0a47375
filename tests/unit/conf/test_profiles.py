"""The profiles in conf/ and docs/settings.md agree with the settings in the code."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from jobs.settings import Settings, SignatureSettings, read_settings

PROJECT = Path(__file__).resolve().parents[3]
PROFILES = sorted((PROJECT / "conf").glob("*.toml"))
DEFAULT = PROJECT / "conf" / "default.toml"
ROW = re.compile(r"^\| `(?P<name>[A-Za-z_.]+)` \| `(?P<default>[^`]*)` \|", re.MULTILINE)


def leaves(settings: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted name and value of every setting."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def dotted(values: dict[str, Any], prefix: str = "") -> set[str]:
    """Dotted names of the keys of a profile."""
    names: set[str] = set()
    for name, value in values.items():
        names |= dotted(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name}
    return names


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.name)
def test_a_profile_is_accepted(profile: Path) -> None:
    assert isinstance(read_settings(str(profile), {}), Settings)


def test_the_default_profile_holds_the_defaults() -> None:
    assert read_settings(str(DEFAULT), {}) == Settings()


def test_the_default_profile_names_every_setting_that_has_a_default_value() -> None:
    named = dotted(tomllib.loads(DEFAULT.read_text(encoding="utf-8")))
    assert named == {name for name, value in leaves(Settings()) if value is not None}


def test_the_strict_profile_changes_two_limits_and_nothing_else() -> None:
    strict = read_settings(str(PROJECT / "conf" / "strict.toml"), {})
    assert strict == Settings(cutoff=0.30, signature=SignatureSettings(min_nonzero_share=0.1875))


def test_the_settings_page_lists_every_setting_with_its_default() -> None:
    page = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
    listed = {row["name"]: json.loads(row["default"]) for row in ROW.finditer(page)}
    defaults = {name: json.loads(json.dumps(value)) for name, value in leaves(Settings())}
    assert listed == defaults
