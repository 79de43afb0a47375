"""What may be chosen: of the signature, of its words, and of decoding."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import inf, isfinite
from typing import Final, TypeAlias, TypeGuard

from signature.errors import ParameterError

#: Raised by one whenever the same picture and parameters give other levels than before.
ALGORITHM_VERSION: Final = 1

#: Pillow's names of the kinds of file that are decoded. None of them runs another program.
FORMATS: Final = (
    "AVIF", "BMP", "GIF", "ICO", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "QOI", "TGA", "TIFF",
    "WEBP",
)  # fmt: skip

Colour: TypeAlias = tuple[int, int, int]

#: All of something, in percent.
_ALL: Final = 100


def _refusal(name: str, value: object, allowed: str) -> ParameterError:
    return ParameterError(f"{name} must be {allowed}, not {value!r}.")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_whole(value: object, least: int, most: float) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _check_whole(name: str, value: object, least: int, most: float = inf) -> None:
    if not _is_whole(value, least, most):
        bounds = f"of at least {least}" if most == inf else f"from {least} to {most}"
        raise _refusal(name, value, f"a whole number {bounds}")


def _check_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise _refusal(name, value, "True or False")


def _check_share(name: str, value: object) -> None:
    if not _is_number(value) or not 0 <= value <= 1:
        raise _refusal(name, value, "a number in [0, 1]")


def _percentiles(value: object) -> tuple[float, float]:
    match value:
        case [lower, upper] if _is_number(lower) and _is_number(upper):
            if 0 <= lower < upper <= _ALL:
                return lower, upper
    allowed = "None or two numbers with 0 <= lower < upper <= 100"
    raise _refusal("crop_percentiles", value, allowed)


def _colour(value: object) -> Colour:
    match value:
        case [red, green, blue]:
            if _is_whole(red, 0, 255) and _is_whole(green, 0, 255) and _is_whole(blue, 0, 255):
                return red, green, blue
    raise _refusal("background", value, "three whole numbers from 0 to 255")


def _formats(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not set(value) <= set(FORMATS):
        raise _refusal("formats", value, f"a list of names out of {', '.join(FORMATS)}")
    return tuple(value)


@dataclass(frozen=True)
class SignatureParameters:
    """image-match's parameters of a signature, with its defaults, and one of our own.

    Attributes
    ----------
    n : int
        Grid points in each direction, above 1.
    crop_percentiles : (float, float) or None
        Percentiles between which the picture is looked at, 0 <= lower < upper <= 100; None for
        the whole picture.
    P : int or None
        Side in pixels of the square around a grid point, at least 1; None for a twentieth of the
        picture's shorter side.
    diagonal_neighbors : bool
        Whether a grid point is compared with its diagonal neighbours as well.
    identical_tolerance : float
        Means closer than this are the same; in grey levels, [0, 1].
    n_levels : int
        Levels on each side of zero, 1 to 127 (a level is a signed byte).
    fix_ratio : bool
        Crop both axes to the same range; for square pictures.
    min_nonzero_share : float
        Ours: a signature of which a smaller share of the comparisons is not 0 is featureless, see
        `signature.featureless`; [0, 1]. It changes no level. 0.09 are 25 of 272 comparisons; 0
        leaves only signatures without any. Measured in docs/adr/0012.

    Raises
    ------
    ParameterError
        If a value is not allowed.
    """

    n: int = 9
    crop_percentiles: tuple[float, float] | None = (5, 95)
    P: int | None = None
    diagonal_neighbors: bool = True
    identical_tolerance: float = 2 / 255
    n_levels: int = 2
    fix_ratio: bool = False
    min_nonzero_share: float = 0.09

    def __post_init__(self) -> None:
        """Check every value."""
        _check_whole("n", self.n, 2)
        if self.crop_percentiles is not None:
            object.__setattr__(self, "crop_percentiles", _percentiles(self.crop_percentiles))
        if self.P is not None:
            _check_whole("P", self.P, 1)
        _check_flag("diagonal_neighbors", self.diagonal_neighbors)
        _check_share("identical_tolerance", self.identical_tolerance)
        _check_whole("n_levels", self.n_levels, 1, 127)
        _check_flag("fix_ratio", self.fix_ratio)
        _check_share("min_nonzero_share", self.min_nonzero_share)

    @property
    def length(self) -> int:
        """The number of levels of a signature: 648 by default."""
        return self.n**2 * (8 if self.diagonal_neighbors else 4)


@dataclass(frozen=True)
class WordParameters:
    """image-match's parameters of the words of a signature, with its defaults.

    Attributes
    ----------
    k : int
        Levels in a word, 1 to 39: more do not fit in 64 bits.
    N : int
        Number of words, at least 1.

    Raises
    ------
    ParameterError
        If a value is not allowed.
    """

    k: int = 16
    N: int = 63

    def __post_init__(self) -> None:
        """Check every value."""
        _check_whole("k", self.k, 1, 39)
        _check_whole("N", self.N, 1)


@dataclass(frozen=True)
class DecodePolicy:
    """How bytes become pixels.

    Attributes
    ----------
    max_pixels : int
        A picture that declares more is refused before it is decoded. Decoding takes 10 bytes a
        pixel at the peak for plain colours and up to 20 (see `signature.decode`), so the default
        of 100 million takes 1 GB, at most 2, and lets through what most cameras make.
    background : (int, int, int)
        Red, green and blue, 0 to 255, of the ground that transparent pictures are laid on.
    formats : sequence of str
        Names out of `FORMATS`; pictures of other kinds are unsupported.

    Raises
    ------
    ParameterError
        If a value is not allowed.
    """

    max_pixels: int = 100_000_000
    background: Colour = (255, 255, 255)
    formats: tuple[str, ...] = FORMATS

    def __post_init__(self) -> None:
        """Check every value."""
        _check_whole("max_pixels", self.max_pixels, 1)
        object.__setattr__(self, "background", _colour(self.background))
        object.__setattr__(self, "formats", _formats(self.formats))


DEFAULT_PARAMETERS: Final = SignatureParameters()
DEFAULT_WORDS: Final = WordParameters()
DEFAULT_POLICY: Final = DecodePolicy()


def signature_version(
    parameters: SignatureParameters = DEFAULT_PARAMETERS,
    policy: DecodePolicy = DEFAULT_POLICY,
) -> str:
    """Fingerprint of everything that decides the levels of a given file, and whether they count.

    Signatures of different versions must not be compared. What only decides whether a file is
    refused (``max_pixels``, ``formats``) is not part of it, nor is the decoder's release.

    Parameters
    ----------
    parameters : SignatureParameters
        Of the signature.
    policy : DecodePolicy
        Of decoding; only its background counts.

    Returns
    -------
    str
        16 hexadecimal digits.

    Examples
    --------
    >>> signature_version() == signature_version(SignatureParameters(crop_percentiles=(5.0, 95)))
    True
    """
    crop = parameters.crop_percentiles
    facts = (
        ALGORITHM_VERSION,
        parameters.n,
        "whole" if crop is None else tuple(float(value).hex() for value in crop),
        "paper" if parameters.P is None else parameters.P,
        parameters.diagonal_neighbors,
        float(parameters.identical_tolerance).hex(),
        parameters.n_levels,
        parameters.fix_ratio,
        float(parameters.min_nonzero_share).hex(),
        policy.background,
    )
    return blake2b(repr(facts).encode(), digest_size=8).hexdigest()
