"""The 16 forms of a picture: 8 turns and mirrors, each plain and as a negative."""

from typing import Final, NamedTuple

import numpy as np

from lookup.matches import Match
from signature import Orientation, SignatureParameters, all_orientations, compact, expand
from signature.levels import Levels


class Form(NamedTuple):
    """What is done to a picture before it is looked for."""

    orientation: Orientation
    negative: bool

    @property
    def label(self) -> str:
        """The form in words, such as ``turned_right negative``."""
        return self.orientation.name.lower() + " negative" * self.negative


UPRIGHT: Final = Form(Orientation.UPRIGHT, negative=False)

FORMS: Final = tuple(
    Form(orientation, negative) for negative in (False, True) for orientation in Orientation
)
"""In the order of `forms_of`, the picture itself first."""


def forms_of(levels: Levels, parameters: SignatureParameters) -> Levels:
    """Signatures of a picture in all its forms, from its own.

    Parameters
    ----------
    levels : (m,) int8
        Full signature.
    parameters : SignatureParameters
        Of this signature.

    Returns
    -------
    (16, m) int8
        In the order of `FORMS`.
    """
    n, diagonal = parameters.n, parameters.diagonal_neighbors
    turned = all_orientations(compact(levels, n, diagonal), n, diagonal, negatives=True)
    return np.ascontiguousarray(expand(turned, n, diagonal))


def labelled(match: Match, form: int, forms: int) -> Match:
    """Say in which form a picture was found, if it was looked for in several.

    Parameters
    ----------
    match : dict
        What was found.
    form : int
        Which of `FORMS`.
    forms : int
        How many were looked for.

    Returns
    -------
    dict
        With ``orientation``, or as it was.
    """
    return match if forms == 1 else {**match, "orientation": FORMS[form].label}
