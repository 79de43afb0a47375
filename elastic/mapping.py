"""The body of a new index: read from conf/elasticsearch, where each choice has its reason."""

import sys
import tomllib
from pathlib import Path
from typing import Any, Final

from elastic.errors import ElasticError

PROFILES: Final = ("full", "lean")
"""``full`` serves image-match's clients too, ``lean`` only ours."""

SIGNATURE_VERSION: Final = "signature_version"
MODEL_ID: Final = "model_id"
PROFILE: Final = "profile"
RUN_SEQUENCE: Final = "run_sequence"
"""Keys of an index's ``_meta``. The last is of the newest run that was written into it."""

_REPEATED: Final = "repeated"
_FOLDER: Final = Path(__file__).parent.parent / "conf" / "elasticsearch"


def index_body(
    profile: str, meta: dict[str, str], shards: int = 1, replicas: int = 0
) -> dict[str, Any]:
    """Return what creates an index.

    Parameters
    ----------
    profile : str
        One of `PROFILES`.
    meta : dict of str to str
        ``signature_version`` and ``model_id`` of the documents.
    shards : int
        Primary shards.
    replicas : int
        Copies of each.

    Returns
    -------
    dict
        Settings and mappings, as Elasticsearch takes them.

    Raises
    ------
    ElasticError
        If there is no such profile.
    """
    body = tomllib.loads(_text(profile))
    index, mappings = body["settings"]["index"], body["mappings"]
    index |= {"number_of_shards": shards, "number_of_replicas": replicas}
    for name, field in mappings.pop(_REPEATED).items():
        count = field.pop("count")
        mappings["properties"] |= {f"{name}_{number}": dict(field) for number in range(count)}
    mappings["_meta"] = {**meta, PROFILE: profile}
    return body


def _text(profile: str) -> str:
    if profile not in PROFILES:
        raise ElasticError(f"there is no index profile {profile!r}: {' or '.join(PROFILES)}")
    # The loader of this module also reads from the zip that Spark ships.
    loader: Any = sys.modules[__name__].__loader__
    return str(loader.get_data(str(_FOLDER / f"{profile}.toml")).decode())
