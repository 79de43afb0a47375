"""The model: what is fitted once per corpus, and names itself by its content."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from hashlib import blake2b
from tokenize import TokenError

import numpy as np
import numpy.typing as npt
from numpy.lib.format import read_array

from matching.codebook import Codebook
from matching.errors import ModelError
from signature.compacting import compact_length

CELLS = "cells"
WORDS = "words"
EXHAUSTIVE = "exhaustive"
RULES = (CELLS, WORDS, EXHAUSTIVE)

_PARAMETERS_FILE = "parameters.json"
_CODEBOOK_FILE = "codebook.npy"
_WORDS_FILE = "words.npy"
_CAPS_FILE = "caps.npy"


_DAMAGES = (
    *(KeyError, ValueError, TypeError, EOFError, OSError, MemoryError),
    *(SyntaxError, TokenError),  # numpy reads an array's header as a Python literal
)
"""What json and numpy raise on bytes that are not theirs, with what follows from such a header."""


@dataclass(frozen=True)
class WordStatistics:
    """What is known of image-match's words in the corpus that a model was fitted to.

    Attributes
    ----------
    signatures : int
        How many signatures were counted.
    keys : (w,) int64
        The most frequent words as keys (`matching.rules.word_keys`), ascending.
    frequencies : (w,) int64
        In how many signatures each stands. A word that is not here stands in fewer than any.
    """

    signatures: int = 0
    keys: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64), repr=False)
    frequencies: npt.NDArray[np.int64] = field(
        default_factory=lambda: np.empty(0, np.int64), repr=False
    )

    def above(self, frequency: int) -> npt.NDArray[np.int64]:
        """Return the words that more signatures than ``frequency`` have.

        Parameters
        ----------
        frequency : int
            No smaller than that of the rarest word that is listed, or some are missing.

        Returns
        -------
        (h,) int64
            Keys, ascending.
        """
        return self.keys[self.frequencies > frequency]


@dataclass(frozen=True)
class Caps:
    """The buckets that were capped when the model was fitted, and how.

    They are of the model and not of a run: whatever comes and goes, two signatures then meet
    under the same keys (docs/adr/0021).

    Attributes
    ----------
    comparisons_per_row : int
        What a bucket might cost for each of its rows when the model was fitted; 0 where nobody
        asked yet.
    keys : tuple of int
        Keys of the capped buckets, ascending.
    reaches : tuple of int
        Up to which sum of costs their members meet; -1 if none do.
    """

    comparisons_per_row: int = 0
    keys: tuple[int, ...] = ()
    reaches: tuple[int, ...] = ()

    def by_key(self) -> dict[int, int]:
        """Return the reach of each capped key.

        Returns
        -------
        dict of int to int
            Empty where none is capped.
        """
        return dict(zip(self.keys, self.reaches, strict=True))


@dataclass(frozen=True)
class Model:
    """Everything that decides which pairs are found, but for the signatures.

    Its size is bounded: 128 bytes a cell, 128 for each level of a signature, 16 for each word
    that is listed and each bucket that is capped.

    Attributes
    ----------
    signature_version : str
        Fingerprint of the signatures it was fitted on; others never meet it.
    n : int
        Grid points in each direction, of these signatures.
    diagonal_neighbors : bool
        Whether they compare diagonal neighbours.
    rules : tuple of str
        The blocking rules, of `RULES`, in the order of their keys.
    cutoff : float
        Pairs are those with a distance strictly below it.
    fitted_to : int
        Signatures of the corpus that it was fitted to.
    nearest : int
        Cells of a signature, at most.
    probes : int
        Coarse cells that are looked into for them.
    reach : int
        Two signatures meet in a cell if their costs there add up to no more.
    max_document_frequency : int
        A word that more signatures have is hot, and no key.
    max_pairs_per_image : int
        A pair is dropped if each end has so many nearer ones.
    codebook : Codebook or None
        Components and centroids; None where they were left behind (`light`).
    words : WordStatistics
        Words and their frequencies.
    caps : Caps
        The buckets that cost too much.
    """

    signature_version: str
    n: int
    diagonal_neighbors: bool
    rules: tuple[str, ...]
    cutoff: float
    fitted_to: int = 0
    nearest: int = 12
    probes: int = 16
    reach: int = 184
    max_document_frequency: int = 500
    max_pairs_per_image: int = 1000
    codebook: Codebook | None = field(default=None, repr=False)
    words: WordStatistics = field(default_factory=WordStatistics, repr=False)
    caps: Caps = field(default_factory=Caps, repr=False)

    @property
    def width(self) -> int:
        """The number of levels of a compact signature."""
        return compact_length(self.n, self.diagonal_neighbors)

    @property
    def rule(self) -> str:
        """The rules as one text, such as ``cells,words``."""
        return ",".join(self.rules)

    @property
    def model_id(self) -> str:
        """The id: 16 hex digits from the content, so equal models have one id."""
        digest = blake2b(digest_size=8)
        for name, content in sorted(self.files().items()):
            digest.update(name.encode() + b"\0" + content)
        return digest.hexdigest()

    def light(self) -> "Model":
        """Return the model without its codebook, for those who find cells given.

        Returns
        -------
        Model
            Of another id.
        """
        return replace(self, codebook=None)

    def files(self) -> dict[str, bytes]:
        """Return the model's files.

        Returns
        -------
        dict of str to bytes
            Name to content, the same bytes for equal models.
        """
        parameters = {name: getattr(self, name) for name in _PARAMETERS}
        parameters["words_counted_in"] = self.words.signatures
        parameters["comparisons_per_row"] = self.caps.comparisons_per_row
        text = json.dumps(parameters, sort_keys=True, indent=2) + "\n"
        files = {
            _PARAMETERS_FILE: text.encode(),
            _WORDS_FILE: _table(self.words.keys, self.words.frequencies),
            _CAPS_FILE: _table(np.array(self.caps.keys), np.array(self.caps.reaches)),
        }
        if self.codebook is not None:
            files[_CODEBOOK_FILE] = self.codebook.content()
        return files

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
            If a file is missing or damaged, or of a version of the code without caps.
        """
        if _PARAMETERS_FILE in files and _CAPS_FILE not in files:
            raise ModelError(f"no {_CAPS_FILE}: it was fitted by an older version of the code")
        try:
            parameters = json.loads(files[_PARAMETERS_FILE])
            parameters["rules"] = tuple(parameters["rules"])
            words = WordStatistics(parameters.pop("words_counted_in"), *_rows(files[_WORDS_FILE]))
            keys, reaches = (tuple(row.tolist()) for row in _rows(files[_CAPS_FILE]))
            caps = Caps(parameters.pop("comparisons_per_row"), keys, reaches)
            codebook = Codebook.from_content(files[_CODEBOOK_FILE])
            return cls(**parameters, codebook=codebook, words=words, caps=caps)
        except _DAMAGES as error:
            raise ModelError(f"the model's files cannot be read: {error}") from error


def _table(keys: npt.NDArray[np.int64], values: npt.NDArray[np.int64]) -> bytes:
    """Two rows of numbers as the content of a file."""
    content = io.BytesIO()
    np.save(content, np.stack([keys, values]).astype("<i8"), allow_pickle=False)
    return content.getvalue()


def _rows(content: bytes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    keys, values = read_array(io.BytesIO(content), allow_pickle=False).astype(np.int64)
    return keys, values


_PARAMETERS = [f.name for f in fields(Model) if f.name not in ("codebook", "words", "caps")]
