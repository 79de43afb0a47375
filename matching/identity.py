"""Ids that derive from content: equal signatures of one version have one id."""

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

SIGNATURE_ID_BYTES = 16


def signature_ids(levels: npt.NDArray[np.int8], signature_version: str) -> list[bytes]:
    """Hash each signature, together with the version that made it.

    Parameters
    ----------
    levels : (n, m) int8
        Compact signatures.
    signature_version : str
        Fingerprint of the parameters that made them, at most 64 bytes.

    Returns
    -------
    list of bytes
        ``n`` ids of 16 bytes.
    """
    key = signature_version.encode()
    return [
        blake2b(row.tobytes(), digest_size=SIGNATURE_ID_BYTES, key=key).digest()
        for row in np.ascontiguousarray(levels, dtype=np.int8)
    ]
