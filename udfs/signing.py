"""Rows of a manifest become signed rows: fetched here, signed in a child process."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa

from fetch import FetchError, fetch
from matching.identity import signature_ids
from sandbox import (
    DEPTH,
    Call,
    CrashedError,
    Limits,
    OutOfMemoryError,
    Sandbox,
    SandboxError,
    TimedOutError,
)
from signature import DecodePolicy, SignatureParameters, signature_version
from store.schemas import FAILED, SIGNED
from udfs.answers import answer, columns, warm_up
from udfs.arrow import Batches, BatchFunction

SIGNED_ROWS = pa.schema(
    [
        ("image_id", pa.string()),
        ("path", pa.string()),
        ("content_sha256", pa.string()),
        ("bytes", pa.int64()),
        ("mtime", pa.int64()),
        ("etag", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("message", pa.string()),
        ("signature_id", pa.binary()),
        ("signature", pa.binary()),
        ("metadata", pa.string()),
    ]
)
"""What signing yields, one row an image; ``mtime`` in microseconds since 1970."""

_REASONS: dict[type[SandboxError], str] = {
    CrashedError: "decoder_crashed",
    TimedOutError: "timeout",
    OutOfMemoryError: "out_of_memory",
}

_MAX_MESSAGE = 500
_ROWS_PER_BATCH = 256  # about 100 KB; also how often a waiting consumer gets something
_BYTES_PER_BATCH = 8 * 2**20  # of metadata, which a manifest may have much of


class CodeMismatchError(RuntimeError):
    """An executor runs other signing code than the driver."""


@dataclass(frozen=True)
class SigningTask:
    """What an executor must know to sign as the driver asks.

    Attributes
    ----------
    parameters : SignatureParameters
        Of the signature.
    policy : DecodePolicy
        Of decoding.
    version : str
        The driver's signature version; an executor with another one refuses to work.
    max_image_bytes : int
        A larger file is not read.
    limits : Limits
        Of decoding and signing one file.
    """

    parameters: SignatureParameters
    policy: DecodePolicy
    version: str
    max_image_bytes: int
    limits: Limits

    def check_version(self) -> None:
        """Refuse to sign with other code than the driver's.

        Raises
        ------
        CodeMismatchError
            If the signature version differs.
        """
        mine = signature_version(self.parameters, self.policy)
        if mine != self.version:
            raise CodeMismatchError(
                f"this executor signs as version {mine}, the driver as {self.version}: "
                "ship the driver's code with --py-files and the same environment"
            )


def signer(task: SigningTask, count: Callable[[int], None]) -> BatchFunction:
    """Return the function that signs a partition's batches.

    Parameters
    ----------
    task : SigningTask
        Shipped with the function.
    count : callable
        Called with the number of images done, for the progress line.

    Returns
    -------
    callable
        From batches with ``image_id``, ``path`` and ``metadata`` to `SIGNED_ROWS`. It holds at
        most twice ``max_image_bytes`` of files that wait for the child process, one more file,
        and rows for one batch of at most 256.
    """

    def sign(batches: Batches) -> Iterator[pa.RecordBatch]:
        task.check_version()
        warm_up(task.parameters)
        with sandbox_for(task) as sandbox:
            for batch in _batches(signed_rows(_rows(batches), task, sandbox)):
                count(len(batch))
                yield _record_batch(batch, task.version)

    return sign


def sandbox_for(task: SigningTask) -> Sandbox:
    """Return a child process that signs.

    Parameters
    ----------
    task : SigningTask
        How to sign, and within which limits.

    Returns
    -------
    Sandbox
        From a file's bytes to what `udfs.answers.columns` reads; to be closed.
    """
    work = partial(answer, parameters=task.parameters, policy=task.policy)
    return Sandbox(work, task.max_image_bytes, task.limits)


def signed_rows(
    rows: Iterable[dict[str, Any]], task: SigningTask, sandbox: Sandbox
) -> Iterator[dict[str, Any]]:
    """Sign images; whatever happens, each row says what became of it.

    While the child process works on some, the next are fetched.

    Parameters
    ----------
    rows : iterable of dict
        With ``image_id``, ``path`` and ``metadata``.
    task : SigningTask
        How to sign.
    sandbox : Sandbox
        Of `sandbox_for`.

    Yields
    ------
    dict
        A row of `SIGNED_ROWS` but for its ``signature_id``, in the order of the input.
    """
    begun: deque[tuple[dict[str, Any], Call | None]] = deque()
    for row in rows:
        begun.append(_begun(row, task, sandbox))
        if len(begun) == DEPTH:
            # By halves: this process and its child then wake each other less often.
            for _ in range(DEPTH // 2):
                yield _finished(*begun.popleft())
    for row_and_call in begun:
        yield _finished(*row_and_call)


def _begun(
    row: dict[str, Any], task: SigningTask, sandbox: Sandbox
) -> tuple[dict[str, Any], Call | None]:
    signed = {name: row[name] for name in ("image_id", "path", "metadata")}
    try:
        fetched = fetch(row["path"], task.max_image_bytes)
    except FetchError as error:
        return signed | _failure(error.reason, error), None
    call = sandbox.submit(fetched.data)
    signed |= {"bytes": fetched.size, "mtime": fetched.mtime, "etag": fetched.etag}
    signed["content_sha256"] = sha256(fetched.data).hexdigest()
    return signed, call


def _finished(row: dict[str, Any], call: Call | None) -> dict[str, Any]:
    if call is None:
        return row
    try:
        found = columns(call.result())
    except SandboxError as error:
        return row | _failure(_REASONS[type(error)], error)
    return row | found | {"message": _short(found.get("message"))}


def _failure(reason: str, error: Exception) -> dict[str, Any]:
    return {"status": FAILED, "reason": reason, "message": _short(str(error))}


def _short(text: str | None) -> str | None:
    if text is None or len(text) <= _MAX_MESSAGE:
        return text
    return text[: _MAX_MESSAGE - 1] + "…"


def _rows(batches: Batches) -> Iterator[dict[str, Any]]:
    for batch in batches:
        for start in range(0, batch.num_rows, _ROWS_PER_BATCH):
            yield from batch.slice(start, _ROWS_PER_BATCH).to_pylist()


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut rows into lists bounded in number and in bytes."""
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row["metadata"] or "")
        if len(batch) == _ROWS_PER_BATCH or size >= _BYTES_PER_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _record_batch(rows: list[dict[str, Any]], version: str) -> pa.RecordBatch:
    signed = [row for row in rows if row["status"] == SIGNED]
    if signed:
        levels = np.frombuffer(b"".join(row["signature"] for row in signed), np.int8)
        identities = signature_ids(levels.reshape(len(signed), -1), version)
        for row, identity in zip(signed, identities, strict=True):
            row["signature_id"] = identity
    return pa.RecordBatch.from_pylist(rows, SIGNED_ROWS)
