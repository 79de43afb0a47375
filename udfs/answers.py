"""What the child process makes of a file's bytes, and how its parent reads that.

An answer is one line of JSON, the columns of a signed row, and behind it the levels, if any.
"""

import json
import traceback
from typing import Any

from signature import (
    DecodePolicy,
    SignatureError,
    SignatureParameters,
    is_featureless,
    sign_bytes,
)
from signature.errors import FeaturelessError
from store.schemas import FAILED, SIGNED, SKIPPED

#: A colour and a grey picture that sign without any decoder in C.
_PICTURES = (
    b"P6 16 16 255\n" + bytes(range(256)) * 3,
    b"P5 16 16 255\n" + bytes(range(256)),
)


def answer(data: bytes, parameters: SignatureParameters, policy: DecodePolicy) -> bytes:
    """Sign a file.

    Parameters
    ----------
    data : bytes
        Its content.
    parameters : SignatureParameters
        Of the signature.
    policy : DecodePolicy
        Of decoding.

    Returns
    -------
    bytes
        For `columns`.

    Raises
    ------
    MemoryError
        If there is not enough.
    """
    levels = b""
    try:
        signed = sign_bytes(data, parameters, policy)
        facts = {"width": signed.width, "height": signed.height, "format": signed.format}
        if is_featureless(signed.levels, parameters):
            message = "too little in the picture differs from its surroundings"
            facts |= {"status": SKIPPED, "reason": FeaturelessError.reason, "message": message}
        else:
            facts["status"] = SIGNED
            levels = signed.levels.tobytes()
    except MemoryError:
        raise
    except FeaturelessError as error:  # with identical_tolerance = 0 image-match raises
        facts = {"status": SKIPPED, "reason": error.reason, "message": str(error)}
    except SignatureError as error:
        facts = {"status": FAILED, "reason": error.reason, "message": str(error)}
    except Exception as error:  # noqa: BLE001 - one picture must not end a job of millions
        facts = {"status": FAILED, "reason": "internal_error", "message": _fault(error)}
    return json.dumps(facts).encode() + b"\n" + levels


def _fault(error: Exception) -> str:
    """What went wrong and where, for whoever mends this program."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}: {error}"


def columns(answered: bytes) -> dict[str, Any]:
    """Read an answer.

    Parameters
    ----------
    answered : bytes
        What `answer` returned.

    Returns
    -------
    dict
        ``status``; ``reason`` and ``message`` unless signed; ``width``, ``height`` and ``format``
        of what was decoded; ``signature``, the levels as bytes, of what was signed.
    """
    line, _, levels = answered.partition(b"\n")
    facts: dict[str, Any] = json.loads(line)
    return facts | {"signature": levels} if levels else facts


def warm_up(parameters: SignatureParameters) -> None:
    """Import and compile what signing needs, so that children forked from here have it.

    Parameters
    ----------
    parameters : SignatureParameters
        Of the signature.
    """
    for picture in _PICTURES:
        answer(picture, parameters, DecodePolicy())
