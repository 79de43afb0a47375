"""What makes one image better than another: the criteria of ``keepers.ranking``, in words."""

from dataclasses import dataclass

PROTECTED = "protected"
METADATA = "metadata."

LARGER, SMALLER = "larger", "smaller"

DEFAULT_RANKING = (PROTECTED, "pixels", "lossless", "bytes", "date")
"""Protected sources first, then more pixels, stored without loss, more bytes, older."""

_WORDS = {
    PROTECTED: {"": "is from a protected source"},
    "pixels": {"": "has more pixels", SMALLER: "has fewer pixels"},
    "lossless": {"": "is stored without loss"},
    "bytes": {"": "has more bytes", SMALLER: "has fewer bytes"},
    "date": {"": "is older", "newer": "is newer"},
    "path": {"": "has the path that comes first"},
}
"""What is said of a keeper that won by a criterion, in its usual order and in the other."""

_NOT_IN_FIELDS = "'?"
"""Spark's JSON paths cannot quote them."""

KNOWN = (*_WORDS, f"{METADATA}FIELD")


@dataclass(frozen=True)
class Criterion:
    """One reason for which an image is kept rather than another.

    Attributes
    ----------
    name : str
        ``protected``, ``pixels``, ``lossless``, ``bytes``, ``date``, ``path`` or ``metadata``.
    order : str
        Empty for the usual order; else ``smaller``, ``newer`` and so on.
    field : str
        Of the metadata; else empty.
    """

    name: str
    order: str = ""
    field: str = ""

    @property
    def words(self) -> str:
        """The criterion as the reason why a keeper was kept."""
        if self.field:
            return f"the keeper has the {self.order} {self.field}"
        return f"the keeper {_WORDS[self.name][self.order]}"

    @property
    def words_alone(self) -> str:
        """The same, where the other image has no such field."""
        return f"only the keeper has {self.field}"


def parse_criterion(text: str) -> Criterion:
    """Read a criterion as the settings write it.

    Parameters
    ----------
    text : str
        ``NAME`` or ``NAME:ORDER``, such as ``bytes``, ``bytes:smaller``, ``date:newer`` or
        ``metadata.rating:larger``.

    Returns
    -------
    Criterion
        What it says.

    Raises
    ------
    ValueError
        With a sentence, if there is no such criterion or order.
    """
    if text.startswith(METADATA):
        return _of_metadata(text)
    name, colon, order = text.partition(":")
    if name not in _WORDS:
        raise ValueError(f"there is no criterion {name!r}, only {', '.join(KNOWN)}")
    orders = [other for other in _WORDS[name] if other]
    if colon and order not in orders:
        known = " or ".join([name, *(f"{name}:{other}" for other in orders)])
        raise ValueError(f"there is no criterion {text!r}, only {known}")
    return Criterion(name, order)


def parse_ranking(texts: tuple[str, ...]) -> tuple[Criterion, ...]:
    """Read a list of criteria, the most important first.

    Parameters
    ----------
    texts : tuple of str
        See `parse_criterion`.

    Returns
    -------
    tuple of Criterion
        In the same order.

    Raises
    ------
    ValueError
        With a sentence, if one is not known or decides what an earlier one has decided.
    """
    ranking = tuple(parse_criterion(text) for text in texts)
    subjects = [(criterion.name, criterion.field) for criterion in ranking]
    for number, (text, subject) in enumerate(zip(texts, subjects, strict=True)):
        if subject in subjects[:number]:
            raise ValueError(f"{text!r} decides nothing: an earlier criterion has decided it")
    return ranking


def _of_metadata(text: str) -> Criterion:
    field, _, order = text.removeprefix(METADATA).rpartition(":")
    if not field or order not in (LARGER, SMALLER):
        named = text.partition(":")[0]
        named = f"{METADATA}FIELD" if named == METADATA else named
        raise ValueError(
            f"{text!r} does not say which is better: {named}:{LARGER} or {named}:{SMALLER}"
        )
    if set(field) & set(_NOT_IN_FIELDS):
        raise ValueError(f"{text!r}: a field's name may have neither apostrophe nor question mark")
    return Criterion(METADATA.rstrip("."), order, field)
