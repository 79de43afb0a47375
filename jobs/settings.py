"""Settings: one frozen model, read from a TOML profile and overridden by flags."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from jobs.criteria import DEFAULT_RANKING, PROTECTED, parse_ranking
from jobs.errors import UserError
from jobs.loads.settings import SECRETS, BackfillSettings, ElasticsearchSettings
from matching.calibration import CEILING
from sandbox import Limits
from signature import DecodePolicy, SignatureParameters

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]

_CLOCK_TO_CPU = 20
"""How busy a machine may be before a decoder that works is taken for one that hangs."""


BY_RATE = "fdr:"
"""A cutoff that begins so is chosen: the largest at which so few removed images are false."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SignatureSettings(_Section):
    """Parameters of the signature; image-match's names and defaults, and one of our own."""

    # 63 words need a grid of 4 or more; float32 products are exact enough up to 64.
    n: Annotated[int, Field(ge=4, le=64)] = 9
    # "none" turns cropping off; TOML has no null.
    crop_percentiles: tuple[float, float] | None = (5, 95)
    P: int | None = None
    diagonal_neighbors: bool = True
    identical_tolerance: float = 2 / 255
    # A signature packs levels of -2 to 2.
    n_levels: Annotated[int, Field(ge=1, le=2)] = 2
    fix_ratio: bool = False
    # 25 of 272 comparisons (docs/adr/0012).
    min_nonzero_share: Share = 0.09

    @field_validator("crop_percentiles", mode="before")
    @classmethod
    def _none_by_name(cls, value: object) -> object:
        return None if value == "none" else value

    def parameters(self) -> SignatureParameters:
        """Return them as `signature` takes them.

        Returns
        -------
        SignatureParameters
            The same values.

        Raises
        ------
        signature.errors.ParameterError
            If `signature` does not allow one of them.
        """
        return SignatureParameters(**self.model_dump())


class DecodingSettings(_Section):
    """What a picture may be, before it is signed."""

    max_pixels: Count = DecodePolicy().max_pixels
    max_image_bytes: Count = 256 * 2**20
    # 100 million pixels of the most wasteful kind take 1.6 GB.
    memory_bytes: Annotated[int, Field(ge=64 * 2**20)] = Limits.memory
    cpu_seconds: Seconds = Limits.cpu_seconds
    stuck_seconds: Seconds = Limits.stuck_seconds

    def policy(self) -> DecodePolicy:
        """Return the decoding policy.

        Returns
        -------
        DecodePolicy
            With this limit of pixels; the rest is the default.
        """
        return DecodePolicy(max_pixels=self.max_pixels)

    def limits(self) -> Limits:
        """Return what decoding one file may use.

        Returns
        -------
        Limits
            With these values; by the clock, twenty times the processor time.
        """
        wall_seconds = _CLOCK_TO_CPU * self.cpu_seconds
        return Limits(self.memory_bytes, self.cpu_seconds, self.stuck_seconds, wall_seconds)


class MatchingSettings(_Section):
    """How pairs are found."""

    rules: Literal["auto", "cells", "words", "cells,words", "exhaustive"] = "auto"
    # All pairs of 20,000 signatures: 2e8 comparisons, seconds on one core.
    exhaustive_up_to: Annotated[int, Field(ge=0)] = 20_000
    # 0 chooses from the size of the corpus (matching.sizes).
    cells: Annotated[int, Field(ge=0)] = 0
    nearest: Annotated[int, Field(ge=0, le=64)] = 0
    probes: Count = 24
    # A cost is a byte. 0 chooses from the number of nearest cells.
    reach: Annotated[int, Field(ge=0, le=254)] = 0
    # 91 bytes each on the driver.
    fit_sample: Count = 2_000_000
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    # Words in at most 500 images cost a tenth of all words (design, section 6).
    max_document_frequency: Annotated[int, Field(ge=2)] = 500
    # Two groups of 8,192 rows: about 25 MB when compared.
    bucket_rows: Annotated[int, Field(ge=2)] = 8_192
    # 0 chooses: twice the mean rows of a bucket, at least 1,000.
    bucket_comparisons_per_row: Annotated[int, Field(ge=0)] = 0
    # 0 chooses from the size of the corpus (matching.sizes).
    max_pairs_per_image: Annotated[int, Field(ge=0)] = 0


class SampleSettings(_Section):
    """What a run compares with everything by brute force, to know itself."""

    # A hundredth of the removed can be certified from about 270 removals of the sample on.
    calibrated: Annotated[int, Field(ge=0)] = 5_000
    audited: Annotated[int, Field(ge=0)] = 1_000
    # Of the pairs below the cutoff, per image; the words rule finds less.
    min_recall: Share = 0.95
    # Memory and time: what is farther than so many nearest ones decides nothing.
    matches_per_image: Annotated[int, Field(ge=1)] = 1_000
    rivals: Annotated[int, Field(ge=0)] = 10_000
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1


class KeeperSettings(_Section):
    """Which image of a group stays."""

    protected: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    # After all of them the smaller id decides (jobs.criteria).
    ranking: Annotated[tuple[str, ...], Field(min_length=1)] = DEFAULT_RANKING
    # Edges of a range of the ranking, which is a task: some seconds of work.
    edges_in_one_task: Count = 5_000_000
    # With --keeper-stability on: a keeper goes for one of so many times its pixels.
    clearly_better: Annotated[float, Field(ge=1)] = 1.5

    @field_validator("ranking", mode="before")
    @classmethod
    def _is_a_list(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError(f"a list is needed, such as {list(DEFAULT_RANKING)}")
        return value

    @field_validator("ranking")
    @classmethod
    def _known_criteria(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        parse_ranking(value)
        return value

    @model_validator(mode="after")
    def _protected_counts(self) -> "KeeperSettings":
        if self.protected and PROTECTED not in self.ranking:
            raise ValueError(f"folders are protected, but ranking has no criterion {PROTECTED!r}")
        return self


class Settings(_Section):
    """Everything that a user may set, with its default.

    Raises
    ------
    pydantic.ValidationError
        For a value out of range or an unknown key; `read_settings` turns it into a sentence.
    """

    cutoff: Annotated[float, Field(gt=0, lt=1)] = 0.40
    # None: the cutoff is taken as it is. "fdr:0.01" for a cutoff sets both.
    fdr: Annotated[float, Field(gt=0, lt=1)] | None = None
    max_failure_rate: Share = 0.25
    # A mount that is not there would empty the store overnight.
    max_vanished_rate: Share = 0.5
    # Parts of the manifest; 0 chooses from the number of images and cores.
    partitions: Annotated[int, Field(ge=0)] = 0
    signature: SignatureSettings = SignatureSettings()
    decoding: DecodingSettings = DecodingSettings()
    matching: MatchingSettings = MatchingSettings()
    sample: SampleSettings = SampleSettings()
    keepers: KeeperSettings = KeeperSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    backfill: BackfillSettings = BackfillSettings()

    @model_validator(mode="before")
    @classmethod
    def _rate_for_cutoff(cls, values: dict[str, Any]) -> dict[str, Any]:
        cutoff = values.get("cutoff")
        if not isinstance(cutoff, str) or not cutoff.startswith(BY_RATE):
            return values
        return {**values, "cutoff": CEILING, "fdr": cutoff.removeprefix(BY_RATE)}

    @property
    def grid(self) -> tuple[int, bool]:
        """The grid points in each direction, and whether diagonal neighbours are compared."""
        return self.signature.n, self.signature.diagonal_neighbors


def read_settings(profile: str | None, overrides: Mapping[str, Any]) -> Settings:
    """Return the settings of a profile, with some of them overridden.

    Parameters
    ----------
    profile : str or None
        Path of a TOML file; None for the defaults.
    overrides : mapping
        Dotted names (``"matching.rules"``) to values; None values are passed over.

    Returns
    -------
    Settings
        Validated.

    Raises
    ------
    UserError
        If the profile cannot be read, or a key or value is not allowed.
    """
    values = _read_toml(profile) if profile else {}
    for name, value in overrides.items():
        if value is not None:
            _put(values, name.split("."), value)
    try:
        settings = Settings.model_validate(values)
        settings.signature.parameters()
    except ValidationError as error:
        raise UserError(_sentence(error, profile)) from error
    except ValueError as error:
        raise UserError(f"setting signature: {error}") from error
    return settings


def parse_assignment(text: str) -> tuple[str, Any]:
    """Split ``name=value`` from the command line; the value is read as TOML, else as a string.

    Parameters
    ----------
    text : str
        As the user wrote it.

    Returns
    -------
    tuple of str and object
        Name and value.

    Raises
    ------
    UserError
        If there is no equals sign.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UserError(f"--set takes NAME=VALUE, not {text!r}")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name.strip(), value


def _read_toml(profile: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(profile).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read the profile {profile}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"the profile {profile} is not valid TOML: {error}") from error


def _put(values: dict[str, Any], names: Sequence[str], value: object) -> None:
    for name in names[:-1]:
        values = values.setdefault(name, {})
        if not isinstance(values, dict):
            raise UserError(f"{name} is not a section of the settings")
    values[names[-1]] = value


def _sentence(error: ValidationError, profile: str | None) -> str:
    problems = []
    for detail in error.errors():
        name = ".".join(str(part) for part in detail["loc"])
        if detail["type"] == "extra_forbidden":
            problems.append(f"there is no setting {name}")
        else:
            shown = "***" if name in SECRETS else repr(detail["input"])
            problems.append(f"setting {name} = {shown}: {_message(detail)}")
    return "; ".join(problems) + (f" (profile {profile})" if profile else "")


def _message(detail: ErrorDetails) -> str:
    """Our own words as they are; pydantic's without their capital letter."""
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    return detail["msg"].lower()
