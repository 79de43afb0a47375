"""Rows of a manifest become signed rows: fetch, decode, sign, name the outcome."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pyarrow as pa

from fetch import FetchError, fetch
from matching.identity import signature_ids
from signature import (
    DecodePolicy,
    SignatureError,
    SignatureParameters,
    is_featureless,
    sign_bytes,
    signature_version,
)
from signature.errors import FeaturelessError
from store.schemas import FAILED, SIGNED, SKIPPED
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

_MAX_MESSAGE = 500
_ROWS_PER_BATCH = 256  # about 100 KB; also how often a waiting consumer gets something


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
    """

    parameters: SignatureParameters
    policy: DecodePolicy
    version: str
    max_image_bytes: int

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
        From batches with ``image_id``, ``path`` and ``metadata`` to `SIGNED_ROWS`.
    """

    def sign(batches: Batches) -> Iterator[pa.RecordBatch]:
        task.check_version()
        for batch in batches:
            for start in range(0, batch.num_rows, _ROWS_PER_BATCH):
                rows = batch.slice(start, _ROWS_PER_BATCH).to_pylist()
                count(len(rows))
                yield pa.RecordBatch.from_pylist([sign_row(r, task) for r in rows], SIGNED_ROWS)

    return sign


def sign_row(row: dict[str, Any], task: SigningTask) -> dict[str, Any]:
    """Sign one image; whatever happens, the row says what became of it.

    Parameters
    ----------
    row : dict
        ``image_id``, ``path`` and ``metadata``.
    task : SigningTask
        How to sign.

    Returns
    -------
    dict
        A row of `SIGNED_ROWS`.
    """
    signed = {name: row[name] for name in ("image_id", "path", "metadata")}
    try:
        fetched = fetch(row["path"], task.max_image_bytes)
        signed.update(bytes=fetched.size, mtime=fetched.mtime, etag=fetched.etag)
        signed["content_sha256"] = sha256(fetched.data).hexdigest()
        signed.update(_sign(fetched.data, task))
    except FeaturelessError as error:  # with identical_tolerance = 0 image-match raises
        signed.update(status=SKIPPED, reason=error.reason, message=_short(error))
    except (FetchError, SignatureError) as error:
        signed.update(status=FAILED, reason=error.reason, message=_short(error))
    return signed


def _sign(data: bytes, task: SigningTask) -> dict[str, Any]:
    signed = sign_bytes(data, task.parameters, task.policy)
    facts = {"width": signed.width, "height": signed.height, "format": signed.format}
    if is_featureless(signed.levels):
        return facts | {
            "status": SKIPPED,
            "reason": "featureless",
            "message": "nothing in the picture differs from its surroundings",
        }
    (identity,) = signature_ids(signed.levels[None], task.version)
    return facts | {
        "status": SIGNED,
        "signature_id": identity,
        "signature": signed.levels.tobytes(),
    }


def _short(error: Exception) -> str:
    text = str(error)
    return text if len(text) <= _MAX_MESSAGE else text[: _MAX_MESSAGE - 1] + "…"
