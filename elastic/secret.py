"""Secrets: named by where they are, never written down where anything is shown."""

import os
from pathlib import Path

from elastic.errors import ConnectionSettingError

ENVIRONMENT = "env:"
FILE = "file:"


class Secret:
    """A value that prints as stars; ``reveal`` is its only way out.

    Parameters
    ----------
    value : str
        What is to be kept.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, for the one place that sends it.

        Returns
        -------
        str
            As it was given.
        """
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


def is_reference(text: str) -> bool:
    """Tell a place of a secret from what may be the secret itself.

    Parameters
    ----------
    text : str
        What a user wrote.

    Returns
    -------
    bool
        True for ``env:NAME`` and ``file:PATH``.
    """
    return any(text.startswith(kind) and text != kind for kind in (ENVIRONMENT, FILE))


def read_secret(reference: str, name: str) -> Secret:
    """Read a secret from its place.

    Parameters
    ----------
    reference : str
        ``env:NAME`` or ``file:PATH``.
    name : str
        What it is, for messages.

    Returns
    -------
    Secret
        Without the line end that an editor puts behind it.

    Raises
    ------
    ConnectionSettingError
        If it is no reference, or there is nothing at the place. The message never shows what was
        given, which may be the secret.
    """
    if not is_reference(reference):
        raise ConnectionSettingError(
            f"{name} is given by its place, env:NAME or file:PATH, not by its value"
        )
    if reference.startswith(ENVIRONMENT):
        variable = reference.removeprefix(ENVIRONMENT)
        value = os.environ.get(variable, "")
        place = f"the environment variable {variable}"
    else:
        place = reference.removeprefix(FILE)
        value = _content(place, name)
    value = value.rstrip("\r\n")
    if not value:
        raise ConnectionSettingError(f"{name}: there is nothing in {place}")
    if not value.isprintable():
        raise ConnectionSettingError(f"{name}: {place} holds characters that cannot be sent")
    return Secret(value)


def _content(path: str, name: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConnectionSettingError(f"{name}: cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConnectionSettingError(f"{name}: {path} is no text") from None
