r"""One canonical spelling per location, and the image id made from it.

The rule, in full (docs/sources.md says the same to users, docs/adr/0010 says why):

1. Text with a scheme is text that begins with ``name://`` (a letter, then at least one
   letter, digit, ``+``, ``.`` or ``-``) or with ``file:/``. All other text is a local path,
   so ``10:30.jpg``, ``co:lon.jpg`` and ``C:\x.jpg`` are names, not URIs.
2. A local path is taken raw, never percent-decoded. It is made absolute and normalised by
   its text alone (``.``, ``..``, double slashes).
3. A ``file:`` URI is percent-decoded to the local path it names, then rule 2 holds. ``?`` and
   ``#`` in it are part of the name: local files have neither query nor fragment.
4. A local path is written as it is when its bytes are UTF-8. Otherwise it is written as a
   ``file://`` URI, every byte but ASCII letters, digits and ``/_.-~`` escaped.
5. ``s3a://`` and ``s3n://`` become ``s3://``. A key is opaque and stays as it is.
6. ``http://`` and ``https://``: scheme and host in lower case, the default port dropped, an
   empty path becomes ``/``.
7. Any other scheme stays as it is.

``archive.tar#member`` is reserved for members of archives. Nothing reads it so yet: today it
is the name of a local file, and a file that really has this name will stay readable.

Links are not resolved. The spelling must be the same on the driver, on each executor and
after the file is gone, so it may not depend on what the disk holds.
"""

import os
import posixpath
import re
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from fetch.errors import InvalidPathError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_FILE_URI = re.compile(r"file:/", re.IGNORECASE)
_S3_SCHEMES = frozenset({"s3", "s3a", "s3n"})
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_NOT_IN_URIS = re.compile(r"[\0\ud800-\udfff]")
_AUTHORITY_END = re.compile(r"[/?#]|\Z")
_HOST_AND_PORT = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]+)(?::([0-9]*))?")
_LOCAL_HOSTS = frozenset({"", "localhost"})
_ID_BYTES = 16  # 128 bits: a billion locations collide with a chance below 1e-20


def scheme_of(path: str) -> str:
    """Tell the scheme of a location, in lower case; ``file`` for a local path.

    Parameters
    ----------
    path : str
        A path or URI, canonical or not.

    Returns
    -------
    str
        Such as ``file``, ``s3a`` or ``https``.
    """
    if _FILE_URI.match(path):
        return "file"
    found = _SCHEME.match(path)
    return found[1].lower() if found else "file"


def canonical(path: str, folder: str | None = None) -> str:
    """Spell a location in the one canonical way, by the rule at the head of this module.

    Parameters
    ----------
    path : str
        A local path or a URI, as a user, a manifest or a listing wrote it. Names whose bytes
        are not UTF-8 may come as ``os.fsdecode`` gives them.
    folder : str, optional
        Absolute local path that a relative ``path`` starts from; the working folder if None.

    Returns
    -------
    str
        Valid UTF-8. ``canonical(canonical(x)) == canonical(x)``.

    Raises
    ------
    InvalidPathError
        If the text is empty, holds a NUL or half of a surrogate pair, or is a malformed URI.

    Examples
    --------
    >>> canonical("percent%20encoded.jpg", "/data/./photos")
    '/data/photos/percent%20encoded.jpg'
    >>> canonical("file:///data/percent%20decoded.jpg")
    '/data/percent decoded.jpg'
    >>> canonical("s3a://bucket/key")
    's3://bucket/key'
    """
    if not path:
        raise InvalidPathError("An empty path names nothing.")
    scheme = scheme_of(path)
    if scheme == "file":
        return _canonical_file(path, folder)
    _require_utf8(path)
    if scheme in _S3_SCHEMES:
        return _canonical_s3(path)
    if scheme in _DEFAULT_PORTS:
        return _canonical_http(path, scheme)
    return path


def canonical_of_name(name: bytes) -> str:
    """Spell canonically a file whose absolute, normalised name is known as bytes.

    Parameters
    ----------
    name : bytes
        As the operating system gives it, beginning with ``/``.

    Returns
    -------
    str
        The name itself, or a ``file://`` URI where its bytes are not UTF-8.
    """
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return "file://" + quote_from_bytes(name, safe="/")


def local_name(path: str) -> bytes:
    """Give the name by which the operating system knows a local canonical path.

    Parameters
    ----------
    path : str
        Canonical path with scheme ``file``.

    Returns
    -------
    bytes
        Absolute name; ``canonical_of_name`` is the inverse.

    Raises
    ------
    InvalidPathError
        If ``path`` is a malformed ``file:`` URI or cannot be written as bytes.
    """
    if _FILE_URI.match(path):
        return unquote_to_bytes(_path_of_file_uri(path))
    return _to_bytes(path)


def local_path(path: str) -> Path:
    """Give a local canonical path as Python's ``Path``.

    Parameters
    ----------
    path : str
        Canonical path with scheme ``file``.

    Returns
    -------
    Path
        Absolute; bytes that are not UTF-8 are in it as ``os.fsdecode`` has them.

    Raises
    ------
    InvalidPathError
        As ``local_name``.
    """
    return Path(os.fsdecode(local_name(path)))


def image_id_of(canonical_path: str) -> str:
    """Make the image id of a location that brought none of its own.

    Parameters
    ----------
    canonical_path : str
        As ``canonical`` gives it.

    Returns
    -------
    str
        32 hexadecimal digits: 128-bit BLAKE2b of the path in UTF-8.
    """
    return blake2b(canonical_path.encode("utf-8"), digest_size=_ID_BYTES).hexdigest()


def _canonical_file(path: str, folder: str | None) -> str:
    name = local_name(path)
    if b"\0" in name:
        raise InvalidPathError(f"{path!r} holds a NUL, which no file name can.")
    start = os.fsencode(Path.cwd()) if folder is None else local_name(folder)
    # normpath keeps a leading double slash, which POSIX lets mean something else; Linux does not.
    return canonical_of_name(b"/" + posixpath.normpath(posixpath.join(start, name)).lstrip(b"/"))


def _path_of_file_uri(uri: str) -> str:
    rest = uri[len("file:") :]
    if not rest.startswith("//"):
        return rest
    host, slash, path = rest[2:].partition("/")
    if host.lower() not in _LOCAL_HOSTS or not slash:
        raise InvalidPathError(f"{uri!r} names a host; a local file is file:///path.")
    return slash + path


def _canonical_s3(path: str) -> str:
    rest = path.partition("://")[2]
    if rest.startswith("/") or not rest:
        raise InvalidPathError(f"{path!r} names no bucket.")
    return "s3://" + rest


def _canonical_http(path: str, scheme: str) -> str:
    rest = path.partition("://")[2]
    end = _AUTHORITY_END.search(rest).start()  # type: ignore[union-attr]  # \Z always matches
    user, at, server = rest[:end].rpartition("@")
    parts = _HOST_AND_PORT.fullmatch(server)
    if parts is None:
        raise InvalidPathError(f"{path!r} names no host, or a port that is not a number.")
    host, port = parts[1].lower(), parts[2]
    shown_port = f":{port}" if port and port != _DEFAULT_PORTS[scheme] else ""
    tail = rest[end:] if rest[end:].startswith("/") else "/" + rest[end:]
    return f"{scheme}://{user}{at}{host}{shown_port}{tail}"


def _require_utf8(path: str) -> None:
    if _NOT_IN_URIS.search(path):
        raise InvalidPathError(f"{path!r} holds a NUL or bytes that are not UTF-8.")


def _to_bytes(path: str) -> bytes:
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise InvalidPathError(f"{path!r} holds half of a surrogate pair.") from None
