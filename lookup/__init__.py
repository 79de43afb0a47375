"""Online: "have we seen this picture?", asked of Elasticsearch, MongoDB or a store itself.

image-match's API: what was imported from ``image_match`` is imported from here.
"""

from lookup.database import Added, SignatureDatabaseBase
from lookup.elasticsearch_index import SignatureES
from lookup.errors import (
    DatabaseError,
    IncompleteError,
    NoSuchDatabaseError,
    ReadOnlyError,
    RejectedError,
    RequestError,
    SearchTimedOutError,
    UnreachableError,
    VersionError,
)
from lookup.mongo_collection import SignatureMongo
from lookup.pictures import Reading
from lookup.records import (
    get_words,
    make_record,
    max_contrast,
    normalized_distance,
    words_to_int,
)
from lookup.signature_store import SignatureStore

__all__ = [
    "Added",
    "DatabaseError",
    "IncompleteError",
    "NoSuchDatabaseError",
    "ReadOnlyError",
    "Reading",
    "RejectedError",
    "RequestError",
    "SearchTimedOutError",
    "SignatureDatabaseBase",
    "SignatureES",
    "SignatureMongo",
    "SignatureStore",
    "UnreachableError",
    "VersionError",
    "get_words",
    "make_record",
    "max_contrast",
    "normalized_distance",
    "words_to_int",
]
