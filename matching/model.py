"""The model: what is fitted once per corpus, and names itself by its content."""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from tokenize import TokenError

import numpy as np
import numpy.typing as npt
from numpy.lib.format import read_array

from matching.errors import ModelError
from signature.compacting import compact_length

WORDS = "words"
EXHAUSTIVE = "exhaustive"
RULES = (WORDS, EXHAUSTIVE)

_PARAMETERS_FILE = "parameters.json"
_HOT_WORDS_FILE = "hot_words.npy"


_DAMAGES = (
    *(KeyError, ValueError, TypeError, EOFError, OSError, MemoryError),
    *(SyntaxError, TokenError),  # numpy reads an array's header as a Python literal
)
"""What json and numpy raise on bytes that are not theirs, with what follows from such a header."""


def _no_words() -> npt.NDArray[np.int64]:
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class Model:
    """Everything that decides which pairs are found, but for the signatures.

    Its size is bounded: 8 bytes for each hot word, of which there are at most
    63 * signatures / max_document_frequency.

    Attributes
    ----------
    signature_version : str
        Fingerprint of the signatures it was fitted on; others never meet it.
    n : int
        Grid points in each direction, of these signatures.
    diagonal_neighbors : bool
        Whether they compare diagonal neighbours.
    rule : {"words", "exhaustive"}
        The blocking rule.
    cutoff : float
        Pairs are those with a distance strictly below it.
    max_document_frequency : int
        A word that more signatures have is hot, and no key.
    group_size : int
        Signatures in a group of a split bucket.
    hot_words : (h,) int64
        Keys of the hot words, ascending.
    """

    signature_version: str
    n: int
    diagonal_neighbors: bool
    rule: str
    cutoff: float
    max_document_frequency: int
    group_size: int
    hot_words: npt.NDArray[np.int64] = field(default_factory=_no_words, repr=False)

    @property
    def width(self) -> int:
        """The number of levels of a compact signature."""
        return compact_length(self.n, self.diagonal_neighbors)

    @property
    def model_id(self) -> str:
        """The id: 16 hex digits from the content, so equal models have one id."""
        digest = blake2b(digest_size=8)
        for name, content in sorted(self.files().items()):
            digest.update(name.encode() + b"\0" + content)
        return digest.hexdigest()

    def files(self) -> dict[str, bytes]:
        """Return the model's files.

        Returns
        -------
        dict of str to bytes
            Name to content, the same bytes for equal models.
        """
        parameters = {k: v for k, v in asdict(self).items() if k != "hot_words"}
        text = json.dumps(parameters, sort_keys=True, indent=2) + "\n"
        array = io.BytesIO()
        np.save(array, self.hot_words.astype("<i8"), allow_pickle=False)
        return {_PARAMETERS_FILE: text.encode(), _HOT_WORDS_FILE: array.getvalue()}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "Model":
        """Make a model from what `files` returned.

        Parameters
        ----------
        files : mapping of str to bytes
            Name to content.

        Returns
        -------
        Model
            Equal to the one that gave the files.

        Raises
        ------
        ModelError
            If a file is missing or damaged.
        """
        try:
            parameters = json.loads(files[_PARAMETERS_FILE])
            hot_words = read_array(io.BytesIO(files[_HOT_WORDS_FILE]), allow_pickle=False)
            return cls(hot_words=hot_words.astype(np.int64), **parameters)
        except _DAMAGES as error:
            raise ModelError(f"the model's files cannot be read: {error}") from error
