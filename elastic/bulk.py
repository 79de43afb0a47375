"""Writing and deleting a few documents at once, by their ids."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from elastic.client import Client
from elastic.errors import AnswerError

_CONFLICT = 409
_NOT_FOUND = 404
_SMALLEST_ERROR = 400

Document = tuple[str, int, Mapping[str, Any]]
"""``_id``, version and content."""


def write(client: Client, index: str, documents: Sequence[Document]) -> int:
    """Write documents; one that is there in a later version stays.

    Parameters
    ----------
    client : Client
        The server.
    index : str
        Where to.
    documents : sequence of (str, int, mapping)
        Some hundreds: one request.

    Returns
    -------
    int
        Documents that were written.

    Raises
    ------
    AnswerError
        If one was refused for another reason.
    """
    lines: list[object] = []
    for name, version, content in documents:
        action = {"_id": name, "version": version, "version_type": "external_gte"}
        lines += [{"index": action}, content]
    results = _send(client, index, lines)
    return sum(result["status"] != _CONFLICT for result in results)


def delete(client: Client, index: str, ids: Sequence[str]) -> int:
    """Delete documents, whatever their version.

    Parameters
    ----------
    client : Client
        The server.
    index : str
        Where they are.
    ids : sequence of str
        Some hundreds: one request.

    Returns
    -------
    int
        Documents that were there.

    Raises
    ------
    AnswerError
        If one was refused.
    """
    results = _send(client, index, [{"delete": {"_id": name}} for name in ids])
    return sum(result["status"] != _NOT_FOUND for result in results)


def _send(client: Client, index: str, lines: Sequence[object]) -> list[dict[str, Any]]:
    if not lines:
        return []
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    answer = client.post(f"/{quote(index, safe='')}/_bulk", body)
    results = [next(iter(item.values())) for item in answer["items"]]
    for result in results:
        if result["status"] >= _SMALLEST_ERROR and result["status"] not in (_CONFLICT, _NOT_FOUND):
            error = result["error"]
            raise AnswerError(result["status"], error["type"], error["reason"])
    return results
