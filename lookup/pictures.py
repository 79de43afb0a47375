"""A path, a URL, bytes or an array becomes a signature; a picture that says too little does not."""

import os
from dataclasses import dataclass, field
from typing import Any, Final

from fetch import WebLimits, canonical, fetch, scheme_of
from fetch.web import SCHEMES
from fetch.web import fetch as fetch_url
from signature import ImageSignature, is_featureless
from signature.errors import FeaturelessError, ParameterError
from signature.image_signature import ImageSource
from signature.levels import Levels

_MAX_BYTES: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a picture may cost, and where it may lead.

    Attributes
    ----------
    max_bytes : int
        Of a file, and of what a URL gives.
    web : WebLimits
        Time, redirects and addresses of URLs.
    """

    max_bytes: int = _MAX_BYTES
    web: WebLimits = field(default_factory=WebLimits)


class PictureSignature(ImageSignature):
    """Maker of signatures that also takes URLs.

    Parameters
    ----------
    *arguments : any
        Of `signature.ImageSignature`.
    reading : Reading, optional
        Limits of files and URLs.
    **named : any
        Of `signature.ImageSignature`.
    """

    def __init__(self, *arguments: Any, reading: Reading | None = None, **named: Any) -> None:  # noqa: ANN401
        super().__init__(*arguments, **named)
        self.reading = reading or Reading()

    def generate_signature(self, path_or_image: ImageSource, bytestream: bool = False) -> Levels:
        """Signature of a path, a URL, bytes or an array.

        Parameters
        ----------
        path_or_image : str, PathLike, bytes or array
            A path or URL; or the bytes of a file; or an array.
        bytestream : bool
            Says that ``path_or_image`` is bytes.

        Returns
        -------
        (648,) int8
            Full signature.

        Raises
        ------
        FetchError
            If the location cannot be read.
        SignatureError
            If the picture cannot be signed.
        """
        return super().generate_signature(self._read(path_or_image, bytestream), bytestream)

    def require_features(self, levels: Levels) -> None:
        """Refuse a picture that says too little to be compared.

        Parameters
        ----------
        levels : (648,) int8
            Its full signature.

        Raises
        ------
        FeaturelessError
            If too few of the levels are not 0 (docs/adr/0012).
        """
        if is_featureless(levels, self.parameters):
            raise FeaturelessError(
                "The picture is too plain to be compared: too little in it differs from its "
                "surroundings."
            )

    def _read(self, source: ImageSource, bytestream: bool) -> ImageSource:
        if bytestream or not isinstance(source, str | os.PathLike):
            return source
        path = os.fspath(source)
        if not isinstance(path, str):
            raise ParameterError(f"A path is text, not {type(path).__name__}.")
        if scheme_of(path) in SCHEMES:
            return fetch_url(canonical(path), self.reading.max_bytes, self.reading.web).data
        return fetch(path, self.reading.max_bytes).data
