"""Everything that can go wrong with a picture or a setting, as one hierarchy.

Each class carries a ``reason``: a short code in lower_snake_case that reports count by.
Every error is built from one sentence, so it survives pickling between processes.
"""


class SignatureError(Exception):
    """Base of every error that this package raises.

    Attributes
    ----------
    reason : str
        Code of the kind of error, the same for every error of a class.
    """

    reason: str = "signature_error"


class ParameterError(SignatureError, ValueError):
    """A parameter has a value that is not allowed."""

    reason = "invalid_parameter"


class ArrayError(SignatureError, ValueError):
    """An array has a shape, a type or values that the step cannot take."""

    reason = "invalid_array"


class LocationError(SignatureError, ValueError):
    """A location is an address that this package does not open."""

    reason = "unsupported_scheme"


class FeaturelessError(SignatureError):
    """A picture without differences was to be split into levels with no tolerance."""

    reason = "featureless"


class GridOutsideError(SignatureError):
    """A grid point lies outside the picture, so that its sample is empty."""

    reason = "grid_outside"


class DecodeError(SignatureError):
    """Bytes that do not become a picture."""

    reason = "undecodable"


class EmptyFileError(DecodeError):
    """There are no bytes."""

    reason = "empty"


class NotAnImageError(DecodeError):
    """The bytes are not a picture of any kind that is known here."""

    reason = "not_an_image"


class TruncatedError(DecodeError):
    """The picture ends before its data do."""

    reason = "truncated"


class CorruptError(DecodeError):
    """The picture is damaged, but not cut short."""

    reason = "corrupt"


class UnsupportedError(DecodeError):
    """The bytes are a picture of a kind that is known but not decoded here."""

    reason = "unsupported"


class TooManyPixelsError(DecodeError):
    """The picture is larger than the limit."""

    reason = "too_many_pixels"


class OutOfMemoryError(DecodeError, MemoryError):
    """Decoding the picture takes more memory than there is."""

    reason = "out_of_memory"
