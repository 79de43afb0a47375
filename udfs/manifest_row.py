"""What a manifest says of one image, before anyone judged it."""

import json
from typing import NamedTuple


class ManifestRow(NamedTuple):
    """One row as it stands in the file.

    Attributes
    ----------
    path : str or None
        Bytes that are not UTF-8 come as surrogates (``surrogateescape``).
    image_id : str or None
        None where the manifest has no such column or no value.
    metadata : str or None
        A string as it is, anything else as JSON text.
    malformed : str or None
        Raw text of a row that does not have the manifest's form; the rest is None then.
    """

    path: str | None
    image_id: str | None = None
    metadata: str | None = None
    malformed: str | None = None


def as_text(value: object) -> str | None:
    """Turn a manifest's value into text.

    Parameters
    ----------
    value : object
        What JSON or Arrow gave.

    Returns
    -------
    str or None
        None and strings as they are; all else as JSON, in which what JSON does not know (dates,
        decimals) is a string.
    """
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
