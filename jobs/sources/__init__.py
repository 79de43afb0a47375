"""Where the images of a run come from.

A source becomes one row per file or manifest row, whatever it is; docs/sources.md tells users
how. Further kinds join in ``kind`` and ``read``.
"""

from jobs.sources.errors import SourceError
from jobs.sources.kind import SOURCE_FORMATS, Source, SourceFormat, recognise
from jobs.sources.read import read_manifest
from jobs.sources.schema import LISTING

__all__ = [
    "LISTING",
    "SOURCE_FORMATS",
    "Source",
    "SourceError",
    "SourceFormat",
    "read_manifest",
    "recognise",
]
