"""Where a server is, and how to be let in. Prints without its secrets."""

import base64
import ssl
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from elastic.errors import ConnectionSettingError
from elastic.secret import Secret, read_secret

_SCHEMES = {"http": 9200, "https": 9200}


@dataclass(frozen=True)
class Connection:
    """A server's address and what it wants to see before it answers.

    Attributes
    ----------
    secure : bool
        Whether TLS is spoken.
    host : str
        Name or address; an IPv6 address without brackets.
    port : int
        TCP port.
    prefix : str
        Path before all others, behind a proxy: empty, or ``/like/this``.
    user : str or None
        For basic authentication, with ``password``.
    password : Secret or None
        Of the user.
    api_key : Secret or None
        The encoded key (``id:key`` in base64), instead of user and password.
    ca_file : str or None
        PEM file of the authorities to trust, instead of the machine's.
    wan_only : bool
        Whether only this address is reached, and no node behind it.
    """

    secure: bool
    host: str
    port: int
    prefix: str = ""
    user: str | None = None
    password: Secret | None = None
    api_key: Secret | None = None
    ca_file: str | None = None
    wan_only: bool = False

    @property
    def url(self) -> str:
        """The address, without secrets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}{self.prefix}"

    def headers(self) -> dict[str, str]:
        """Return what goes with each request. It holds the secret: it is for sending only.

        Returns
        -------
        dict of str to str
            Empty without user and key.
        """
        if self.api_key is not None:
            return {"Authorization": f"ApiKey {self.api_key.reveal()}"}
        if self.user is not None and self.password is not None:
            pair = f"{self.user}:{self.password.reveal()}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return {}

    @cached_property
    def tls(self) -> ssl.SSLContext | None:
        """The rules of TLS, or None without TLS."""
        if not self.secure:
            return None
        return ssl.create_default_context(cafile=self.ca_file)

    def __getstate__(self) -> dict[str, object]:
        """Leave out what cannot be pickled; it is made again where it is needed."""
        return {name: value for name, value in self.__dict__.items() if name != "tls"}


def connection(
    url: str,
    user: str | None = None,
    password: str | None = None,
    api_key: str | None = None,
    ca_file: str | None = None,
    wan_only: bool = False,
) -> Connection:
    """Read an address and the places of secrets.

    Parameters
    ----------
    url : str
        ``http`` or ``https``, host, and perhaps a port (9200 if none) and a path.
    user : str, optional
        For basic authentication.
    password : str, optional
        Place of the user's password: ``env:NAME`` or ``file:PATH``.
    api_key : str, optional
        Place of an API key in its encoded form, instead of user and password.
    ca_file : str, optional
        PEM file of authorities.
    wan_only : bool
        Whether to keep to this address.

    Returns
    -------
    Connection
        Ready to use; nothing was sent.

    Raises
    ------
    ConnectionSettingError
        If any of it cannot be used. The message shows no secret, not even one in the address.
    """
    secure, host, port, prefix = _address(url)
    if api_key and (user or password):
        raise ConnectionSettingError("give an API key, or user and password, not both")
    if bool(user) != bool(password):
        raise ConnectionSettingError("user and password go together")
    if ca_file:
        _check_authorities(ca_file, secure)
    return Connection(
        secure,
        host,
        port,
        prefix,
        user or None,
        read_secret(password, "the password") if password else None,
        read_secret(api_key, "the API key") if api_key else None,
        ca_file or None,
        wan_only,
    )


def _address(url: str) -> tuple[bool, str, int, str]:
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ConnectionSettingError(
            "the address holds a user or password, which logs would show: "
            "give them by elasticsearch.user and elasticsearch.password"
        )
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in _SCHEMES or not parts.hostname or port in (-1, 0):
        raise ConnectionSettingError(f"{url!r} is no address such as https://search.example:9200")
    if parts.query or parts.fragment:
        raise ConnectionSettingError("the address ends in a query, which has no meaning here")
    secure, prefix = parts.scheme == "https", parts.path.rstrip("/")
    return secure, parts.hostname, port or _SCHEMES[parts.scheme], prefix


def _check_authorities(path: str, secure: bool) -> None:
    if not secure:
        raise ConnectionSettingError(f"a file of authorities ({path}) is for https addresses only")
    if not Path(path).is_file():
        raise ConnectionSettingError(f"there is no file of authorities {path}")
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise ConnectionSettingError(f"{path} holds no certificates in PEM form") from None
