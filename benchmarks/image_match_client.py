"""image-match's own client of Elasticsearch, in an environment of its own.

Its client library, of version 7, speaks to a server of version 8 in the way that is meant for it:
``ELASTIC_CLIENT_APIVERSIONING``. Without it the server refuses image-match's type ``image``.

It loads pictures as image-match does, into whatever mapping the server makes of them, and searches
an index of anybody's: with ``search_single_record(make_record(...))``, because its ``search_image``
fails with today's numpy.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.image_match import CLIENT, prepared

_PROGRAM = """
import json, sys, warnings
warnings.simplefilter("ignore")
from elasticsearch import Elasticsearch
from image_match.elasticsearch_driver import SignatureES
from image_match.signature_database_base import make_record
wish = json.load(sys.stdin)
ses = SignatureES(Elasticsearch(wish["url"]), index=wish["index"], timeout="60s")
answers = []
for path in wish["paths"]:
    with open(path, "rb") as file:
        data = file.read()
    record = make_record(path, ses.gis, ses.k, ses.N, img=data, bytestream=True,
                         metadata=wish["metadata"])
    if wish["action"] == "insert":
        ses.insert_single_record(record, refresh_after=True)
    else:
        found = ses.search_single_record(record, pre_filter=wish["filter"])
        answers.append([dict(hit) for hit in found])
json.dump(answers, sys.stdout)
"""


def search(
    url: str, index: str, paths: Sequence[Path], pre_filter: object = None
) -> list[list[dict[str, Any]]]:
    """Search an index for pictures.

    Parameters
    ----------
    url : str
        Of the server.
    index : str
        Its name, or an alias.
    paths : sequence of Path
        Pictures.
    pre_filter : object, optional
        A query that hits must match.

    Returns
    -------
    list of list of dict
        For each picture the hits: ``id``, ``path``, ``dist``, ``score`` and ``metadata``.
    """
    answers: list[list[dict[str, Any]]] = _asked(url, index, paths, "search", filter=pre_filter)
    return answers


def insert(url: str, index: str, paths: Sequence[Path], metadata: object = None) -> None:
    """Insert pictures into an index, under ids that the server makes up.

    Parameters
    ----------
    url : str
        Of the server.
    index : str
        Its name, or an alias.
    paths : sequence of Path
        Pictures.
    metadata : object, optional
        The same for all of them.
    """
    _asked(url, index, paths, "insert", metadata=metadata)


def _asked(url: str, index: str, paths: Sequence[Path], action: str, **more: object) -> Any:  # noqa: ANN401
    wish: dict[str, object] = {"metadata": None, "filter": None, **more}
    wish |= {"url": url, "index": index, "paths": list(map(str, paths)), "action": action}
    ended = subprocess.run(
        [prepared(CLIENT), "-c", _PROGRAM],
        env={**os.environ, "ELASTIC_CLIENT_APIVERSIONING": "true"},
        input=json.dumps(wish),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    return json.loads(ended.stdout)
